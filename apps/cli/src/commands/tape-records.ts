import { tapeError, TapeStatus, type TapeDrive } from '@winback/tape';
import { createHash, type Hash } from 'node:crypto';

/** What is on a tape, counted. */
export interface RecordCounts {
  blocks: number;
  /** Of all blocks. */
  bytes: number;
  filemarks: number;
  setmarks: number;
}

export const noRecords = (): RecordCounts => ({ blocks: 0, bytes: 0, filemarks: 0, setmarks: 0 });
/** Blocks and marks. */
export const recordCount = ({ blocks, filemarks, setmarks }: RecordCounts): number => blocks + filemarks + setmarks;

/** Bytes that were read, valid until the next step, or a mark. */
export type TapeItem = Uint8Array | 'filemark' | 'setmark';

/**
 * From where a drive stands to the end of its data. Of blocks of any size an item is one block, of fixed ones as many as there is memory for.
 * @throws TAPE_IO when the drive reads nothing and does not say why; what {@link TapeDrive.read} throws
 */
export function* tapeItems(drive: TapeDrive, memory: Uint8Array): Generator<TapeItem, void, undefined> {
  for (;;) {
    const { bytes, status } = drive.read(memory);
    if (bytes > 0) yield memory.subarray(0, bytes);
    if (status === TapeStatus.ERROR_FILEMARK_DETECTED) yield 'filemark';
    else if (status === TapeStatus.ERROR_SETMARK_DETECTED) yield 'setmark';
    else if (status === TapeStatus.ERROR_NO_DATA_DETECTED || status === TapeStatus.ERROR_END_OF_MEDIA) return;
    else if (status !== TapeStatus.NO_ERROR) throw tapeError(status, drive.name, 'reading a block');
    else if (bytes === 0) throw tapeError(TapeStatus.ERROR_IO_DEVICE, drive.name, 'reading a block, of which nothing came');
  }
}

/** @param blockSize 0: blocks of any size, of which each item is one */
export function countItem(counts: RecordCounts, item: TapeItem, blockSize: number): void {
  if (item === 'filemark') counts.filemarks++;
  else if (item === 'setmark') counts.setmarks++;
  else {
    counts.blocks += blockSize === 0 ? 1 : item.length / blockSize;
    counts.bytes += item.length;
  }
}

/** A checksum of everything on a tape: blocks with their lengths, and marks. */
export class TapeDigest {
  readonly #hash: Hash = createHash('sha256');
  readonly #head = Buffer.alloc(5);

  add(item: TapeItem, blockSize: number): void {
    if (typeof item === 'string') this.#put(item === 'filemark' ? 1 : 2, 0, item);
    else {
      const size = blockSize || item.length;
      for (let at = 0; at < item.length; at += size) this.#put(0, size, item.subarray(at, at + size));
    }
  }

  #put(kind: number, length: number, data: Uint8Array | string): void {
    this.#head[0] = kind;
    this.#head.writeUInt32LE(length, 1);
    this.#hash.update(this.#head).update(data);
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}
