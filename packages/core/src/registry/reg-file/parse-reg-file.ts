import { FormatError, isWinbackError } from '../../errors/index.js';
import { checkKeyPath, checkValueName } from '../registry-name.js';
import { RegistryType, type RegistryValue } from '../registry-store.js';
import { expandRootKey } from '../root-keys.js';
import { encodeNumber, encodeString } from '../value-data.js';
import { decodeAnsi, RegLines, type RegLine } from './reg-lines.js';

interface RegFilePlace {
  readonly line: number;
  readonly path: string;
  /** The path began with a backslash: it is one in a hive, and has no root key. */
  readonly inHive: boolean;
}

/** One thing that a .reg file asks for. */
export type RegFileItem = RegFilePlace &
  (
    | { readonly kind: 'key' }
    | { readonly kind: 'delete-key' }
    | { readonly kind: 'value'; readonly value: RegistryValue }
    | { readonly kind: 'delete-value'; readonly name: string }
  );

const HEADER = /^Windows Registry Editor Version 5\.00$/i;
const HEADER_ANSI = /^REGEDIT4$/i;
const DATA = /^(?:dword:|hex(?:\(([0-9a-f]{1,8})\))?:)/i;

/**
 * The items of a .reg file, in its order, of version 5 or REGEDIT4. Root keys are given in full; a path that begins with a backslash, as
 * other programs write those in a hive, is given without it.
 * @throws FORMAT_* with the line and the byte where something is wrong
 */
export function* parseRegFile(bytes: Uint8Array): Generator<RegFileItem> {
  const lines = new RegLines(bytes);
  const isAnsi = readHeader(lines);
  const parser = new ValueParser(lines, isAnsi);
  let key: KeyLine | undefined;
  for (let line = lines.next(); line; line = lines.next()) {
    const text = line.text.trimStart();
    if (text.trimEnd() === '' || text.startsWith(';')) continue;
    const { number } = line;
    if (text.startsWith('[')) {
      key = readKey(line, text);
      yield { kind: key.deleted ? 'delete-key' : 'key', path: key.path, inHive: key.inHive, line: number };
      continue;
    }
    if (!text.startsWith('"') && !text.startsWith('@')) throw wrong(line, 'FORMAT_STRUCTURE', 'neither a key, a value nor a comment', text);
    if (!key) throw wrong(line, 'FORMAT_STRUCTURE', 'a value before the first key', text);
    if (key.deleted) throw wrong(line, 'FORMAT_STRUCTURE', 'a value of a key that is to be deleted', text);
    const { name, data } = parser.parse(line, text);
    const place = { path: key.path, inHive: key.inHive, line: number };
    if (data) yield { ...place, kind: 'value', value: { name, ...data } };
    else yield { ...place, kind: 'delete-value', name };
  }
}

/** True: a REGEDIT4 file, whose data is in the system's code page. */
function readHeader(lines: RegLines): boolean {
  let line = lines.next();
  while (line?.text.trim() === '') line = lines.next();
  const header = line?.text.trim() ?? '';
  if (HEADER_ANSI.test(header)) {
    lines.preferAnsi();
    return true;
  }
  if (HEADER.test(header)) return false;
  const expected = '"Windows Registry Editor Version 5.00" or "REGEDIT4"';
  throw new FormatError('FORMAT_MAGIC', `expected ${expected} in the first line`, {
    struct: '.reg file',
    offset: line?.offset ?? 0,
    expected,
    actual: shorten(header),
  });
}

interface KeyLine {
  readonly path: string;
  readonly inHive: boolean;
  readonly deleted: boolean;
}

function readKey(line: RegLine, text: string): KeyLine {
  const end = text.lastIndexOf(']');
  const rest = text.slice(end + 1).trim();
  if (end < 0 || (rest !== '' && !rest.startsWith(';')))
    throw wrong(line, 'FORMAT_STRUCTURE', 'the line of a key does not end with ]', text);
  const deleted = text.startsWith('[-');
  const spelled = text.slice(deleted ? 2 : 1, end);
  const inHive = spelled.startsWith('\\');
  const plain = spelled.slice(inHive ? 1 : 0).replace(/\\$/, '');
  const path = inHive ? plain : expandRootKey(plain);
  if (path === '' && (!inHive || deleted)) throw wrong(line, 'FORMAT_STRUCTURE', 'a key without a name', text);
  checked(line, () => checkKeyPath(path));
  return { path, inHive, deleted };
}

/** Undefined: the value is to be deleted. */
type Data = Pick<RegistryValue, 'type' | 'data'> | undefined;

class ValueParser {
  constructor(
    private readonly lines: RegLines,
    private readonly isAnsi: boolean,
  ) {}

