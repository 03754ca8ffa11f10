/** Bytes between a program and its drive: what drives of 400 MB/s take in the twelfth part of a second. */
export const BUFFER_SIZE = 32 << 20;
/** Room for the words of one call or its answer. */
const TEXT_SIZE = 1 << 16;
/** Smaller blocks take the room of these. */
const SLOT_MIN = 512;

/** Indexes of the words that the two threads share. */
export const Word = {
  /** Counted up to wake the drive's thread, and its user. */
  BELL_DRIVE: 0,
  BELL_USER: 1,
  /** {@link Owner} */
  OWNER: 2,
  /** {@link Call}: of the call in {@link DriveMemory.text}. */
  CALL: 3,
  /** Bytes of the call or its answer. */
  TEXT_LENGTH: 4,
  /** Bytes of a slot, and how many there are. */
  SLOT_SIZE: 5,
  SLOTS: 6,
  /** {@link Flow}: which way blocks go through the ring. */
  FLOW: 7,
  /** Blocks that were put into the ring so far, and taken out. */
  FILLED: 8,
  TAKEN: 9,
  /** Added to a bell: 1 while somebody waits for it. */
  ASLEEP: 10,
} as const;

/** Who opens drives: taken once, by whoever comes first. */
export const Owner = { NOBODY: 0, THREAD: 1, USER: 2 } as const;
export const Call = { NONE: 0, ASKED: 1, ANSWERED: 2 } as const;
/** STOPPED: the drive's thread puts in or takes out no more, and told why in the text, if it is no wish of the user. */
export const Flow = { NONE: 0, WRITING: 1, READING: 2, STOPPED: 3 } as const;

/** What the thread of a drive and its user share. */
export interface DriveMemory {
  /** {@link Word} */
  readonly words: SharedArrayBuffer;
  readonly text: SharedArrayBuffer;
  /** The ring: slots of one size. */
  readonly data: SharedArrayBuffer;
  /** For each slot: how many bytes are in it. */
  readonly lengths: SharedArrayBuffer;
}

export const driveMemory = (): DriveMemory => ({
  words: new SharedArrayBuffer(4 * (Object.keys(Word).length + 1)),
  text: new SharedArrayBuffer(TEXT_SIZE),
  data: new SharedArrayBuffer(BUFFER_SIZE),
  lengths: new SharedArrayBuffer(4 * (BUFFER_SIZE / SLOT_MIN)),
});

/** Bytes of a slot for blocks of a size. */
export const slotSize = (blockSize: number): number => Math.max(SLOT_MIN, blockSize);
