import { tapeError, TapeStatus } from '../../src/api/index.js';
import { MtfTapeTarget, type TapeTargetParts } from '../../src/mtf/tape/mtf-tape-target.js';
import type { ChangeCartridge } from '../../src/mtf/tape/tape-medium.js';
import { BufferedMemoryDrive } from './buffered-memory-drive.js';
import { blankCartridge, MemoryDrive, type MemoryCartridge } from './memory-drive.js';
import { addAll, catalog, clock, countingRandom, description, now, volume, type Kept } from './target.js';

const BLOCK = 65_536;

export interface LibraryOptions {
  readonly positions?: boolean | undefined;
  /** Blocks that wait in the drive's buffer before they are written; 0: it has none. */
  readonly depth?: number | undefined;
  readonly room?: number | undefined;
  /** Blocks that fit behind the warning. */
  readonly zone?: number | undefined;
  readonly compress?: boolean | undefined;
  readonly catalog?: TapeTargetParts['catalog'];
  /** Numbers of cartridges that nobody has. */
  readonly missing?: ReadonlySet<number>;
}

export interface Library {
  readonly cartridges: MemoryCartridge[];
  readonly drive: MemoryDrive;
  readonly requests: string[];
  readonly target: MtfTapeTarget;
}

/** A drive whose cartridges are changed by their numbers. */
export function libraryOf({
  positions = true,
  depth = 0,
  room = Infinity,
  zone,
  compress = false,
  catalog: type,
  missing = new Set(),
}: LibraryOptions = {}): Library {
  const cartridges: MemoryCartridge[] = [blankCartridge(room, zone)];
  const drive =
    depth === 0
      ? new MemoryDrive('memory', cartridges[0]!, positions)
      : new BufferedMemoryDrive('memory', cartridges[0]!, positions, depth);
  const requests: string[] = [];
  const change: ChangeCartridge = (given, { purpose, mediaSequence }) => {
    requests.push(`${purpose} ${String(mediaSequence)}`);
    if (missing.has(mediaSequence)) throw tapeError(TapeStatus.ERROR_END_OF_MEDIA, 'memory', `cartridge ${String(mediaSequence)}`);
    drive.load((cartridges[mediaSequence - 1] ??= blankCartridge(room, zone)));
    return given;
  };
  const target = new MtfTapeTarget('tape:memory', drive, { clock, random: countingRandom, change, compress, catalog: type });
  return { cartridges, drive, requests, target };
}

export function writeTo(target: MtfTapeTarget, files: readonly Kept[], started?: string, problems: readonly string[] = []): void {
  const writer = target.createSet(description);
  writer.beginVolume(volume);
  addAll(writer, files);
  const listed = problems.map((path) => ({ path, code: 'SOURCE_IO', message: `${path} cannot be read`, effect: 'skipped' as const }));
  now(writer.commit(catalog(started, { problems: listed, problemCount: listed.length })));
}

/** First characters of its blocks, and bars for marks. */
export const layout = ({ items }: MemoryCartridge): string =>
  items.map((item) => (item === 'filemark' ? '|' : item.length === BLOCK ? Buffer.from(item.subarray(0, 1)).toString() : '?')).join('');

export const kindOf = ({ items }: MemoryCartridge, block: number): string => {
  const item = items[block];
  return item === undefined || item === 'filemark' ? String(item) : Buffer.from(item.subarray(0, 4)).toString('latin1');
};
