import { isSecurityStream, streamAttributeNames, streamIdName, type BackupStreamHeader } from '@winback/core';
import { Exit, type ExitCode } from '../exit-codes.js';
import type { Io } from '../io.js';
import type { CommonOptions } from '../session.js';
import { formatCount } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import type { VolumeFile } from './volume-file.js';
import { FileReport } from './volume-report.js';

/** Streams gathered before they are written: a sparse file may have a million. */
const BATCH = 500;
const [STREAM_WIDTH, ATTRIBUTES_WIDTH, BYTES_WIDTH] = [20, 17, 16];

interface Options extends CommonOptions {
  readonly security: boolean;
}

/** Lists the streams of a file without reading what is in them. */
export async function listStreams(io: Io, options: Options, file: VolumeFile, signal: AbortSignal): Promise<ExitCode> {
  const report = new FileReport(io, options, file.path);
  report.list([], rowOf('STREAM', 'ATTRIBUTES', 'BYTES', 'NAME'));
  let [streams, bytes] = [0, 0];
  let batch: BackupStreamHeader[] = [];
  const flush = (): void => {
    report.list(batch.map(streamDocument), batch.map(describeStream).join(''));
    batch = [];
  };
  const { streams: source, problems } = file.opened;
  try {
    for (let header = source.next(); header; header = source.next()) {
      if (!options.security && isSecurityStream(header)) continue;
      streams++;
      bytes += header.length;
      if (batch.push(header) < BATCH) continue;
      flush();
      await new Promise(setImmediate); // lets Ctrl-C and a closed pipe be noticed
      if (io.stdout.closed) return Exit.DONE;
      if (signal.aborted) break;
    }
    flush();
  } catch (error) {
    flush();
    return report.fail(error);
  }
  problems.forEach((problem) => report.add(problem));
  const code = report.finish({ path: file.path, streams, bytes, interrupted: signal.aborted });
  return signal.aborted ? Exit.INTERRUPTED : code;
}

/** A stream for programs. `bytes` are those of its data; the offset of a sparse block is not among them. */
const streamDocument = ({ id, attributes, length, name, offset, foreign }: BackupStreamHeader): object => ({
  stream: foreign ? `${foreign.format}:${foreign.id}` : streamIdName(id),
  id,
  attributes: streamAttributeNames(attributes),
  bytes: length,
  ...(name === undefined ? {} : { name }),
  ...(offset === undefined ? {} : { offset }),
});

function describeStream({ id, attributes, length, name = '', offset, foreign }: BackupStreamHeader): string {
  const stream = foreign ? `${foreign.format}:${foreign.id}` : streamIdName(id);
  const where = offset === undefined ? name : `at ${formatCount(offset)}`;
  return rowOf(printable(stream), streamAttributeNames(attributes).join('+'), formatCount(length), printable(where));
}

const rowOf = (stream: string, attributes: string, bytes: string, name: string): string =>
  `${[stream.padEnd(STREAM_WIDTH), attributes.padEnd(ATTRIBUTES_WIDTH), bytes.padStart(BYTES_WIDTH), name].join('  ').trimEnd()}\n`;
