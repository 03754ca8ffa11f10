import { createHash } from 'node:crypto';
import { FormatError } from '@winback/core';
import { BlockType } from '../constants.js';
import type { StoredDetail } from '../stored-catalog.js';
import { detailEntries, type DetailEntry } from './detail-entries.js';
import { SpoolFile } from './spool-file.js';

/** Bytes of a detail as they stand on the medium, in order. */
export interface DetailStream {
  readonly length: number;
  readInto(buffer: Uint8Array): number;
}

const PIECE = 1 << 18;

/** The last object of a detail, and how many there are. */
export interface DetailSummary {
  readonly entries: number;
  readonly directories: number;
  readonly files: number;
  readonly last: { readonly type: string; readonly mediaSequence: number; readonly fla: number };
}

/**
 * A set's detail, copied from the medium to a private temporary file: it is read once from start to end, and the objects only then.
 * What it says is in itself whole: entries of one length each, by rising addresses, from a volume on.
 */
export class DetailFile {
  private constructor(
    private readonly type: 1 | 2,
    private readonly file: SpoolFile,
    readonly summary: DetailSummary,
    /** Its bytes are those that Winback wrote. */
    readonly isProven: boolean,
  ) {}

  /** @throws FORMAT_*, when it is not whole, or is not what was kept of it */
  static copy(type: 1 | 2, stream: DetailStream, stored: StoredDetail | undefined): DetailFile {
    const file = new SpoolFile();
    try {
      const buffer = new Uint8Array(PIECE);
      for (let n = stream.readInto(buffer); n > 0; n = stream.readInto(buffer)) file.append(buffer.subarray(0, n));
      const { length, summary } = summarize(type, file);
      if (stored) check(type, file, length, stored);
      return new DetailFile(type, file, summary, stored !== undefined);
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  entries(): Generator<DetailEntry, number, undefined> {
    return detailEntries(this.type, this.file);
  }

  get size(): number {
    return this.file.size;
  }

  [Symbol.dispose](): void {
    this.file[Symbol.dispose]();
  }
}

function summarize(type: 1 | 2, file: SpoolFile): { readonly length: number; readonly summary: DetailSummary } {
  const summary = { entries: 0, directories: 0, files: 0, last: { type: '', mediaSequence: 0, fla: 0 } };
  const entries = detailEntries(type, file);
  let next = entries.next();
  for (; next.done !== true; next = entries.next()) {
    const entry = next.value;
    const { last } = summary;
    if (summary.entries === 0 && entry.type !== BlockType.VOLB) throw wrong(type, 'a detail begins with a volume', entry.type);
    if (entry.fla <= last.fla || entry.mediaSequence < last.mediaSequence)
      throw wrong(type, 'objects are not listed in the order in which they stand', entry.fla);
    summary.entries++;
    if (entry.type === BlockType.DIRB) summary.directories++;
    else if (entry.type === BlockType.FILE) summary.files++;
    summary.last = { type: entry.type, mediaSequence: entry.mediaSequence, fla: entry.fla };
  }
  return { length: next.value, summary };
}

function check(type: 1 | 2, file: SpoolFile, length: number, stored: StoredDetail): void {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(PIECE);
  for (let at = 0; at < stored.length;) {
    const n = file.read(buffer.subarray(0, Math.min(buffer.length, stored.length - at)), at);
    if (n === 0) break;
    hash.update(buffer.subarray(0, n));
    at += n;
  }
  if (length !== stored.length || hash.digest('hex') !== stored.sha256) {
    const details = { struct: type === 1 ? 'TFDD' : 'FDD2', offset: 0, expected: stored.length, actual: length };
    throw new FormatError('FORMAT_CHECKSUM', 'the detail is not the one that was written with the set', details);
  }
}

const wrong = (type: 1 | 2, text: string, actual: unknown): FormatError =>
  new FormatError('FORMAT_STRUCTURE', text, { struct: type === 1 ? 'TFDD' : 'FDD2', offset: 0, actual });
