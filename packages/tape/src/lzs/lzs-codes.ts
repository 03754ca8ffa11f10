// LZS, as ANSI X3.241 has it and RFC 1974 and RFC 2395 print it. Bits are taken from the high end of each byte.
//
// 0 bbbbbbbb           a byte as it is
// 11 ooooooo  LENGTH   bytes from 1 to 127 back
// 10 ooooooooooo LENGTH  from 1 to 2047 back
// 11 0000000           the end; the rest of its byte is filled
// LENGTH: 00 01 10 are 2 3 4; 1100 1101 1110 are 5 6 7; 1111 is 8, and the groups of four bits behind it are added: each 1111 is 15 and
// another group follows, any other is the last.

/** The first offset that does not fit into 7 bits. */
export const SHORT_OFFSET_LIMIT = 128;
/** The first offset that does not fit into 11 bits. */
export const LONG_OFFSET_LIMIT = 2048;
/** The first length that takes groups. */
export const LONG_LENGTH = 8;
/** 9 bits. */
export const END_MARKER = 0x180;

/** By length, from 2 to 7. */
export const LENGTH_CODES = Uint8Array.of(0, 0, 0, 1, 2, 12, 13, 14);
export const LENGTH_BITS = Uint8Array.of(0, 0, 2, 2, 2, 4, 4, 4);
