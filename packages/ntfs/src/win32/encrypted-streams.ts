import {
  describeNodeError,
  MemoryStreams,
  nodeErrno,
  rawEncryptedStream,
  SourceError,
  type BackupStreamHeader,
  type BackupStreamSource,
  type MemoryStream,
  type RawEncryption,
  type StreamFault,
} from '@winback/core';
import { shown, sourceError } from './problems.js';
import { RawSpool } from './raw-spool.js';
import { Win32Error } from './win32-error.js';

export interface EncryptedFile {
  readonly path: string;
  /** `\\?\…` */
  readonly nativePath: string;
  readonly facts: readonly MemoryStream[];
}

/**
 * The streams of an encrypted file: its facts, and then all that Windows' raw encryption calls give of it, as one. That is asked for when it
 * is this stream's turn; what cannot be had is left out, and told.
 */
export class EncryptedStreams implements BackupStreamSource {
  readonly #facts: MemoryStreams;
  readonly #faults: StreamFault[] = [];
  #state: 'facts' | 'raw' | 'done' = 'facts';
  #number = 0;
  #spool: RawSpool | undefined;
  #left = 0;

  constructor(
    private readonly encryption: RawEncryption,
    private readonly file: EncryptedFile,
    private readonly tell: (error: SourceError) => void,
  ) {
    this.#facts = new MemoryStreams(file.facts);
  }

  get faults(): readonly StreamFault[] {
    return this.#faults;
  }

  next(): BackupStreamHeader | undefined {
    if (this.#state === 'facts') {
      const fact = this.#facts.next();
      if (fact) {
        this.#number++;
        return fact;
      }
      const spool = this.#export();
      if (spool) {
        this.#state = 'raw';
        this.#number++;
        this.#left = spool.length;
        return rawEncryptedStream(spool.length);
      }
    }
    this.#state = 'done';
    return undefined;
  }

  readInto(buffer: Uint8Array): number {
    if (this.#state === 'facts') return this.#facts.readInto(buffer);
    if (this.#state === 'done' || this.#left === 0) return 0;
    const wanted = Math.min(buffer.length, this.#left);
    const n = this.#read(buffer.subarray(0, wanted));
    this.#left -= n;
    return n;
  }

  close(): void {
    this.#state = 'done';
    this.#spool?.close();
    this.#spool = undefined;
  }

  #export(): RawSpool | undefined {
    const { path, nativePath } = this.file;
    const spool = (this.#spool = new RawSpool());
    try {
      const failure = this.encryption.read(nativePath, (piece) => {
        spool.write(piece);
      });
      if (!failure) return spool;
      this.tell(sourceError(new Win32Error(failure.call, failure.error), 'reading what is encrypted of it', path));
    } catch (error) {
      if (nodeErrno(error) === undefined) throw error;
      const message = `${shown(path)}: its encrypted form could not be put into the folder for temporary files: ${describeNodeError(error)}`;
      const hint = 'Make room there, or name another folder with the variable TEMP.';
      this.tell(new SourceError('SOURCE_UNREADABLE', message, { path, name: nodeErrno(error) }, { hint, cause: error }));
    }
    this.close();
    return undefined;
  }

  /** Always gives as much as was asked for. */
  #read(into: Uint8Array): number {
    let at = 0;
    try {
      while (at < into.length) {
        const n = this.#spool?.read(into.subarray(at)) ?? 0;
        if (n === 0) break;
        at += n;
      }
      if (at === into.length) return at;
      this.#fault('it ends early');
    } catch (error) {
      if (nodeErrno(error) === undefined) throw error;
      this.#fault(describeNodeError(error));
    }
    into.fill(0, at);
    return into.length;
  }

  #fault(reason: string): void {
    if (this.#faults.length > 0) return;
    const offset = (this.#spool?.length ?? 0) - this.#left;
    const message = `reading its encrypted form back from the folder for temporary files failed: ${reason}`;
    this.#faults.push({ kind: 'unreadable', streamNumber: this.#number, offset, message });
  }
}
