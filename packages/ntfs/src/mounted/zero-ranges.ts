import { libc } from '@winback/core/linux';

/** Files with holes are made of units of 16 clusters of 4 KiB; ntfs-3g does not say which of them are holes. */
const UNIT = 65_536;
const PIECE = 16 * UNIT;
const piece = Buffer.alloc(PIECE);
const zeros = Buffer.alloc(UNIT);

/** The next range of units that are not all zeros, from a place on; it begins at `size` when there is none. */
export function findNonZero(fd: number, from: number, size: number): { readonly begin: number; readonly end: number } {
  let begin = -1;
  for (let position = from - (from % UNIT); position < size;) {
    const n = libc().pread(fd, piece, Math.min(PIECE, size - position), position);
    if (n <= 0) return { begin: begin < 0 ? from : begin, end: size }; // whoever reads the range meets the error
    const whole = position + n >= size ? n : n - (n % UNIT) || n;
    for (let at = 0; at < whole; at += UNIT) {
      const end = Math.min(at + UNIT, whole);
      const isZero = piece.compare(zeros, 0, end - at, at, end) === 0;
      if (begin < 0 && !isZero) begin = Math.max(from, position + at);
      else if (begin >= 0 && isZero) return { begin, end: position + at };
    }
    position += whole;
  }
  return begin < 0 ? { begin: size, end: size } : { begin, end: size };
}
