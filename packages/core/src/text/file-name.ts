/**
 * File names are bytes on POSIX systems and UTF-16 units on Windows. Winback holds them as UTF-16, by a mapping that gives every
 * byte sequence back exactly:
 *
 * - UTF-8 becomes the characters it stands for.
 * - A byte that is no part of valid UTF-8 becomes the lone surrogate U+DC00 + byte (U+DC80 to U+DCFF).
 * - A lone surrogate outside that range, which a Windows name can hold, becomes the three bytes that UTF-8 would use for it if it
 *   could (WTF-8), and those bytes become the surrogate again, unless that would form a pair with what follows.
 *
 * Bytes to text to bytes is always exact. Text to bytes to text is exact but for lone surrogates of U+DC80 to U+DCFF in a row that
 * happen to spell valid UTF-8.
 */
export function bytesToText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  return text.includes('\ufffd') ? decodeSlowly(bytes) : text;
}

/** The inverse of {@link bytesToText}. */
export function textToBytes(text: string): Uint8Array {
  return /[\ud800-\udfff]/.test(text) ? encodeSlowly(text) : Buffer.from(text, 'utf8');
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
const isEscape = (unit: number): boolean => unit >= 0xdc80 && unit <= 0xdcff;

/** Length of the valid UTF-8 sequence at `i`, 0 if there is none, -3 for a surrogate in WTF-8 form. */
function sequenceAt(b: Uint8Array, i: number): number {
  const first = b[i] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (length === 0 || i + length > b.length) return 0;
  for (let k = 1; k < length; k++) if (((b[i + k] ?? 0) & 0xc0) !== 0x80) return 0;
  const second = b[i + 1] ?? 0;
  if ((first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0;
  return first === 0xed && second >= 0xa0 ? -3 : length;
}

function decodeSlowly(b: Uint8Array): string {
  const units: number[] = [];
  for (let i = 0; i < b.length;) {
    const length = sequenceAt(b, i);
    const surrogate = length === -3 ? 0xd000 | (((b[i + 1] ?? 0) & 0x3f) << 6) | ((b[i + 2] ?? 0) & 0x3f) : 0;
    if (length > 0) {
      for (const unit of utf16Of(b.subarray(i, i + length))) pushUnit(units, unit);
      i += length;
    } else if (length === -3 && !isEscape(surrogate) && !(isLow(surrogate) && isHigh(units.at(-1) ?? 0))) {
      pushUnit(units, surrogate);
      i += 3;
    } else {
      pushUnit(units, 0xdc00 + (b[i] ?? 0), true);
      i++;
    }
  }
  let text = '';
  for (let i = 0; i < units.length; i += 4096) text += String.fromCharCode(...units.slice(i, i + 4096));
  return text;
}

const utf16Of = (b: Uint8Array): number[] => {
  const s = Buffer.from(b).toString('utf8');
  return s.length === 1 ? [s.charCodeAt(0)] : [s.charCodeAt(0), s.charCodeAt(1)];
};

/** Adds a unit. A lone high surrogate that an escape would complete to a pair is itself turned into escapes. */
function pushUnit(units: number[], unit: number, escape = false): void {
  const last = units.at(-1) ?? 0;
  if (escape && isHigh(last)) {
    units.pop();
    units.push(0xdc00 + 0xed, 0xdc00 + (0x80 | ((last >> 6) & 0x3f)), 0xdc00 + (0x80 | (last & 0x3f)));
  }
  units.push(unit);
}

function encodeSlowly(text: string): Uint8Array {
  const out: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (isHigh(unit) && isLow(text.charCodeAt(i + 1))) {
      out.push(...Buffer.from(text.slice(i, i + 2), 'utf8'));
      i++;
    } else if (isEscape(unit)) out.push(unit - 0xdc00);
    else if (isHigh(unit) || isLow(unit)) out.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
    else out.push(...Buffer.from(text[i] ?? '', 'utf8'));
  }
  return Uint8Array.from(out);
}
