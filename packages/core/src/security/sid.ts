import { FormatError } from '../errors/index.js';
import { SddlError } from './sddl-error.js';
import { SidHeader } from './sid.layout.js';

const SID_REVISION = 1;
const SID_MAX_SUB_AUTHORITIES = 15;
const TWO_32 = 0x1_0000_0000;
const AUTHORITY_END = 2 ** 48;

/** A security identifier. Its revision is always 1. */
export interface Sid {
  /** 48 bits. */
  readonly identifierAuthority: number;
  /** At most 15 of 32 bits each; the last is the relative identifier (RID). */
  readonly subAuthorities: readonly number[];
}

/** Bytes that a SID takes. */
export const sidSize = (sid: Sid): number => SidHeader.size + 4 * sid.subAuthorities.length;

/**
 * Reads the SID at `at`; bytes behind it do not matter. `origin` is added to offsets in errors.
 * @throws FORMAT_SHORT, FORMAT_RANGE
 */
export function parseSid(bytes: Uint8Array, at = 0, origin = 0): Sid {
  const head = SidHeader.decode(bytes, at, origin);
  const wrong = (field: keyof typeof head, problem: string, expected: unknown): FormatError =>
    new FormatError('FORMAT_RANGE', problem, {
      struct: SidHeader.name,
      field,
      offset: origin + at + SidHeader.offsetOf(field),
      expected,
      actual: head[field],
    });
  if (head.revision !== SID_REVISION) throw wrong('revision', `expected 1, found ${String(head.revision)}`, SID_REVISION);
  const count = head.subAuthorityCount;
  if (count > SID_MAX_SUB_AUTHORITIES)
    throw wrong('subAuthorityCount', `${String(count)} sub-authorities, at most 15 are allowed`, '0..15');
  const start = at + SidHeader.size;
  if (start + 4 * count > bytes.length) {
    throw new FormatError(
      'FORMAT_SHORT',
      `${String(count)} sub-authorities need ${String(4 * count)} bytes, ${String(bytes.length - start)} left`,
      {
        struct: SidHeader.name,
        field: 'subAuthorityCount',
        offset: origin + start,
        expected: 4 * count,
        actual: bytes.length - start,
      },
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return {
    identifierAuthority: head.identifierAuthorityHigh * TWO_32 + head.identifierAuthorityLow,
    subAuthorities: Array.from({ length: count }, (_, i) => view.getUint32(start + 4 * i, true)),
  };
}

/** @throws FORMAT_RANGE when a number does not fit, or when there are more than 15 sub-authorities */
export function buildSid(sid: Sid): Uint8Array {
  const { identifierAuthority: authority, subAuthorities } = sid;
  const wrong = (field: string, problem: string, offset: number): FormatError =>
    new FormatError('FORMAT_RANGE', problem, { struct: SidHeader.name, field, offset });
  if (subAuthorities.length > SID_MAX_SUB_AUTHORITIES)
    throw wrong('subAuthorityCount', `${String(subAuthorities.length)} sub-authorities, at most 15 are allowed`, 1);
  if (!Number.isInteger(authority) || authority < 0 || authority >= AUTHORITY_END)
    throw wrong('identifierAuthority', `${String(authority)} does not fit 48 bits`, 2);
  const out = new Uint8Array(sidSize(sid));
  SidHeader.encodeInto(out, 0, {
    revision: SID_REVISION,
    subAuthorityCount: subAuthorities.length,
    identifierAuthorityHigh: Math.floor(authority / TWO_32),
    identifierAuthorityLow: authority % TWO_32,
  });
  const view = new DataView(out.buffer);
  subAuthorities.forEach((value, i) => {
    const at = SidHeader.size + 4 * i;
    if (!Number.isInteger(value) || value < 0 || value >= TWO_32) throw wrong('subAuthority', `${String(value)} does not fit 32 bits`, at);
    view.setUint32(at, value, true);
  });
  return out;
}

/** A SID as people know it: S-1-5-21-…, an authority of 2^32 and more in hexadecimal with all its 12 digits. */
export function sidToString(sid: Sid): string {
  const { identifierAuthority: authority, subAuthorities } = sid;
  const first = authority < TWO_32 ? String(authority) : `0x${authority.toString(16).padStart(12, '0')}`;
  return ['S-1', first, ...subAuthorities.map(String)].join('-');
}

/** A decimal number stands without leading zeros, because some programs read those as octal. */
const SID_TEXT = /S-1-(0x[0-9a-f]{1,12}|0(?!x)|[1-9][0-9]*)((?:-(?:0|[1-9][0-9]*))*)/iy;

/**
 * Reads the SID that stands at `at` in a longer text, up to where it ends. SDDL's two-letter forms are not understood here.
 * @throws FORMAT_STRUCTURE, FORMAT_RANGE with the place in the text
 */
export function scanSid(text: string, at: number): { readonly sid: Sid; readonly end: number } {
  SID_TEXT.lastIndex = at;
  const [whole, first, rest = ''] = SID_TEXT.exec(text) ?? [];
  if (whole === undefined || first === undefined)
    throw new SddlError('FORMAT_STRUCTURE', 'expected a SID such as S-1-5-18', { text, offset: at });
  const end = at + whole.length;
  if (/[0-9]/.test(text.charAt(end)))
    throw new SddlError('FORMAT_STRUCTURE', 'a number in a SID has a leading zero', { text, offset: end });
  const identifierAuthority = Number(first);
  if (identifierAuthority >= AUTHORITY_END)
    throw new SddlError('FORMAT_RANGE', 'the authority does not fit 48 bits', { text, offset: at + 'S-1-'.length });
  const subAuthorities = rest.split('-').slice(1).map(Number);
  if (subAuthorities.length > SID_MAX_SUB_AUTHORITIES)
    throw new SddlError('FORMAT_RANGE', `${String(subAuthorities.length)} sub-authorities, at most 15 are allowed`, { text, offset: at });
  if (subAuthorities.some((value) => value >= TWO_32))
    throw new SddlError('FORMAT_RANGE', 'a sub-authority does not fit 32 bits', { text, offset: at });
  return { sid: { identifierAuthority, subAuthorities }, end };
}

/**
 * The inverse of {@link sidToString}. Also takes small letters and any authority in hexadecimal.
 * @throws FORMAT_STRUCTURE, FORMAT_RANGE with the place in the text
 */
export function sidFromString(text: string): Sid {
  const { sid, end } = scanSid(text, 0);
  if (end !== text.length) throw new SddlError('FORMAT_STRUCTURE', 'a SID ends before this', { text, offset: end });
  return sid;
}
