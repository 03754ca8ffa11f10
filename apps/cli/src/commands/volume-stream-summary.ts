import {
  streamAttributeNames,
  streamIdName,
  StreamAttribute,
  StreamId,
  type BackupStreamHeader,
  type BackupStreamSource,
} from '@winback/core';

/** Ranges kept of a stream; a sparse file may have a million. */
const RANGE_LIMIT = 1000;

/** A stretch of a file that takes room on the disk. */
export interface AllocatedRange {
  readonly offset: number;
  readonly length: number;
}

/** A stream as a person counts them: with the sparse blocks that say what is in it. */
export interface StreamSummary {
  readonly stream: string;
  readonly id: number;
  readonly attributes: readonly string[];
  readonly name?: string | undefined;
  /** Bytes as a program reads them, holes among them. */
  readonly size: number;
  /** Bytes that are allocated, as far as the stream has holes. */
  readonly allocated?: number | undefined;
  readonly rangeCount?: number | undefined;
  /** The first thousand of them. */
  readonly ranges?: readonly AllocatedRange[] | undefined;
}

/** All streams of a file, from their headers alone. */
export function gatherStreams(source: BackupStreamSource): StreamSummary[] {
  const summaries: Growing[] = [];
  for (let header = source.next(); header; header = source.next()) {
    const last = summaries.at(-1);
    if (header.id === StreamId.SPARSE_BLOCK && last?.ranges) addRange(last, header);
    else summaries.push(summaryOf(header));
  }
  return summaries;
}

type Growing = { -readonly [K in keyof StreamSummary]: StreamSummary[K] } & { ranges?: AllocatedRange[] };

function summaryOf({ id, attributes, length, name, foreign }: BackupStreamHeader): Growing {
  const hasBlocks = length === 0 && (attributes & StreamAttribute.SPARSE) !== 0 && id !== StreamId.SPARSE_BLOCK;
  return {
    stream: foreign ? `${foreign.format}:${foreign.id}` : streamIdName(id),
    id,
    attributes: streamAttributeNames(attributes),
    ...(name === undefined ? {} : { name }),
    size: length,
    ...(hasBlocks ? { allocated: 0, rangeCount: 0, ranges: [] } : {}),
  };
}

function addRange(summary: Growing, { offset = 0, length }: BackupStreamHeader): void {
  summary.size = Math.max(summary.size, offset + length);
  if (length === 0) return; // it only says how long the file is
  summary.allocated = (summary.allocated ?? 0) + length;
  summary.rangeCount = (summary.rangeCount ?? 0) + 1;
  if (summary.ranges && summary.ranges.length < RANGE_LIMIT) summary.ranges.push({ offset, length });
}
