import { TargetError, type Random } from '@winback/core';
import { PIECE_SIZE } from '@winback/core/io';
import { TapePositionMethod, type TapeDrive } from '../../api/index.js';
import { writeBlock } from '../../io/write-block.js';
import { peekBlock } from '../block-head.js';
import { bytesAt, earlierMap } from '../catalog/earlier-map.js';
import type { SetMap } from '../catalog/set-map.js';
import { BlockType, CatalogType, FLB_SIZE } from '../constants.js';
import type { FileWindow } from '../file-window.js';
import { TapeBlock } from '../layout/index.js';
import { readSetHead } from '../set-head.js';
import type { SetPlace } from '../set-place.js';
import { newFamily } from '../tape-writer.js';
import { isVersion, listSets } from '../version-list.js';
import { setsOf, type Cartridge } from './cartridge.js';
import { SECTION } from './section-blocks.js';
import { tapeBlocks } from './tape-blocks.js';
import { headerOf, tapeBlock } from './tape-medium.js';
import { writeFilemarks } from './write-tape.js';

/** Where a set is written. */
export interface AppendPlace {
  readonly blockSize: number;
  readonly block: number;
  /** Of the set, from 1. */
  readonly number: number;
  readonly lastEset: number | undefined;
  readonly mediaFamilyId: number;
  readonly mediaSequence: number;
  readonly catalogType: number;
  readonly detailAllowed: boolean;
  /** The map of the sets before. */
  readonly earlier: SetMap | undefined;
  /** The TAPE block, up to its first stream. */
  readonly tape: Buffer | undefined;
}

/** Where the next set begins. @throws TARGET_FULL, TARGET_FOREIGN */
export function appendPlace(uri: string, cartridge: Cartridge): AppendPlace {
  const { medium, blocks, marks } = cartridge;
  const { blockSize } = blocks;
  if (medium.flb !== FLB_SIZE || PIECE_SIZE % blockSize !== 0) {
    throw new TargetError(
      'TARGET_FOREIGN',
      `${uri} cannot be appended to: it has physical blocks of ${String(blockSize)} bytes and logical ones of ${String(medium.flb)}`,
      { path: uri, blockSize, flbSize: medium.flb },
      { hint: 'use another cartridge; this one can still be read' },
    );
  }
  if (medium.damage) {
    throw new TargetError(
      'TARGET_DAMAGED',
      `${uri} cannot be appended to: ${medium.damage.message}`,
      { path: uri },
      { hint: 'use another cartridge; what is whole on this one can still be read' },
    );
  }
  const { sets, goesOn } = setsOf(cartridge);
  if (goesOn) {
    throw new TargetError(
      'TARGET_FULL',
      `${uri}: cartridge ${String(medium.mediaSequence)} is full; its last set goes on on cartridge ${String(medium.mediaSequence + 1)}`,
      { path: uri, mediaSequence: medium.mediaSequence },
      { hint: 'put in the last cartridge of the family, or a blank one' },
    );
  }
  const { window } = cartridge;
  const committed = listSets(window, medium, { sets, damage: [] }).sets.filter((set) => isVersion(set));
  const last = committed.at(-1)?.place;
  const at = last?.committedEnd ?? (marks[0] ?? 0) + blockSize;
  const { catalogType } = medium;
  const earlier =
    catalogType === CatalogType.ONE || catalogType === CatalogType.TWO ? earlierMap(window, medium, committed, catalogType) : undefined;
  const known = Math.max(last ? readSetHead(window, last).setNumber : 0, earlier?.sets.at(-1)?.setNumber ?? 0, committed.length);
  const { mediaFamilyId, mediaSequence, detailAllowed } = medium;
  return {
    blockSize,
    block: at / blockSize,
    number: known + 1,
    lastEset: last && lastEset(window, last, blockSize),
    mediaFamilyId,
    mediaSequence,
    catalogType,
    detailAllowed,
    earlier,
    tape: bytesAt(window, 0, BlockType.TAPE, TapeBlock.size),
  };
}

/** What a blank cartridge begins with. */
interface NewCartridge {
  /** Seconds since 1970. */
  readonly time: number;
  readonly random: Random;
  readonly catalogType: 0 | 1 | 2;
}

/** Begins a blank cartridge. */
export function beginCartridge(drive: TapeDrive, blockSize: number, facts: NewCartridge): AppendPlace {
  const mediaFamilyId = newFamily(facts.random);
  drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
  const tape = tapeBlock(drive.name, blockSize, { ...facts, mediaFamilyId, mediaSequence: 1, continues: false });
  writeBlock(drive, tape);
  writeFilemarks(drive, 1);
  const { areAddresses } = tapeBlocks(drive, blockSize);
  return {
    blockSize,
    block: areAddresses ? 2 : SECTION,
    number: 1,
    lastEset: undefined,
    mediaFamilyId,
    mediaSequence: 1,
    catalogType: facts.catalogType,
    detailAllowed: true,
    earlier: undefined,
    tape: headerOf(tape),
  };
}

/** The block of the last ESET of a set: with a catalog there are two. */
function lastEset(window: FileWindow, { esetAt, committedEnd = 0 }: SetPlace, blockSize: number): number | undefined {
  const last = committedEnd - 2 * blockSize;
  if (esetAt !== undefined && last > esetAt && peekBlock(window, last)?.type === BlockType.ESET) return last / blockSize;
  return esetAt === undefined ? undefined : esetAt / blockSize;
}
