import type { DriverInThread, OpenTapeOptions, TapeDrive, TapeStatusCode } from '../api/index.js';
import type { WireError } from '@winback/core/base';

/** Calls of a drive that only have parameters and an answer. */
export type PlainCall = Exclude<keyof TapeDrive, 'name' | 'localFiles' | 'buffer' | 'read' | 'write' | typeof Symbol.dispose>;

/** What the user asks of the drive's thread. */
export type DriveCall =
  /** The first of a drive. Answers with {@link OpenedDrive}. */
  | { readonly name: 'open'; readonly driver: DriverInThread; readonly address: string; readonly options: OpenTapeOptions }
  | { readonly name: 'call'; readonly method: PlainCall; readonly args: readonly unknown[] }
  /** One transfer through the beginning of the ring's memory. */
  | { readonly name: 'read' | 'write'; readonly length: number }
  /** From now on what is put into the ring is written. */
  | { readonly name: 'startWriting'; readonly blockSize: number }
  /** From now on the ring is filled with what is read. Answers false when this drive could not be brought back. */
  | { readonly name: 'startReading'; readonly blockSize: number }
  /** Reading ahead ends; where `back` is true the drive goes to the block behind the last one that was taken. */
  | { readonly name: 'stopReading'; readonly back: boolean }
  /** Why the ring stands still. */
  | { readonly name: 'why' }
  | { readonly name: 'close' };

export interface Transferred {
  readonly bytes: number;
  readonly status: TapeStatusCode;
}

/** What others know of a drive without asking it. */
export interface OpenedDrive {
  readonly name: string;
  readonly localFiles: readonly string[] | undefined;
}

export type DriveAnswer = { readonly result: unknown } | { readonly error: WireError };
