import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { describeNodeError, EfsError, nodeErrno, textToBytes } from '@winback/core';
import { AppendBuffer } from '@winback/core/io';

const bytesOf = (path: string): Buffer => Buffer.from(textToBytes(path));

/** What stands behind this place in a file is written by a thread, and directly: less is not worth one. */
const LONG_FROM = 32 << 20;

/**
 * A file being written, which only its owner can read. A new one is written where it will stand; one that takes another's place, beside it
 * until it is whole. What is not finished is removed.
 */
export class OutputFile {
  /** Its name until it is finished. */
  readonly writtenAs: string;
  #fd: number;
  #long: AppendBuffer | undefined;

  /** @throws EFS_IO, also when a file is there and may not be replaced */
  constructor(
    private readonly path: string,
    replace = false,
  ) {
    this.writtenAs = replace ? `${path}.${randomBytes(6).toString('hex')}.part` : path;
    this.#fd = this.#attempt('making the file', () => openSync(bytesOf(this.writtenAs), 'wx', 0o600));
  }

  /** @throws EFS_IO */
  write(bytes: Uint8Array, position: number): void {
    if (position >= LONG_FROM) this.#attempt(`writing at byte ${position}`, () => this.#writeLong(bytes, position));
    else
      for (let at = 0; at < bytes.length;)
        at += this.#attempt(`writing at byte ${position + at}`, () => writeSync(this.#fd, bytes, at, bytes.length - at, position + at));
  }

  #writeLong(bytes: Uint8Array, position: number): void {
    const long = (this.#long ??= new AppendBuffer(this.#fd));
    if (long.position !== position) {
      long.flush();
      long.moveTo(position);
    }
    long.put(bytes);
  }

  /** @param size what is missing up to there is a hole. @throws EFS_IO */
  finish(size: number): void {
    this.#attempt('writing', () => this.#long?.flush());
    this.#long?.close();
    this.#attempt(`setting the size to ${size}`, () => ftruncateSync(this.#fd, size));
    const replaces = this.writtenAs !== this.path;
    if (replaces) this.#attempt('writing to the disk', () => fsyncSync(this.#fd));
    const fd = this.#fd;
    this.#fd = -1;
    this.#attempt('closing the file', () => closeSync(fd));
    if (replaces) this.#attempt('putting it in place', () => renameSync(bytesOf(this.writtenAs), bytesOf(this.path)));
  }

  /** Takes away what was written. */
  abort(): void {
    this.#long?.close();
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
    unlinkSync(bytesOf(this.writtenAs));
  }

  #attempt<T>(doing: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      const errno = nodeErrno(error);
      if (errno === undefined) throw error;
      const { path } = this;
      if (errno === 'EEXIST')
        throw new EfsError('EFS_IO', `${path}: is there already`, { path }, { hint: 'Name a file that does not exist.' });
      throw new EfsError('EFS_IO', `${path}: ${doing} failed: ${describeNodeError(error)}`, { path, errno }, { cause: error });
    }
  }
}