  parse(first: RegLine, text: string): { readonly name: string; readonly data: Data } {
    const { value: name, rest, line } = text.startsWith('@') ? { value: '', rest: text.slice(1), line: first } : this.#quoted(first, text);
    checked(first, () => checkValueName(name));
    const afterName = rest.trimStart();
    if (!afterName.startsWith('=')) throw wrong(line, 'FORMAT_STRUCTURE', 'no = after the name of a value', text);
    return { name, data: this.#data(line, afterName.slice(1).trimStart()) };
  }

  #data(line: RegLine, text: string): Data {
    if (text.startsWith('"')) {
      const { value, rest, line: last } = this.#quoted(line, text);
      this.#end(last, rest);
      return { type: RegistryType.SZ, data: encodeString(value) };
    }
    if (text.startsWith('-')) {
      this.#end(line, text.slice(1));
      return undefined;
    }
    const [prefix, type] = DATA.exec(text) ?? [];
    if (prefix === undefined) throw wrong(line, 'FORMAT_STRUCTURE', 'expected "text", dword:, hex:, hex(n): or - after =', text);
    const digits = text.slice(prefix.length);
    if (/^d/i.test(prefix)) {
      const number = /^\s*([0-9a-f]{1,8})\s*(?:;.*)?$/i.exec(digits)?.[1];
      if (number === undefined) throw wrong(line, 'FORMAT_STRUCTURE', 'dword: takes one to eight hexadecimal digits', text);
      return { type: RegistryType.DWORD, data: encodeNumber(RegistryType.DWORD, BigInt(`0x${number}`)) };
    }
    const bytes = this.#bytes(line, digits);
    const number = type === undefined ? RegistryType.BINARY : Number.parseInt(type, 16);
    return { type: number, data: this.isAnsi && isText(number) ? new Uint8Array(Buffer.from(decodeAnsi(bytes), 'utf16le')) : bytes };
  }

  /** A text in quotes, which may go over several lines: regedit writes line feeds in strings as they are. */
  #quoted(first: RegLine, text: string): { readonly value: string; readonly rest: string; readonly line: RegLine } {
    let value = '';
    let line = first;
    let from = 1;
    for (;;) {
      const at = nextMark(text, from);
      if (at < 0) {
        value += text.slice(from) + line.ending;
        const next = this.lines.next();
        if (!next) throw wrong(first, 'FORMAT_SHORT', 'a text without a " at its end', first.text);
        [line, text, from] = [next, next.text, 0];
        continue;
      }
      value += text.slice(from, at);
      if (text[at] === '"') return { value, rest: text.slice(at + 1), line };
      const escaped = text[at + 1];
      if (escaped !== '\\' && escaped !== '"') {
        throw wrong(line, 'FORMAT_STRUCTURE', 'a backslash in a text is written twice, and before a " once', text.slice(at));
      }
      value += escaped;
      from = at + 2;
    }
  }

  #bytes(first: RegLine, text: string): Uint8Array {
    const pieces: Uint8Array[] = [];
    let line = first;
    for (;;) {
      const comment = text.indexOf(';');
      const digits = (comment < 0 ? text : text.slice(0, comment)).trim();
      const goesOn = digits.endsWith('\\');
      pieces.push(hexBytes(line, goesOn ? digits.slice(0, -1).trimEnd() : digits));
      if (!goesOn) break;
      const next = this.lines.next();
      if (!next) break; // regedit takes a backslash at the end of the file
      [line, text] = [next, next.text];
    }
    return pieces.length === 1 && pieces[0] ? pieces[0] : new Uint8Array(Buffer.concat(pieces));
  }

  #end(line: RegLine, rest: string): void {
    const text = rest.trim();
    if (text !== '' && !text.startsWith(';')) throw wrong(line, 'FORMAT_STRUCTURE', 'something after the data of a value', text);
  }
}

const isText = (type: number): boolean =>
  type === RegistryType.SZ || type === RegistryType.EXPAND_SZ || type === RegistryType.MULTI_SZ || type === RegistryType.LINK;

function nextMark(text: string, from: number): number {
  const quote = text.indexOf('"', from);
  const backslash = text.indexOf('\\', from);
  return backslash < 0 || (quote >= 0 && quote < backslash) ? quote : backslash;
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

/** Bytes as hexadecimal digits, one or two each, with commas between and perhaps one at the end. */
function hexBytes(line: RegLine, text: string): Uint8Array {
  const bytes = new Uint8Array((text.length >> 1) + 1);
  let count = 0;
  let digits = 0;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const digit = digitOf(code);
    if (digit >= 0 && digits < 2) {
      value = value * 16 + digit;
      digits++;
    } else if (code === 0x2c && digits > 0) {
      bytes[count++] = value;
      digits = value = 0;
    } else if (code !== 0x20 && code !== 0x09) {
      throw wrong(line, 'FORMAT_STRUCTURE', 'hex: takes bytes of two hexadecimal digits with commas between', text.slice(i));
    }
  }
  if (digits > 0) bytes[count++] = value;
  return bytes.slice(0, count);
}

/** Turns what is said of a name into what is wrong in the file. */
function checked(line: RegLine, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    throw wrong(line, 'FORMAT_RANGE', error.message, line.text);
  }
}

const shorten = (text: string): string => (text.length <= 60 ? text : `${text.slice(0, 60)}…`);

const wrong = (
  { number, offset }: RegLine,
  code: 'FORMAT_STRUCTURE' | 'FORMAT_RANGE' | 'FORMAT_SHORT',
  problem: string,
  text: string,
): FormatError => new FormatError(code, problem, { struct: `.reg file, line ${String(number)}`, offset, actual: shorten(text) });
