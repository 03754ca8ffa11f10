/** What a length word of a SIMH image says, by its class in the upper four bits. */
export const SimhWord = { FILEMARK: 0, GAP: 0xffff_fffe, END_OF_MEDIUM: 0xffff_ffff, ERROR: 0x8000_0000, LENGTH: 0x0fff_ffff } as const;

export type SimhItem = 'block' | 'damaged' | 'filemark' | 'end' | 'passed-over' | 'passed-over-data';

/** What stands at a word. Records and markers of other programs are passed over. */
export function simhItem(word: number): SimhItem {
  if (word === SimhWord.FILEMARK) return 'filemark';
  if (word === SimhWord.END_OF_MEDIUM) return 'end';
  switch (word >>> 28) {
    case 0:
      return 'block';
    case 8:
      return 'damaged';
    case 7:
    case 15:
      return 'passed-over';
    default:
      return 'passed-over-data';
  }
}

/** Bytes of a record with both its words. Data has an even number of bytes. */
export const simhSize = (length: number): number => 8 + length + (length % 2);
