import type { Content } from './content.js';

const SECTOR = 512;
/** Bytes of the count behind the ciphertext. */
const TAIL = 2;

/** Ciphertext comes in whole sectors. */
export const inSectors = (size: number): number => Math.ceil(size / SECTOR) * SECTOR;

/**
 * The ciphertext of a stream as FileEntry.efsMetadata says: whole sectors, then how many bytes fill the last one, as 16 bits. An empty
 * stream is empty.
 */
export class EncryptedContent implements Content {
  readonly size: number;
  readonly #tail: Uint8Array;

  /** @param sectors the stored sectors, of a stream of `plainSize` bytes */
  constructor(
    private readonly sectors: Content,
    plainSize: number,
  ) {
    this.size = plainSize === 0 ? 0 : sectors.size + TAIL;
    const fill = sectors.size - plainSize;
    this.#tail = Uint8Array.of(fill & 0xff, fill >> 8);
  }

  readAt(position: number, buffer: Uint8Array): number {
    const { size } = this.sectors;
    if (position < size) return this.sectors.readAt(position, buffer);
    const tail = this.#tail.subarray(position - size, position - size + buffer.length);
    buffer.set(tail);
    return tail.length;
  }
}
