import { FormatError } from '../errors/index.js';
import type { FileProblem, FileRecovery } from '../volume/volume.js';
import type { BackupContextOptions } from './backup-read.js';
import { isSecurityStream, isSparseStream } from './backup-sequence.js';
import type { BackupStreamHeader } from './backup-stream.js';
import { isContentStream, isFactStream } from './fact-collector.js';
import { LeftOutStreams, type LeftOutReason, type LeftOutStream } from './left-out-streams.js';
import { endsInData, StreamHeaderReader } from './stream-header-reader.js';
import { StreamId, Win32StreamId } from './stream-id.layout.js';

const ZEROS = new Uint8Array(64 * 1024);
/** A path in a LINK stream is not longer than 32,767 characters. */
const LINK_LIMIT = 0x1_0000;

/** What becomes of the current stream's data. */
type Fate = 'recovered' | 'link' | 'dropped';

/** What became of a file whose sequence was written to its end. */
export interface BackupWriteResult {
  readonly problems: readonly FileProblem[];
  readonly recoveredAs: string;
}

/**
 * BackupWrite: makes a file from the bytes of BackupRead's sequence, given in pieces of any size.
 * See https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-backupwrite
 *
 * Streams that cannot be applied are skipped, as MS-BKUP 2.1 permits, and listed in `leftOut`. After an error nothing of the file
 * stays, and every further call throws the same error.
 */
export class BackupWrite {
  readonly #header = new StreamHeaderReader();
  readonly #leftOut = new LeftOutStreams();
  #position = 0;
  #streams = 0;
  #hasData = false;
  /** Bytes of the current stream's data still to come. */
  #left = 0;
  #fate: Fate = 'dropped';
  /** The DATA or ALTERNATE_DATA that sparse blocks belong to, and what became of it. */
  #owner: { readonly header: BackupStreamHeader; readonly isRecovered: boolean } | undefined;
  /** The LINK of a file that may have nothing else. */
  #link: { readonly stream: LeftOutStream; readonly data: Uint8Array } | undefined;
  #state: 'open' | 'finished' | 'aborted' = 'open';
  #failure: unknown;

  constructor(
    private readonly recovery: FileRecovery,
    private readonly options: BackupContextOptions,
  ) {}

  /** The streams that were not applied, the first thousand of them. Those that the volume refused are in the result's problems instead. */
  get leftOut(): readonly LeftOutStream[] {
    return this.#leftOut.list;
  }

  /** Bytes of the sequence that were written or skipped. */
  get position(): number {
    return this.#position;
  }

