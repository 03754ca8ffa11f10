const TWO_32 = 0x1_0000_0000;

/** A 64-bit number; over 2^53 it is not exact, but too large all the same. */
export const u64At = (view: DataView, at: number): number => view.getUint32(at + 4, true) * TWO_32 + view.getUint32(at, true);

/** The record number of a file reference. */
export const recordOf = (view: DataView, at: number): number => view.getUint16(at + 4, true) * TWO_32 + view.getUint32(at, true);
/** The sequence number of a file reference. */
export const sequenceOf = (view: DataView, at: number): number => view.getUint16(at + 6, true);

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const isPowerOfTwo = (n: number): boolean => n > 0 && Number.isInteger(Math.log2(n));

/** UTF-16 text in a structure. */
export const textAt = (bytes: Uint8Array, from: number, units: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, units * 2).toString('utf16le');
