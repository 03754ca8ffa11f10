import { closeSync, createReadStream, openSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { describeNodeError, InterruptedError, nodeErrno, SourceError, TargetError, UsageError } from '@winback/core/errors';
import { textToBytes } from '@winback/core/text';
import type { Io } from '../io.js';

/** Read and written at once. */
export const PIECE_SIZE = 256 * 1024;

/** Where a command's bytes go. */
export interface ByteSink {
  /** The reader has gone: there is no use in going on. */
  readonly closed: boolean;
  write(bytes: Uint8Array): Promise<void> | void;
  /** @throws TARGET_IO */
  finish(): void;
  /** What was written is incomplete: a file that was made for it goes. */
  abort(): void;
}

const bytesOf = (path: string): Buffer => Buffer.from(textToBytes(path));

/** Bytes for whoever reads stdout. */
export const standardOutput = ({ stdout }: Io): ByteSink => ({
  get closed() {
    return stdout.closed;
  },
  write: (bytes) => stdout.writeBytes(bytes),
  finish: () => undefined,
  abort: () => undefined,
});

/** A new file; devices and FIFOs are written to, other files are left alone. @throws USAGE, TARGET_IO */
export function newFile(path: string): ByteSink {
  const failed = (doing: string, error: unknown): unknown =>
    nodeErrno(error) === undefined
      ? error
      : new TargetError('TARGET_IO', `${path}: ${doing} failed: ${describeNodeError(error)}`, { path }, { cause: error });
  const attempt = <T>(doing: string, action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw failed(doing, error);
    }
  };
  const open = (flags: string): number => openSync(bytesOf(path), flags, 0o666);
  let made = true;
  const fd = attempt('making the file', () => {
    try {
      return open('wx');
    } catch (error) {
      if (nodeErrno(error) !== 'EEXIST') throw error;
      made = false;
      if (statSync(bytesOf(path)).isFile()) {
        throw new UsageError(`${path} is there already`, { path }, { hint: 'name a file that does not exist yet' });
      }
      return open('w');
    }
  });
  let isOpen = true;
  return {
    closed: false,
    write(bytes) {
      for (let at = 0; at < bytes.length;) at += attempt('writing', () => writeSync(fd, bytes, at));
    },
    finish() {
      isOpen = false;
      attempt('closing the file', () => closeSync(fd));
    },
    abort() {
      if (isOpen) closeSync(fd);
      if (made) unlinkSync(bytesOf(path));
    },
  };
}

/** All bytes of a file. @throws SOURCE_NOT_FOUND, SOURCE_UNREADABLE */
export async function* fileBytes(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(bytesOf(path), { highWaterMark: PIECE_SIZE, signal }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const errno = nodeErrno(error);
    if (errno === undefined) throw error;
    const code = errno === 'ENOENT' || errno === 'ENOTDIR' ? 'SOURCE_NOT_FOUND' : 'SOURCE_UNREADABLE';
    throw new SourceError(code, `${path}: ${describeNodeError(error)}`, { path, errno }, { cause: error });
  }
}

/** Refuses to take bytes from a person's terminal, or to give them to one. @throws USAGE */
export function refuseTerminal({ isTTY }: { readonly isTTY: boolean }, name: string, hint: string): void {
  if (isTTY) throw new UsageError(`backup streams are bytes, not text, and ${name} is a terminal`, {}, { hint });
}

/** Runs until Ctrl-C; then the signal is aborted, and whatever error that leads to says that the user stopped it. @throws INTERRUPTED */
export async function untilInterrupted<T>(io: Io, action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  const stopListening = io.onInterrupt(() => {
    stopping.abort();
  });
  try {
    return await action(stopping.signal);
  } catch (error) {
    throw stopping.signal.aborted ? new InterruptedError('stopped by the user', {}, { cause: error }) : error;
  } finally {
    stopListening();
  }
}
