import { isWinbackError, nodeErrno, TargetError, describeNodeError } from '@winback/core';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BUFFER = 1 << 18;

/** A private temporary file that grows at its end. On systems that allow it, it has no name: nothing is left of it, however the process ends. */
export class SpoolFile {
  readonly path: string;
  readonly #fd: number;
  #named: boolean;
  #open = true;
  readonly #buffer = Buffer.alloc(BUFFER);
  #held = 0;
  #written = 0;

  /** @throws TARGET_IO */
  constructor(folder = tmpdir()) {
    this.path = join(folder, `winback-catalog-${randomUUID()}`);
    this.#fd = this.#do(() => openSync(this.path, 'wx+', 0o600));
    this.#named = !remove(this.path);
  }

  /** Bytes so far. */
  get size(): number {
    return this.#written + this.#held;
  }

  /** @throws TARGET_IO, TARGET_FULL */
  append(bytes: Uint8Array): void {
    if (this.#held + bytes.length > BUFFER) this.#flush();
    if (bytes.length > BUFFER) {
      this.#write(bytes, this.#written);
      this.#written += bytes.length;
      return;
    }
    this.#buffer.set(bytes, this.#held);
    this.#held += bytes.length;
  }

  /** Writes over bytes that are there. */
  patch(at: number, bytes: Uint8Array): void {
    if (at < this.#written && at + bytes.length > this.#written) this.#flush();
    if (at >= this.#written) this.#buffer.set(bytes, at - this.#written);
    else this.#write(bytes, at);
  }

  /** Reads as many bytes as there are, at most `into` has room for. */
  read(into: Uint8Array, at: number): number {
    if (this.#held > 0) this.#flush();
    const room = Math.min(into.length, this.#written - at);
    for (let done = 0; done < room;) {
      const n = this.#do(() => readSync(this.#fd, into, done, room - done, at + done));
      if (n === 0) return done;
      done += n;
    }
    return Math.max(0, room);
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
    if (this.#named) remove(this.path);
    this.#named = false;
  }

  #flush(): void {
    this.#write(this.#buffer.subarray(0, this.#held), this.#written);
    this.#written += this.#held;
    this.#held = 0;
  }

  #write(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length;) done += this.#do(() => writeSync(this.#fd, bytes, done, bytes.length - done, at + done));
  }

  #do<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (isWinbackError(error)) throw error;
      const errno = nodeErrno(error);
      const full = errno === 'ENOSPC' || errno === 'EDQUOT';
      throw new TargetError(
        'TARGET_IO',
        `the temporary file of the catalog ${this.path}: ${describeNodeError(error)}`,
        { path: this.path, errno },
        {
          cause: error,
          hint: full ? 'make room there, or let TMPDIR name another folder' : 'let TMPDIR name a folder that can be written to',
        },
      );
    }
  }
}

/** Whether the file has no name any more. */
function remove(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    return nodeErrno(error) === 'ENOENT';
  }
}
