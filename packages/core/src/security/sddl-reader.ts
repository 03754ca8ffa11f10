import type { ConditionBase } from './condition.layout.js';
import { SddlError } from './sddl-error.js';
import { sidOfAlias, type SidContext } from './sid-aliases.js';
import { scanSid, type Sid } from './sid.js';

/** An integer as it was written. */
export interface IntegerLiteral {
  /** Without the sign. */
  readonly magnitude: bigint;
  readonly sign: '+' | '-' | '';
  readonly base: keyof typeof ConditionBase;
}

const U64_END = 1n << 64n;
const I64_LOWEST = 1n << 63n;

/** A place in an SDDL text, and the words and literals that can stand there. Letters count the same in both cases. */
export class SddlReader {
  at = 0;

  constructor(
    readonly text: string,
    private readonly context: SidContext,
  ) {}

  error(code: SddlError['code'], problem: string, offset = this.at, hint?: string): SddlError {
    return new SddlError(code, problem, { text: this.text, offset }, hint);
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  skipSpace(): void {
    this.take(/\s+/y);
  }

  /** What `pattern` (sticky) matches here, taken; or undefined, and nothing taken. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  /** Whether `word` stands here after white space; it is taken. */
  takeWord(word: string): boolean {
    this.skipSpace();
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  expectWord(word: string): void {
    if (!this.takeWord(word)) throw this.error('FORMAT_STRUCTURE', `expected ${word}`);
  }

  /** A SID: S-1-… or two letters. */
  takeSid(): Sid {
    this.skipSpace();
    const start = this.at;
    if (/^S-/i.test(this.text.slice(start, start + 2))) {
      const { sid, end } = scanSid(this.text, start);
      this.at = end;
      return sid;
    }
    const alias = this.take(/[a-z]{2}/iy)?.toUpperCase();
    if (alias === undefined) throw this.error('FORMAT_STRUCTURE', 'expected a SID: S-1-… or two letters');
    const found = sidOfAlias(alias, this.context);
    if (found === undefined) throw this.error('FORMAT_STRUCTURE', `no SID has the alias ${alias}`, start);
    if (typeof found === 'string') {
      const whose = { domainSid: 'the domain', machineSid: 'the computer', rootDomainSid: 'the forest’s root domain' }[found];
      throw this.error(
        'FORMAT_UNSUPPORTED',
        `what ${alias} stands for depends on the SID of ${whose}, which is not known`,
        start,
        `Give ${found}.`,
      );
    }
    return found;
  }

  /** Text between double quotes, in which no double quote can stand. */
  takeQuoted(): string {
    this.skipSpace();
    const found = this.take(/"[^"]*"/y);
    if (found === undefined) throw this.error('FORMAT_STRUCTURE', 'expected text between double quotes');
    return found.slice(1, -1);
  }

  /** A decimal, octal (0…) or hexadecimal (0x…) number of 64 bits. */
  takeInteger(): IntegerLiteral {
    this.skipSpace();
    const start = this.at;
    const [, sign = '', digits = ''] = /^([+-]?)(.*)$/.exec(this.take(/[+-]?(?:0x[0-9a-f]+|[0-9]+)/iy) ?? '') ?? [];
    if (digits === '') throw this.error('FORMAT_STRUCTURE', 'expected a number');
    const base = /^0x/i.test(digits) ? 'HEXADECIMAL' : /^0./.test(digits) ? 'OCTAL' : 'DECIMAL';
    if (base === 'OCTAL' && /[89]/.test(digits)) throw this.error('FORMAT_STRUCTURE', 'a number with a leading zero is octal', start);
    const magnitude = BigInt(base === 'OCTAL' ? `0o${digits.slice(1)}` : digits);
    if (magnitude >= U64_END || (sign === '-' && magnitude > I64_LOWEST))
      throw this.error('FORMAT_RANGE', 'the number does not fit 64 bits', start);
    return { magnitude, sign: sign as IntegerLiteral['sign'], base };
  }

  /** `#` and hexadecimal digits. Another `#` is a 0, and so is the first one where the digits are odd in number. */
  takeOctets(): Uint8Array {
    this.skipSpace();
    const digits = this.take(/#[0-9a-f#]*/iy)
      ?.slice(1)
      .replaceAll('#', '0');
    if (digits === undefined) throw this.error('FORMAT_STRUCTURE', 'expected # and hexadecimal digits');
    return new Uint8Array(Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex'));
  }

  /** What the names of attributes write as %XXXX, decoded. `start` is where `name` stands. */
  decodeName(name: string, start: number): string {
    return name.replace(/%([0-9a-f]{4})?/gi, (_whole, hex: string | undefined, index: number) => {
      if (hex === undefined || hex === '0000')
        throw this.error('FORMAT_STRUCTURE', 'expected % and four hexadecimal digits, not all 0', start + index);
      return String.fromCharCode(parseInt(hex, 16));
    });
  }
}
