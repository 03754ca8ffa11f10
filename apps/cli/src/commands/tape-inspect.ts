import { resolve } from 'node:path';
import { inspectCartridge, inspectMtf, readCartridge, type InspectedItem, type InspectedStream, type TapeDrive } from '@winback/tape';
import { Exit, type ExitCode } from '../exit-codes.js';
import { JsonDocument } from '../json-document.js';
import { errorDocument, printError, shownError } from '../print-error.js';
import type { CommonOptions, Session } from '../session.js';
import { painterFor, type Painter } from '../terminal/colours.js';
import { formatCount, plural } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import { fixedBlockSize } from './tape-contents.js';
import { openDrive } from './tape-open.js';

/** Items gathered before they are written. */
const BATCH = 500;

/** Addresses that can be no file in Microsoft Tape Format. */
const OF_DRIVES = /^(?:tape|image|iscsi):|^[\\/]{2}[.?][\\/]|^\/dev\/(?:n?st\d|tape\/)|\.(?:wbtape|tap)$/i;

/** Lists every block and stream of a file in Microsoft Tape Format, or of the cartridge in a drive. */
export async function run({ io }: Session, options: CommonOptions, [file = '']: readonly string[]): Promise<ExitCode> {
  const document = new JsonDocument(io.stdout);
  const paint = painterFor(io.stdout, io);
  const counts = { block: 0, stream: 0, entry: 0, damage: 0 };
  let batch: InspectedItem[] = [];
  const flush = (): void => {
    if (options.json) document.addItems(batch);
    else if (!options.quiet) io.stdout.write(batch.map((item) => `${describe(item, paint)}\n`).join(''));
    batch = [];
  };
  const stopping = new AbortController();
  const stopListening = io.onInterrupt(() => {
    stopping.abort();
  });
  let drive: TapeDrive | undefined;
  let blockSize = 0;
  try {
    drive = OF_DRIVES.test(file) ? await openDrive(io, options, file, { mode: 'read' }) : undefined;
    blockSize = drive?.getMediaParameters().blockSize ?? 0;
    for (const item of drive ? itemsOn(drive) : inspectMtf(resolve(io.cwd, file))) {
      counts[item.kind]++;
      if (batch.push(item) < BATCH) continue;
      flush();
      await new Promise(setImmediate); // lets Ctrl-C and a closed pipe be noticed
      if (io.stdout.closed) return Exit.DONE;
      if (stopping.signal.aborted) break;
    }
    flush();
  } catch (error) {
    flush();
    const shown = shownError(error);
    if (options.json) document.end({ error: errorDocument(shown) });
    return printError(io, shown);
  } finally {
    stopListening();
    if (drive) closeAs(drive, blockSize);
  }
  const interrupted = stopping.signal.aborted;
  if (options.json)
    document.end({ blocks: counts.block, streams: counts.stream, entries: counts.entry, damage: counts.damage, interrupted });
  else if (!options.quiet) {
    const damage = counts.damage === 0 ? 'no damage' : paint('red', plural(counts.damage, 'damaged place'));
    io.stdout.write(`${plural(counts.block, 'block')}, ${plural(counts.stream, 'stream')}, ${damage}${interrupted ? ' so far' : ''}.\n`);
  }
  return interrupted ? Exit.INTERRUPTED : counts.damage > 0 ? Exit.DAMAGED : Exit.DONE;
}

/** Of a blank cartridge none. */
function itemsOn(drive: TapeDrive): Iterable<InspectedItem> {
  const cartridge = readCartridge(drive, fixedBlockSize(drive));
  return cartridge ? inspectCartridge(cartridge) : [];
}

/** Closes a drive with the block size that it had. */
function closeAs(drive: TapeDrive, blockSize: number): void {
  try {
    if (drive.getMediaParameters().blockSize !== blockSize) drive.setMediaParameters({ blockSize });
  } finally {
    drive[Symbol.dispose]();
  }
}

const at = (offset: number): string => offset.toString(16).padStart(10, '0');

const compressionText = ({ algorithm, stored, plain }: NonNullable<InspectedStream['compression']>): string =>
  `${algorithm} of ${formatCount(plain)} bytes${plain === 0 ? '' : `, ${String(Math.round((stored / plain) * 100))}%`}`;

function describe(item: InspectedItem, paint: Painter): string {
  if (item.kind === 'damage') return `${at(item.offset)}  ${paint('red', 'DAMAGE')}  ${printable(item.message)} [${item.code}]`;
  if (item.kind === 'stream') {
    const words = [
      ...item.fileSystemAttributes,
      ...item.mediaAttributes,
      ...(item.compression ? [compressionText(item.compression)] : []),
      ...(item.checksum === 'none' ? [] : [`checksum ${item.checksum}`]),
    ];
    return `${at(item.offset)}    ${printable(item.id)}  ${formatCount(item.length)} bytes  ${words.map(printable).join(' ')}`.trimEnd();
  }
  const fields = Object.entries(item.fields)
    .filter(([, value]) => value !== '' && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name}=${printable(Array.isArray(value) ? value.join('+') : String(value))}`);
  if (item.kind === 'entry') return `${at(item.offset)}      ${item.catalog} ${printable(item.type)}  ${fields.join(' ')}`.trimEnd();
  return `${at(item.offset)}  ${paint('bold', printable(item.type))}  ${[...item.attributes.map(printable), ...fields].join(' ')}`.trimEnd();
}
