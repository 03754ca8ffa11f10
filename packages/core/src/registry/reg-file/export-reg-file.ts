import { RegistryError } from '../../errors/index.js';
import { walkKeys } from '../key-tree.js';
import { joinKey, RegistryType, type RegistryKey, type RegistryStore, type RegistryValue } from '../registry-store.js';

export interface RegExportOptions {
  /**
   * The key that the store's root is in the file: `HKEY_LOCAL_MACHINE\SYSTEM` for a SYSTEM hive; '' for a hive without such a place,
   * whose keys are written with a backslash before them. Undefined: paths as the store has them.
   */
  readonly prefix?: string | undefined;
}

/** A key that the file has no form for, with all below it. */
export interface LeftOutKey {
  readonly path: string;
  readonly reason: string;
}

/** Characters gathered before they are given. */
const PIECE = 1 << 16;
const EOL = '\r\n';
/** Bytes of a value on a line that goes on one before. */
const BYTES_PER_LINE = 25;
const LINE_WIDTH = 77;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
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

  /** The file, in pieces. @throws REGISTRY_NOT_FOUND, REGISTRY_DAMAGED, REGISTRY_IO */
  *pieces(): Generator<Uint8Array> {
    const top = this.store.key(this.path);
    if (!top) throw new RegistryError('REGISTRY_NOT_FOUND', `${this.path} is not in ${this.store.name}`, { path: this.path });
    let text = `\ufeffWindows Registry Editor Version 5.00${EOL}`;
    for (const key of walkKeys(top, (path) => this.#open(path))) {
      text += this.#keyText(key);
      if (text.length < PIECE) continue;
      yield Buffer.from(text, 'utf16le');
      text = '';
    }
    yield Buffer.from(text + EOL, 'utf16le');
  }

  #open(path: string): RegistryKey | undefined {
    const name = path.slice(path.lastIndexOf('\\') + 1);
    if (!LINE_ENDS.test(name)) return this.store.key(path);
    this.leftOut.push({ path, reason: 'a line of a .reg file cannot hold the line feed in its name' });
    return undefined;
  }

  #keyText(key: RegistryKey): string {
    const path = this.#pathOf(key.path);
    // A whole system's root is no key.
    let text = path === '' ? '' : `${EOL}[${path}]${EOL}`;
    this.keys++;
    for (const value of path === '' ? [] : key.values()) {
      text += valueText(value);
      this.values++;
    }
    return text;
  }

  #pathOf(path: string): string {
    const { prefix } = this.options;
    if (prefix === undefined) return path;
    return prefix === '' ? `\\${path}` : joinKeyOrRoot(prefix, path);
  }
}

const joinKeyOrRoot = (prefix: string, path: string): string => (path === '' ? prefix : joinKey(prefix, path));

const escape = (text: string): string => (/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text);

function valueText({ name, type, data }: RegistryValue): string {
  const start = name === '' ? '@=' : `"${escape(name)}"=`;
  if (type === RegistryType.DWORD && data.length === 4) {
    return `${start}dword:${HEX[data[3]!]!}${HEX[data[2]!]!}${HEX[data[1]!]!}${HEX[data[0]!]!}${EOL}`;
  }
  const text = type === RegistryType.SZ ? plainText(data) : undefined;
  if (text !== undefined) return `${start}"${escape(text)}"${EOL}`;
  return hexText(`${start}${type === RegistryType.BINARY ? 'hex:' : `hex(${type.toString(16)}):`}`, data);
}

/** Undefined: a string that would not come back the same from between quotes. */
function plainText(data: Uint8Array): string | undefined {
  if (data.length < 2 || data.length % 2 === 1) return undefined;
  const text = Buffer.from(data.buffer, data.byteOffset, data.length).toString('utf16le');
  return text.indexOf('\0') === text.length - 1 && !LINE_ENDS.test(text) ? text.slice(0, -1) : undefined;
}

function hexText(start: string, data: Uint8Array): string {
  // The name of a value may hold line feeds; only its last line counts.
  const column = start.length - (start.lastIndexOf('\n') + 1);
  let text = start;
  let end = Math.max(1, Math.ceil((LINE_WIDTH - column) / 3));
  for (let i = 0; i < data.length; i++) {
    if (i === end) {
      text += `\\${EOL}  `;
      end += BYTES_PER_LINE;
    }
    text += i === data.length - 1 ? HEX[data[i]!]! : `${HEX[data[i]!]!},`;
  }
  return text + EOL;
}
