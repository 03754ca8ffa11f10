import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { RawEncryption, RawEncryptionFailure } from '@winback/core';

const READ = 'ReadEncryptedFileRaw';
const WRITE = 'WriteEncryptedFileRaw';
const PIECE = 5000;

/** The raw encryption calls, played over plain files: the raw form of a file is what it holds. It says nothing about what Windows does. */
export class PlainEncryption implements RawEncryption {
  /** Win32 errors that calls answer with. */
  openError = 0;
  /** After so many bytes. */
  readError: { readonly after: number; readonly error: number } | undefined;
  writeError: { readonly after: number; readonly error: number } | undefined;
  readonly calls: string[] = [];
  /** Metadata of folders, by their names. */
  readonly folders = new Map<string, Uint8Array>();

  probe() {
    return { available: true } as const;
  }

  read(path: string, take: (piece: Uint8Array) => void): RawEncryptionFailure | undefined {
    this.calls.push(`read ${path}`);
    if (this.openError !== 0) return { call: 'OpenEncryptedFileRaw', error: this.openError };
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length; at += PIECE) {
      if (this.readError && at >= this.readError.after) return { call: READ, error: this.readError.error };
      take(bytes.subarray(at, at + PIECE));
    }
    return undefined;
  }

  write(path: string, give: (into: Uint8Array) => number): RawEncryptionFailure | undefined {
    this.calls.push(`write ${path}`);
    if (this.openError !== 0) return { call: 'OpenEncryptedFileRaw', error: this.openError };
    const file = openSync(path, 'r+');
    try {
      ftruncateSync(file, 0);
      const piece = new Uint8Array(PIECE);
      for (let at = 0, n = give(piece); n > 0; at += n, n = give(piece)) {
        if (this.writeError && at >= this.writeError.after) return { call: WRITE, error: this.writeError.error };
        writeSync(file, piece, 0, n);
      }
    } finally {
      closeSync(file);
    }
    return undefined;
  }

  readFolder(path: string): Uint8Array | RawEncryptionFailure {
    this.calls.push(`read folder ${path}`);
    return this.openError === 0 ? (this.folders.get(path.split('\\').at(-1)!) ?? new Uint8Array()) : { call: READ, error: this.openError };
  }

  writeFolder(path: string, metadata: Uint8Array): RawEncryptionFailure | undefined {
    this.calls.push(`write folder ${path}`);
    if (this.openError !== 0) return { call: WRITE, error: this.openError };
    this.folders.set(path.split('\\').at(-1)!, metadata.slice());
    return undefined;
  }
}