  /**
   * Takes the next bytes of the sequence.
   * @throws FORMAT_RANGE, FORMAT_STRUCTURE when a header cannot be true or stands where it must not; RECOVERY_*
   */
  write(bytes: Uint8Array): void {
    this.#guard(() => {
      for (let at = 0; at < bytes.length;) {
        if (this.#left > 0) at += this.#takeData(bytes.subarray(at, at + this.#left));
        else at += this.#takeHeader(at === 0 ? bytes : bytes.subarray(at));
      }
    });
  }

  /**
   * BackupSeek: skips up to `bytes` of the current stream's data, and says how many, 0 in and between headers; the offset of a sparse
   * block counts as header here. What is skipped of content reads as zeros. A fact of which a part is missing is not applied.
   * See https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-backupseek
   */
  seek(bytes: number): number {
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw new RangeError(`bytes is ${bytes}, not a number of bytes to skip`);
    return this.#guard(() => {
      const skipped = Math.min(bytes, this.#left);
      if (skipped === 0) return 0;
      const header = this.#header.header!;
      if (this.#fate === 'recovered' && isContentStream(header)) {
        for (let left = skipped; left > 0; left -= Math.min(left, ZEROS.length)) this.recovery.write(ZEROS.subarray(0, left));
      } else if (this.#fate !== 'dropped') {
        this.#link = undefined;
        this.#fate = this.#leaveOut('skipped');
      }
      this.#advance(skipped);
      return skipped;
    });
  }

  /**
   * Ends the sequence: applies the facts and puts the file in place. The problems name the streams that were left out, too.
   * @throws FORMAT_SHORT when a header or a stream's data is not complete; RECOVERY_*
   */
  finish(): BackupWriteResult {
    return this.#guard(() => {
      if (this.#left > 0) throw endsInData(this.#header.header!, this.#left, this.#position);
      if (!this.#header.header && this.#header.isBegun) throw this.#header.short();
      this.#applyLink();
      const { problems, recoveredAs } = this.recovery.commit();
      this.#state = 'finished';
      return { problems: [...problems, ...this.#leftOut.problems(recoveredAs)], recoveredAs };
    });
  }

  /** bAbort before the end: nothing of the file stays. May be called at any time; after `finish` it does nothing. */
  abort(): void {
    if (this.#state !== 'open') return;
    this.#state = 'aborted';
    if (this.#failure === undefined) this.recovery.abort();
  }

  #takeHeader(bytes: Uint8Array): number {
    if (this.#header.header || !this.#header.isBegun) this.#header.begin(this.#position);
    const n = this.#header.take(bytes);
    this.#position += n;
    if (this.#header.header) this.#begin(this.#header.header);
    return n;
  }

  #takeData(data: Uint8Array): number {
    if (this.#fate === 'recovered') this.recovery.write(data);
    else if (this.#fate === 'link') this.#link?.data.set(data, this.#link.data.length - this.#left);
    this.#advance(data.length);
    return data.length;
  }

  #advance(bytes: number): void {
    this.#left -= bytes;
    this.#position += bytes;
  }

  #begin(header: BackupStreamHeader): void {
    this.#streams++;
    this.#left = header.length;
    this.#fate = this.#fateOf(header);
    const { id } = header;
    this.#hasData ||= id === StreamId.DATA;
    if (id === StreamId.DATA || id === StreamId.ALTERNATE_DATA) this.#owner = { header, isRecovered: this.#fate === 'recovered' };
    // A volume is not told whose a block is, and would take it for one of the file's own content.
    else if (isFactStream(header) && this.#owner?.header.id === StreamId.ALTERNATE_DATA) this.#owner = undefined;
  }

  #fateOf(header: BackupStreamHeader): Fate {
    const { id } = header;
    if (id === StreamId.LINK) return this.#beginLink(header);
    if (id === StreamId.SPARSE_BLOCK) return this.#beginBlock(header);
    if (isSecurityStream(header) && !this.options.processSecurity) return this.#leaveOut('security');
    if (id === StreamId.ALTERNATE_DATA && header.name === undefined) return this.#leaveOut('unnamed');
    if (id === StreamId.DATA && this.#hasData) throw this.#misplaced('a file has one stream without a name, and this is the second');
    if (isContentStream(header) || isFactStream(header)) return this.#offer(header);
    return this.#leaveOut(Object.values<number>(StreamId).includes(id) ? 'not-kept' : 'unknown');
  }

  /** Gives a stream to the volume, which names what it cannot hold itself. */
  #offer(header: BackupStreamHeader): Fate {
    return this.recovery.begin(header) === 'wanted' ? 'recovered' : 'dropped';
  }

  #beginBlock(header: BackupStreamHeader): Fate {
    if (!this.#owner || !isSparseStream(this.#owner.header)) {
      throw this.#misplaced('a sparse block belongs to the sparse stream before it, and there is none');
    }
    return this.#owner.isRecovered ? this.#offer(header) : 'dropped';
  }

  /** Windows lists the other names of a file among its streams. Only where nothing else is known is it a link to one of them. */
  #beginLink(header: BackupStreamHeader): Fate {
    if (this.#streams > 1 || header.length > LINK_LIMIT) return this.#leaveOut('link');
    this.#link = { stream: { header, offset: this.#header.position, reason: 'link' }, data: new Uint8Array(header.length) };
    return 'link';
  }

  #applyLink(): void {
    if (!this.#link) return;
    const { stream, data } = this.#link;
    if (this.#streams > 1) this.#leftOut.add(stream);
    else if (this.recovery.begin(stream.header) === 'wanted') this.recovery.write(data);
  }

  #leaveOut(reason: LeftOutReason): Fate {
    this.#leftOut.add({ header: this.#header.header!, offset: this.#header.position, reason });
    return 'dropped';
  }

  #misplaced(problem: string): FormatError {
    const { position, header } = this.#header;
    return new FormatError('FORMAT_STRUCTURE', problem, {
      struct: Win32StreamId.name,
      field: 'streamId',
      offset: position,
      actual: header?.id,
    });
  }

  #guard<T>(action: () => T): T {
    if (this.#failure !== undefined) throw this.#failure as Error;
    if (this.#state !== 'open') throw new TypeError('the context of this BackupWrite was ended');
    try {
      return action();
    } catch (error) {
      this.#failure = error;
      this.recovery.abort();
      throw error;
    }
  }
}
