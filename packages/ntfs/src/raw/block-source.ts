import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { describeNodeError, nodeErrno, SourceError } from '@winback/core';

/** Bytes by position: a block device, an image of one, or a partition in either. */
export interface BlockSource extends Disposable {
  /** For messages. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Fills all of `buffer` with the bytes from `position`. @throws SOURCE_UNREADABLE; then nothing is said about the buffer */
  read(position: number, buffer: Uint8Array): void;
}

export interface FileSourceOptions {
  /** Where in the file or device the volume begins. */
  readonly offset?: number;
  /** Bytes of the volume, or of its partition; else all that follow. */
  readonly length?: number;
  /** The device reads whole blocks of this many bytes only, as devices of Windows do. A power of 2. */
  readonly alignment?: number;
}

/** The most that is read at once where whole blocks must be read. */
const BOUNCE = 65_536;

/** A file or block device, read with plain reads. */
export class FileSource implements BlockSource {
  readonly size: number;
  readonly #fd: number;
  readonly #offset: number;
  readonly #alignment: number;
  readonly #read: typeof readSync;
  #bounce: Uint8Array | undefined;

  /** @throws SOURCE_NOT_FOUND, SOURCE_UNREADABLE; RangeError for an offset that is no position */
  constructor(
    readonly name: string,
    { offset = 0, length = Infinity, alignment = 1 }: FileSourceOptions = {},
    read: typeof readSync = readSync,
  ) {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`offset: ${String(offset)} is no position`);
    this.#offset = offset;
    this.#alignment = alignment;
    this.#read = read;
    try {
      this.#fd = openSync(name, 'r');
    } catch (error) {
      const code = nodeErrno(error) === 'ENOENT' ? 'SOURCE_NOT_FOUND' : 'SOURCE_UNREADABLE';
      throw new SourceError(code, `${name} cannot be opened: ${describeNodeError(error)}`, { path: name }, { cause: error });
    }
    this.size = Math.min(length, Math.max(0, this.#sizeOfAll() - offset));
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  read(position: number, buffer: Uint8Array): void {
    if (position < 0 || position + buffer.length > this.size) {
      throw new SourceError('SOURCE_UNREADABLE', `${this.name}: byte ${position + buffer.length} lies behind its end at ${this.size}`, {
        path: this.name,
        offset: position,
      });
    }
    const start = this.#offset + position;
    if (this.#alignment > 1 && (start % this.#alignment !== 0 || buffer.length % this.#alignment !== 0)) {
      this.#readBlocks(start, buffer);
    } else this.#fill(start, buffer);
  }

  /** By way of whole blocks. */
  #readBlocks(start: number, buffer: Uint8Array): void {
    this.#bounce ??= new Uint8Array(Math.max(BOUNCE, this.#alignment));
    for (let done = 0; done < buffer.length;) {
      const skip = (start + done) % this.#alignment;
      const wanted = Math.min(this.#bounce.length - skip, buffer.length - done);
      const blocks = this.#bounce.subarray(0, Math.ceil((skip + wanted) / this.#alignment) * this.#alignment);
      this.#fill(start + done - skip, blocks);
      buffer.set(blocks.subarray(skip, skip + wanted), done);
      done += wanted;
    }
  }

  #fill(start: number, buffer: Uint8Array): void {
    for (let done = 0; done < buffer.length;) {
      const n = this.#some(start + done, buffer, done);
      if (n === 0) throw this.#failure(start + done, 'the device ends there');
      done += n;
    }
  }

  #some(start: number, buffer: Uint8Array, done: number): number {
    try {
      return this.#read(this.#fd, buffer, done, buffer.length - done, start);
    } catch (error) {
      throw this.#failure(start + done, describeNodeError(error), error);
    }
  }

  #failure(position: number, what: string, cause?: unknown): SourceError {
    const details = { path: this.name, offset: position };
    return new SourceError('SOURCE_UNREADABLE', `${this.name}: reading at byte ${position} failed: ${what}`, details, { cause });
  }

  /** A file says how long it is. A device does not, but reading behind its end gives nothing. */
  #sizeOfAll(): number {
    const { size } = fstatSync(this.#fd);
    if (size > 0) return size;
    const block = Math.max(512, this.#alignment);
    const probe = new Uint8Array(block);
    const has = (blocks: number): boolean => {
      try {
        return this.#read(this.#fd, probe, 0, block, blocks * block) > 0;
      } catch (error) {
        if (nodeErrno(error) === undefined) throw error;
        return false;
      }
    };
    let [low, high] = [0, 1];
    while (high < 2 ** 43 && has(high - 1)) [low, high] = [high, high * 2];
    while (low + 1 < high) {
      const middle = Math.floor((low + high) / 2);
      if (has(middle - 1)) low = middle;
      else high = middle;
    }
    return low * block;
  }
}
