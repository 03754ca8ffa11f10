import { closeSync, openSync, readSync } from 'node:fs';
import { describeNodeError, nodeErrno, SourceError, textToBytes } from '@winback/core';

/** A file that is read from its beginning to its end. */
export class InputFile {
  readonly #fd: number;

  /** @throws SOURCE_NOT_FOUND, SOURCE_UNREADABLE */
  constructor(
    private readonly path: string,
    /** Where reading begins; absent for what has no places, such as a FIFO. */
    private at?: number,
  ) {
    this.#fd = this.#attempt(() => openSync(Buffer.from(textToBytes(path)), 'r'));
  }

  /** @throws SOURCE_UNREADABLE */
  read(into: Uint8Array): number {
    const n = this.#attempt(() => readSync(this.#fd, into, 0, into.length, this.at ?? null));
    if (this.at !== undefined) this.at += n;
    return n;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      const errno = nodeErrno(error);
      if (errno === undefined) throw error;
      const { path } = this;
      const code = errno === 'ENOENT' || errno === 'ENOTDIR' ? 'SOURCE_NOT_FOUND' : 'SOURCE_UNREADABLE';
      throw new SourceError(code, `${path}: ${describeNodeError(error)}`, { path, errno }, { cause: error });
    }
  }
}
