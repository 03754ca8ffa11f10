import { resolve } from 'node:path';
import { FormatError, UsageError } from '@winback/core/errors';
import { mtfStreams, type InspectedDamage, type MtfStream } from '@winback/tape';
import { Exit, type ExitCode } from '../exit-codes.js';
import { JsonDocument } from '../json-document.js';
import { errorDocument, printError, shownError } from '../print-error.js';
import type { CommonOptions, Session } from '../session.js';
import { painterFor } from '../terminal/colours.js';
import { formatBytes, formatCount, plural } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import { PrivateFile, privateFolder } from './private-file.js';

interface Options extends CommonOptions {
  readonly output: string;
  readonly stream?: readonly string[];
  readonly set?: number;
}

/** Streams of nothing but padding; taken out only when they are named. */
const PADDING = new Set(['APAD', 'OTCP']);
const PIECE = 1 << 20;

interface Extracted {
  readonly kind: 'stream';
  /** Absent: nothing of the stream could be read. */
  readonly file?: string | undefined;
  readonly set: number;
  readonly block: { readonly type: string; readonly number: number; readonly offset: number };
  readonly id: string;
  readonly number: number;
  readonly offset: number;
  /** Bytes that the stream says it has, and that were written. */
  readonly length: number;
  readonly written: number;
  readonly checksum: 'right' | 'wrong' | 'none';
  readonly compressed: boolean;
  readonly damage?: { readonly code: string; readonly message: string };
}

/** Takes the streams out of a file in Microsoft Tape Format, each into a file of its own. */
export async function run({ io }: Session, options: Options, [file = '']: readonly string[]): Promise<ExitCode> {
  const document = new JsonDocument(io.stdout);
  const paint = painterFor(io.stdout, io);
  const ids = options.stream && new Set(options.stream.map((id) => id.toUpperCase()));
  const wanted = (item: MtfStream): boolean =>
    (options.set === undefined || item.set === options.set) && (ids ? ids.has(item.id.toUpperCase()) : !PADDING.has(item.id));
  const stopping = new AbortController();
  const stopListening = io.onInterrupt(() => {
    stopping.abort();
  });
  const totals = { streams: 0, bytes: 0, damage: 0 };
  const show = (item: Extracted | InspectedDamage): void => {
    if (item.kind === 'damage' || item.damage) totals.damage++;
    if (options.json) document.addItems([item]);
    else if (item.kind === 'damage') io.stderr.write(`byte ${String(item.offset)}: ${printable(item.message)} [${item.code}]\n`);
    else {
      if (!options.quiet) io.stdout.write(`${describe(item)}\n`);
      if (item.damage)
        io.stderr.write(`${printable(item.id)} at byte ${String(item.offset)}: ${printable(item.damage.message)} [${item.damage.code}]\n`);
    }
  };
  const { signal } = stopping;
  try {
    const folder = resolve(io.cwd, options.output);
    const buffer = new Uint8Array(PIECE);
    for (const item of mtfStreams(resolve(io.cwd, file))) {
      if (signal.aborted) break;
      if (item.kind === 'damage') show(item);
      else if (wanted(item)) {
        privateFolder(folder);
        const extracted = await extract(item, folder, buffer, signal);
        if (!extracted) break;
        totals.streams++;
        totals.bytes += extracted.written;
        show(extracted);
      }
    }
    if (totals.streams === 0 && totals.damage === 0 && !signal.aborted && (ids !== undefined || options.set !== undefined))
      throw new UsageError(`${file} holds no such stream`, { path: file }, { hint: `"winback tape inspect ${file}" lists what it holds` });
  } catch (error) {
    const shown = shownError(error);
    if (options.json) document.end({ ...totals, error: errorDocument(shown) });
    return printError(io, shown);
  } finally {
    stopListening();
  }
  const interrupted = signal.aborted;
  if (options.json) document.end({ ...totals, interrupted });
  else if (!options.quiet) {
    const damage = totals.damage === 0 ? 'no damage' : paint('red', plural(totals.damage, 'damaged place'));
    io.stdout.write(`${plural(totals.streams, 'stream')}, ${formatBytes(totals.bytes)}, ${damage}${interrupted ? ' so far' : ''}.\n`);
  }
  return interrupted ? Exit.INTERRUPTED : totals.damage > 0 ? Exit.DAMAGED : Exit.DONE;
}

/** Letters and digits only: ids are made of whatever characters their writers chose. */
const safe = (id: string): string => id.replace(/[^A-Za-z0-9]/g, '_');

const nameOf = ({ set, block, number, id }: MtfStream): string =>
  `${String(set)}-${String(block.number).padStart(5, '0')}-${safe(block.type)}-${String(number)}-${safe(id)}.bin`;

/** Writes one stream; undefined when the user stopped it. */
async function extract(item: MtfStream, folder: string, buffer: Uint8Array, signal: AbortSignal): Promise<Extracted | undefined> {
  const { set, block, id, number, offset, length, compressed } = item;
  const out = new PrivateFile(folder, nameOf(item));
  const facts = { kind: 'stream', set, block, id, number, offset, length, compressed } as const;
  let written = 0;
  try {
    for (let n = item.readInto(buffer); n > 0; n = item.readInto(buffer)) {
      out.write(buffer.subarray(0, n));
      written += n;
      await new Promise(setImmediate); // lets Ctrl-C be noticed
      if (signal.aborted) {
        out.abort();
        return undefined;
      }
    }
    return { ...facts, file: out.finish(), written, checksum: item.checksummed ? 'right' : 'none' };
  } catch (error) {
    if (!(error instanceof FormatError)) {
      out.abort();
      throw error;
    }
    const { code, message } = error;
    const checksum = code === 'FORMAT_CHECKSUM' && written === length ? 'wrong' : 'none';
    return { ...facts, file: out.finishDamaged(written), written, checksum, damage: { code, message } };
  }
}

const describe = ({ file, id, written, checksum, compressed, damage }: Extracted): string =>
  [
    file ?? '-',
    printable(id),
    `${formatCount(written)} bytes`,
    ...(compressed ? ['decompressed'] : []),
    ...(checksum === 'none' ? [] : [`checksum ${checksum}`]),
    ...(damage ? ['DAMAGED'] : []),
  ].join('  ');
