import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EfsError, PlatformError, type Platform } from '@winback/core';
import { InputFile } from '../api/input-file.js';
import { OutputFile } from '../api/output-file.js';
import { RawFlag, type RawFile, type RawFileBackend } from '../api/raw-file.js';
import type { ReadBytes } from '../flow/byte-feed.js';
import { bindRawEncryption, type RawEncryptionCalls } from './ffi/advapi32.js';
import { ABORTED, guarded, type Guard } from './guarded.js';

/** Win32 errors (winerror.h) that the calls answer with. */
const ERRORS: Readonly<Record<number, readonly [name: string, words: string]>> = {
  2: ['ERROR_FILE_NOT_FOUND', 'no such file'],
  3: ['ERROR_PATH_NOT_FOUND', 'no such folder'],
  5: ['ERROR_ACCESS_DENIED', 'access denied'],
  13: ['ERROR_INVALID_DATA', 'invalid data'],
  32: ['ERROR_SHARING_VIOLATION', 'another program has it open'],
  50: ['ERROR_NOT_SUPPORTED', 'not supported there'],
  80: ['ERROR_FILE_EXISTS', 'already exists'],
  87: ['ERROR_INVALID_PARAMETER', 'invalid parameter'],
  112: ['ERROR_DISK_FULL', 'the disk is full'],
  120: ['ERROR_CALL_NOT_IMPLEMENTED', 'this system lacks the call'],
  995: ['ERROR_OPERATION_ABORTED', 'stopped'],
  6000: ['ERROR_ENCRYPTION_FAILED', 'it could not be encrypted'],
  6004: ['ERROR_NO_EFS', 'the encryption driver is not loaded'],
  6005: ['ERROR_WRONG_EFS', 'it is encrypted with another encryption driver'],
  6007: ['ERROR_FILE_NOT_ENCRYPTED', 'it is not encrypted'],
  6008: ['ERROR_NOT_EXPORT_FORMAT', 'the data is not in the raw format'],
};
const PIECE = 256 * 1024;

function failure(call: string, path: string, error: number): EfsError {
  const [name, words] = ERRORS[error] ?? [`error ${error}`, 'see winerror.h'];
  return new EfsError('EFS_IO', `${path}: ${call}: ${words} (${name})`, { path, call, name, error });
}

/** Encrypted files of Windows itself: advapi32's own raw encryption calls. */
export class WindowsBackend implements RawFileBackend {
  #calls: RawEncryptionCalls | undefined;

  /** @param dll that the calls are taken from; another than Windows' own for tests */
  constructor(
    private readonly platform: Platform,
    private readonly dll?: string,
  ) {}

  /** @throws PLATFORM_UNSUPPORTED, EFS_IO */
  open(path: string, flags: number): RawFile {
    const { os } = this.platform;
    if (os !== 'win32') throw new PlatformError(`the raw encryption calls of Windows are not there on ${os}`, { os });
    const calls = (this.#calls ??= bindRawEncryption(this.dll));
    const { error, context } = calls.open(path, flags);
    if (error !== 0) throw failure('OpenEncryptedFileRaw', path, error);
    const opened: Opened = { calls, context, path };
    return (flags & RawFlag.CREATE_FOR_IMPORT) === 0 ? new WindowsExport(opened) : new WindowsImport(opened);
  }
}

interface Opened {
  readonly calls: RawEncryptionCalls;
  readonly context: bigint;
  readonly path: string;
}

/** Runs a call of which an error is thrown. */
function checked(call: string, { path }: Opened, run: (guard: Guard) => number): void {
  const error = guarded(run);
  if (error !== 0) throw failure(call, path, error);
}

/** A private file for a raw form, which is ciphertext, on its way between Windows' callbacks and whoever cannot answer at once. */
class Spool {
  readonly #folder = mkdtempSync(join(tmpdir(), 'winback-efs-'));
  readonly path = join(this.#folder, 'raw');

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

class WindowsExport implements RawFile {
  #spool: Spool | undefined;
  #input: InputFile | undefined;
  readonly #buffer = new Uint8Array(PIECE);

  constructor(private readonly opened: Opened) {}

  exportTo(callback: (data: Uint8Array) => void): void {
    const { calls, context } = this.opened;
    checked('ReadEncryptedFileRaw', this.opened, (guard) =>
      calls.read((data) => {
        const done = guard(() => {
          callback(data);
          return true;
        });
        return done ? 0 : ABORTED;
      }, context),
    );
  }

  next(): Uint8Array | undefined {
    this.#input ??= this.#fill();
    const n = this.#input.read(this.#buffer);
    return n === 0 ? undefined : this.#buffer.subarray(0, n);
  }

  close(): void {
    this.#input?.close();
    this.#spool?.remove();
    this.opened.calls.close(this.opened.context);
  }

  #fill(): InputFile {
    const spool = (this.#spool = new Spool());
    const output = new OutputFile(spool.path);
    let at = 0;
    this.exportTo((data) => {
      output.write(data, at);
      at += data.length;
    });
    output.finish(at);
    return new InputFile(spool.path);
  }
}

class WindowsImport implements RawFile {
  constructor(private readonly opened: Opened) {}

  async import(read: ReadBytes): Promise<void> {
    // Whether the callback can answer at once only its first answer tells.
    const first = new Uint8Array(PIECE);
    const answer = read(first);
    const length = answer instanceof Promise ? await answer : answer;
    const begin = first.subarray(0, length);
    if (answer instanceof Promise) await this.#fromSpool(begin, read);
    else this.#import(startingWith(begin, read as (into: Uint8Array) => number));
  }

  close(): void {
    this.opened.calls.close(this.opened.context);
  }

  #import(read: (into: Uint8Array) => number): void {
    const { calls, context } = this.opened;
    checked('WriteEncryptedFileRaw', this.opened, (guard) =>
      calls.write((buffer) => {
        const length = guard(() => read(buffer));
        return length === undefined ? { error: ABORTED } : { length };
      }, context),
    );
  }

  async #fromSpool(begin: Uint8Array, read: ReadBytes): Promise<void> {
    const spool = new Spool();
    try {
      const output = new OutputFile(spool.path);
      const buffer = new Uint8Array(PIECE);
      let at = 0;
      try {
        for (let piece = begin; piece.length > 0; piece = buffer.subarray(0, await read(buffer))) {
          output.write(piece, at);
          at += piece.length;
        }
        output.finish(at);
      } catch (error) {
        output.abort();
        throw error;
      }
      const input = new InputFile(spool.path);
      try {
        this.#import((into) => input.read(into));
      } finally {
        input.close();
      }
    } finally {
      spool.remove();
    }
  }
}

function startingWith(begin: Uint8Array, read: (into: Uint8Array) => number): (into: Uint8Array) => number {
  let left = begin;
  return (into) => {
    if (left.length === 0) return begin.length === 0 ? 0 : read(into);
    const n = Math.min(into.length, left.length);
    into.set(left.subarray(0, n));
    left = left.subarray(n);
    return n;
  };
}
