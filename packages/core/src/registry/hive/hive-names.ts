/**
 * Lower-case letters that Unicode has given an upper case only since Windows' table was made; Windows leaves them as they are.
 * Found by comparing with the `$UpCase` that ntfs-3g writes, as Windows 7 does.
 */
// prettier-ignore
const LEFT_ALONE: readonly (readonly [from: number, to: number])[] = [
  [0x19b, 0x19b], [0x23f, 0x240], [0x252, 0x252], [0x25c, 0x25c], [0x261, 0x261], [0x264, 0x266], [0x26a, 0x26a], [0x26c, 0x26c],
  [0x282, 0x282], [0x287, 0x287], [0x29d, 0x29e], [0x3f3, 0x3f3], [0x525, 0x52f], [0x10d0, 0x10ff], [0x13f8, 0x13fd], [0x1c8a, 0x1c8a],
  [0x1d8e, 0x1d8e], [0x2c5f, 0x2c5f], [0x2cec, 0x2cf3], [0x2d27, 0x2d2d], [0xa661, 0xa661], [0xa699, 0xa69b], [0xa791, 0xa7f6],
  [0xab53, 0xabbf],
];

/** Upper case of each UTF-16 unit, found when it is first asked for; 0 before. */
const upperUnits = new Uint16Array(0x1_0000);

/** Windows maps unit to unit, and only where the way back leads to the same letter: ß stays ß, ı stays ı. */
function findUpper(unit: number): number {
  // Greek with iota subscript has a title case of one unit, which Windows takes.
  if (unit >= 0x1f80 && unit < 0x1fb0 && (unit & 8) === 0) return unit + 8;
  if (unit === 0x1fb3 || unit === 0x1fc3 || unit === 0x1ff3) return unit + 9;
  if (LEFT_ALONE.some(([from, to]) => unit >= from && unit <= to)) return unit;
  const text = String.fromCharCode(unit);
  const upper = text.toUpperCase();
  return upper.length === 1 && upper.toLowerCase() === text ? upper.charCodeAt(0) : unit;
}

function upperUnit(unit: number): number {
  const known = upperUnits[unit] ?? 0;
  return known === 0 ? (upperUnits[unit] = findUpper(unit)) : known;
}

// eslint-disable-next-line no-control-regex -- every character of ASCII
const ASCII = /^[\x00-\x7f]*$/;

/** A name as names are compared and sorted: upper case, unit by unit. */
export function upperName(name: string): string {
  if (ASCII.test(name)) return name.toUpperCase();
  let out = '';
  for (let i = 0; i < name.length; i++) out += String.fromCharCode(upperUnit(name.charCodeAt(i)));
  return out;
}

/** The hash in hash leaves, of a name in upper case. */
export function hashOfUpper(upper: string): number {
  let hash = 0;
  for (let i = 0; i < upper.length; i++) hash = (Math.imul(hash, 37) + upper.charCodeAt(i)) | 0;
  return hash >>> 0;
}

// eslint-disable-next-line no-control-regex -- every character of Latin-1
const LATIN1 = /^[\x00-\xff]*$/;
/** Whether a name is stored with one byte a character. */
export const isLatin1 = (name: string): boolean => LATIN1.test(name);
export const encodeName = (name: string): Buffer => Buffer.from(name, isLatin1(name) ? 'latin1' : 'utf16le');
