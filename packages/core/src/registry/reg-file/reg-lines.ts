import { FormatError } from '../../errors/index.js';

/** One line of a .reg file. */
export interface RegLine {
  /** From 1. */
  readonly number: number;
  /** Where it begins, in bytes. */
  readonly offset: number;
  /** Without what ends it. */
  readonly text: string;
  /** `\r\n`, `\n`, or nothing at the end of the file. */
  readonly ending: string;
}

type Encoding = 'utf16le' | 'utf8' | 'ansi';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** What Windows-1252 has in the place of the controls from 0x80; five of them stay. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Bytes in the code page of the system, taken for Western European. */
export function decodeAnsi(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return text.replace(/[\u0080-\u009f]/g, (char) => WINDOWS_1252[char.charCodeAt(0) - 0x80] ?? char);
}

/**
 * The lines of a .reg file: UTF-16 as regedit writes it, UTF-8 as people do, or the bytes of a REGEDIT4 file. Where nothing says which,
 * a line is UTF-8 if it can be, and else in the system's code page.
 */
export class RegLines {
  readonly #bytes: Buffer;
  #encoding: Encoding | undefined;
  #at: number;
  #number = 0;

  /** @throws FORMAT_UNSUPPORTED for big-endian UTF-16 */
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const [first = 0, second = 0, third = 0] = bytes;
    if (first === 0xfe && second === 0xff) {
      throw new FormatError('FORMAT_UNSUPPORTED', 'it is UTF-16, but big-endian', { struct: '.reg file', offset: 0, actual: 'fe ff' });
    }
    const isUtf16 = (first === 0xff && second === 0xfe) || (bytes.length > 1 && first !== 0 && second === 0);
    const isUtf8 = first === 0xef && second === 0xbb && third === 0xbf;
    this.#encoding = isUtf16 ? 'utf16le' : isUtf8 ? 'utf8' : undefined;
    this.#at = isUtf16 && first === 0xff ? 2 : isUtf8 ? 3 : 0;
  }

  /** The header said so: what follows is in the system's code page, where it is not Unicode. */
  preferAnsi(): void {
    this.#encoding ??= 'ansi';
  }

  next(): RegLine | undefined {
    const offset = this.#at;
    if (offset >= this.#bytes.length) return undefined;
    const width = this.#encoding === 'utf16le' ? 2 : 1;
    const found = this.#lineFeed(offset);
    const end = found < 0 ? this.#bytes.length : found;
    this.#at = found < 0 ? end : end + width;
    const text = this.#decode(this.#bytes.subarray(offset, end));
    const hasReturn = found >= 0 && text.endsWith('\r');
    return {
      number: ++this.#number,
      offset,
      text: hasReturn ? text.slice(0, -1) : text,
      ending: found < 0 ? '' : hasReturn ? '\r\n' : '\n',
    };
  }

  #lineFeed(from: number): number {
    if (this.#encoding !== 'utf16le') return this.#bytes.indexOf(0x0a, from);
    for (let at = this.#bytes.indexOf(0x0a, from); at >= 0; at = this.#bytes.indexOf(0x0a, at + 1)) {
      if ((at - from) % 2 === 0 && this.#bytes[at + 1] === 0) return at;
    }
    return -1;
  }

  #decode(bytes: Buffer): string {
    if (this.#encoding === 'utf16le') return bytes.toString('utf16le', 0, bytes.length - (bytes.length % 2));
    if (this.#encoding === 'ansi') return decodeAnsi(bytes);
    if (this.#encoding === 'utf8') return bytes.toString('utf8');
    try {
      return strictUtf8.decode(bytes);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return decodeAnsi(bytes);
    }
  }
}
