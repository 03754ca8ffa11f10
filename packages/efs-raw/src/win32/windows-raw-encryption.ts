import type { Platform, RawEncryption, RawEncryptionFailure } from '@winback/core';
import { RawFlag } from '../api/raw-file.js';
import { itemsOfRaw } from '../content/forms.js';
import { metadataStream, rawHeader } from '../raw/raw-writer.js';
import { bindRawEncryption, type RawEncryptionCalls } from './ffi/advapi32.js';
import { ABORTED, guarded } from './guarded.js';

/** More than any metadata: the first stream of a raw form. */
const FOLDER_LIMIT = 1 << 20;

/** advapi32's raw encryption calls, for volumes of Windows. */
export class WindowsRawEncryption implements RawEncryption {
  #calls: RawEncryptionCalls | undefined;

  constructor(
    private readonly platform: Platform,
    /** Binds the calls; other than Windows' own for tests. */
    private readonly bind: () => RawEncryptionCalls = bindRawEncryption,
  ) {}

  probe(): ReturnType<RawEncryption['probe']> {
    const { os } = this.platform;
    if (os !== 'win32') return { available: false, reason: 'needs Windows' };
    try {
      this.#calls ??= this.bind();
      return { available: true };
    } catch (error) {
      return { available: false, reason: `the calls cannot be bound: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  read(path: string, take: (piece: Uint8Array) => void): RawEncryptionFailure | undefined {
    return this.#opened(path, 0, ({ calls, context }) => {
      const error = guarded((guard) =>
        calls.read((piece) => {
          const taken = guard(() => {
            take(piece);
            return true;
          });
          return taken ? 0 : ABORTED;
        }, context),
      );
      return { call: 'ReadEncryptedFileRaw', error };
    });
  }

  write(path: string, give: (into: Uint8Array) => number): RawEncryptionFailure | undefined {
    return this.#import(path, RawFlag.CREATE_FOR_IMPORT, give);
  }

  readFolder(path: string): Uint8Array | RawEncryptionFailure {
    const parts: Uint8Array[] = [];
    let length = 0;
    const failure = this.read(path, (piece) => {
      if (length < FOLDER_LIMIT) parts.push(piece.slice());
      length += piece.length;
    });
    if (failure) return failure;
    const first = itemsOfRaw(reading(Buffer.concat(parts))).next();
    if (first instanceof Promise || first?.type !== 'metadata')
      throw new TypeError('a raw form that is in memory did not begin with metadata');
    return first.bytes;
  }

  writeFolder(path: string, metadata: Uint8Array): RawEncryptionFailure | undefined {
    const raw = Buffer.concat([rawHeader(), metadataStream(metadata)]);
    return this.#import(path, RawFlag.CREATE_FOR_IMPORT | RawFlag.CREATE_FOR_DIR, reading(raw));
  }

  #import(path: string, flags: number, give: (into: Uint8Array) => number): RawEncryptionFailure | undefined {
    return this.#opened(path, flags, ({ calls, context }) => {
      const error = guarded((guard) =>
        calls.write((into) => {
          const length = guard(() => give(into));
          return length === undefined ? { error: ABORTED } : { length };
        }, context),
      );
      return { call: 'WriteEncryptedFileRaw', error };
    });
  }

  #opened(
    path: string,
    flags: number,
    use: (opened: { readonly calls: RawEncryptionCalls; readonly context: bigint }) => RawEncryptionFailure,
  ): RawEncryptionFailure | undefined {
    const calls = (this.#calls ??= this.bind());
    const { error, context } = calls.open(path, flags);
    if (error !== 0) return { call: 'OpenEncryptedFileRaw', error };
    try {
      const done = use({ calls, context });
      return done.error === 0 ? undefined : done;
    } finally {
      calls.close(context);
    }
  }
}

function reading(bytes: Uint8Array): (into: Uint8Array) => number {
  let at = 0;
  return (into) => {
    const piece = bytes.subarray(at, at + into.length);
    into.set(piece);
    at += piece.length;
    return piece.length;
  };
}
