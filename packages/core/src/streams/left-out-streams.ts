import { FormatError } from '../errors/index.js';
import type { FileProblem } from '../volume/volume.js';
import type { BackupStreamHeader } from './backup-stream.js';
import { Win32StreamId } from './stream-id.layout.js';
import { streamIdName } from './stream-name.js';

/** Streams told one by one; a hostile sequence may have millions. */
const LIST_LIMIT = 1000;

/** Why a stream of a sequence was not applied to the file. */
const REASONS = {
  security: 'security was not asked for',
  unknown: 'nobody knows what this id means',
  'not-kept': 'it says nothing about the file that can be kept',
  unnamed: 'an alternate stream without a name has no place',
  link: 'the file has content of its own, and its other names are files of their own',
  skipped: 'a part of it was skipped',
} as const;

export type LeftOutReason = keyof typeof REASONS;

/** A stream of a sequence that was not applied to the file. */
export interface LeftOutStream {
  readonly header: BackupStreamHeader;
  /** Where in the sequence its header begins. */
  readonly offset: number;
  readonly reason: LeftOutReason;
}

/** Gathers the streams that were left out, in memory that does not grow with their number. */
export class LeftOutStreams {
  readonly #list: LeftOutStream[] = [];
  #more = 0;

  get list(): readonly LeftOutStream[] {
    return this.#list;
  }

  add(stream: LeftOutStream): void {
    if (this.#list.length < LIST_LIMIT) this.#list.push(stream);
    else this.#more++;
  }

  /** What was left out against the user's will. */
  problems(path: string): FileProblem[] {
    const problems = this.#list.filter(({ reason }) => reason !== 'security').map((stream) => problemOf(path, stream));
    const last = this.#list.at(-1);
    if (this.#more > 0 && last) {
      const error = unsupported(last.offset, `${this.#more} more streams behind this one were left out`);
      problems.push({ path, error, effect: 'incomplete' });
    }
    return problems;
  }
}

function problemOf(path: string, { header, offset, reason }: LeftOutStream): FileProblem {
  const what = `the stream ${streamIdName(header.id)} of ${header.length} bytes was left out`;
  return { path, error: unsupported(offset, `${what}: ${REASONS[reason]}`), effect: 'incomplete' };
}

const unsupported = (offset: number, problem: string): FormatError =>
  new FormatError('FORMAT_UNSUPPORTED', problem, { struct: Win32StreamId.name, field: 'streamId', offset });
