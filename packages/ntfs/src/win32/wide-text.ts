/** Text as UTF-16 with a NUL behind it. Lone surrogates stay what they are. */
export const wide = (text: string): Uint8Array => Buffer.from(`${text}\0`, 'utf16le');

/** The UTF-16 text of `length` bytes at `from`. */
export const narrow = (bytes: Uint8Array, from: number, length: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString('utf16le');

/** The UTF-16 text up to its NUL. */
export function narrowToNul(bytes: Uint8Array): string {
  const text = narrow(bytes, 0, bytes.length & ~1);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
