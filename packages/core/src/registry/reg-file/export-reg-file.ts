import { isWinbackError, RegistryError, type ErrorCode } from '../../errors/index.js';
import { walkKeys } from '../key-tree.js';
import { joinKey, RegistryType, type RegistryKey, type RegistryStore, type RegistryValue } from '../registry-store.js';
import { Utf16Writer } from './utf16-writer.js';

export interface RegExportOptions {
  /**
   * The key that the store's root is in the file: `HKEY_LOCAL_MACHINE\SYSTEM` for a SYSTEM hive; '' for a hive without such a place,
   * whose keys are written with a backslash before them. Undefined: paths as the store has them.
   */
  readonly prefix?: string | undefined;
}

/** A key that the file has no form for, with all below it, or of which the registry did not give everything. */
export interface LeftOutKey {
  readonly path: string;
  readonly reason: string;
  /** The store is damaged there; else it cannot be read or named, or the file has no form for the key. */
  readonly damaged: boolean;
}

/** Why a key is left out and not the end of all. */
const LEFT_OUT: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['REGISTRY_DAMAGED', 'REGISTRY_IO', 'REGISTRY_NAME']);

/** What is written of a key. */
type WrittenKey = Pick<RegistryKey, 'path' | 'subkeys' | 'values'>;

const EOL = '\r\n';
/** Bytes of a value on a line that goes on one before. */
const BYTES_PER_LINE = 25;
const LINE_WIDTH = 77;
const LINE_ENDS = /[\r\n]/;

/** A key with all below it as a .reg file of version 5: UTF-16 little-endian with a byte order mark. */
export class RegExport {
  keys = 0;
  values = 0;
  /** Known once all pieces were given. */
  readonly leftOut: LeftOutKey[] = [];

  constructor(
    private readonly store: RegistryStore,
    private readonly path: string,
    private readonly options: RegExportOptions = {},
  ) {}

  /** The file, in pieces. @throws REGISTRY_NOT_FOUND; REGISTRY_DAMAGED, REGISTRY_IO, REGISTRY_NAME for the key itself only */
  *pieces(): Generator<Uint8Array> {
    const top = this.#guarded(this.store.key(this.path));
    if (!top) throw new RegistryError('REGISTRY_NOT_FOUND', `${this.path} is not in ${this.store.name}`, { path: this.path });
    const out = new Utf16Writer();
    out.text(`\ufeffWindows Registry Editor Version 5.00${EOL}`);
    for (const key of walkKeys(top, (path) => this.#open(path))) {
      this.#writeKey(out, key);
      yield* out.takeFull();
    }
    out.text(EOL);
    yield* out.takeRest();
  }

  #open(path: string): WrittenKey | undefined {
    const name = path.slice(path.lastIndexOf('\\') + 1);
    if (!LINE_ENDS.test(name)) return this.#attempt(path, () => this.#guarded(this.store.key(path)));
    this.leftOut.push({ path, reason: 'a line of a .reg file cannot hold the line feed in its name', damaged: false });
    return undefined;
  }

  /** What is damaged, or cannot be read or named, is left out, and told. */
  #attempt<T>(path: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (!isWinbackError(error) || !LEFT_OUT.has(error.code)) throw error;
      this.leftOut.push({ path, reason: error.message, damaged: error.code === 'REGISTRY_DAMAGED' });
      return undefined;
    }
  }

  /** The same key, whose lists end where they are damaged. */
  #guarded(key: RegistryKey | undefined): WrittenKey | undefined {
    if (!key) return undefined;
    const { path } = key;
    return { path, subkeys: () => this.#whole(path, () => key.subkeys()), values: () => this.#whole(path, () => key.values()) };
  }

  *#whole<T>(path: string, list: () => Iterable<T>): Generator<T> {
    const items = this.#attempt(path, () => list()[Symbol.iterator]());
    for (let next = this.#attempt(path, () => items?.next()); next && !next.done; next = this.#attempt(path, () => items?.next())) {
      yield next.value;
    }
  }

  #writeKey(out: Utf16Writer, key: WrittenKey): void {
    const path = this.#pathOf(key.path);
    if (path === '') return; // a whole system's root is no key
    this.keys++;
    out.text(`${EOL}[${path}]${EOL}`);
    for (const value of key.values()) {
      writeValue(out, value);
      this.values++;
    }
  }

  #pathOf(path: string): string {
    const { prefix } = this.options;
    if (prefix === undefined) return path;
    return prefix === '' ? `\\${path}` : joinKeyOrRoot(prefix, path);
  }
}

const joinKeyOrRoot = (prefix: string, path: string): string => (path === '' ? prefix : joinKey(prefix, path));

function writeValue(out: Utf16Writer, { name, type, data }: RegistryValue): void {
  if (name === '') {
    out.text('@=');
  } else {
    out.text('"');
    out.quoted(name);
    out.text('"=');
  }
  if (type === RegistryType.DWORD && data.length === 4) {
    out.text('dword:');
    for (let i = 3; i >= 0; i--) out.hexByte(data[i]!);
  } else if (type === RegistryType.SZ && isPlainText(data)) {
    out.text('"');
    out.quotedUnits(data, data.length - 2);
    out.text('"');
  } else {
    const start = type === RegistryType.BINARY ? 'hex:' : `hex(${type.toString(16)}):`;
    out.text(start);
    writeBytes(out, data, columnAfter(name) + start.length);
  }
  out.text(EOL);
}

/** Whether a string comes back the same from between quotes: it ends with its only NUL, and is one line. */
function isPlainText(data: Uint8Array): boolean {
  const end = data.length - 2;
  if (end < 0 || end % 2 === 1 || data[end] !== 0 || data[end + 1] !== 0) return false;
  for (let i = 0; i < end; i += 2) {
    const low = data[i]!;
    if (data[i + 1] === 0 && (low === 0 || low === 0x0a || low === 0x0d)) return false;
  }
  return true;
}

/** Where the data begins in its line. The name of a value may hold line feeds; only its last line counts. */
function columnAfter(name: string): number {
  if (name === '') return 2;
  const lastLine = name.slice(name.lastIndexOf('\n') + 1);
  let column = lastLine.length + (lastLine === name ? 3 : 2);
  for (const char of lastLine) if (char === '"' || char === '\\') column++;
  return column;
}

function writeBytes(out: Utf16Writer, data: Uint8Array, column: number): void {
  let end = Math.max(1, Math.ceil((LINE_WIDTH - column) / 3));
  for (let i = 0; i < data.length; i++) {
    if (i === end) {
      out.text(`\\${EOL}  `);
      end += BYTES_PER_LINE;
    }
    out.hexByte(data[i]!);
    if (i < data.length - 1) out.comma();
  }
}
