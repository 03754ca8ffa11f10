import { FormatError, isWinbackError, type BackupVersion, type OpenSetOptions, type WinbackError } from '@winback/core';
import { peekBlock } from '../block-head.js';
import { BlockStreams } from '../block-streams.js';
import { BlockAttribute, BlockType, CatalogStreamId } from '../constants.js';
import { DetailFile } from '../catalog/detail-file.js';
import { DetailReader, type SetOnMedium } from '../catalog/detail-reader.js';
import type { MappedSet } from '../catalog/set-map.js';
import { FileWindow } from '../file-window.js';
import { readObject } from '../object-reader.js';
import { readSetHead, type SetHead } from '../set-head.js';
import { MtfSetReader } from '../set-reader.js';
import type { Cartridge } from './cartridge.js';
import { detailPlace, type MappedFamily } from './mapped-family.js';
import { countRepeated, SpannedSource } from './spanned-source.js';
import type { ChangeCartridge } from './tape-medium.js';

export interface DetailParts {
  readonly family: MappedFamily;
  readonly set: MappedSet;
  readonly version: BackupVersion;
  /** The cartridge of a number in the drive. */
  readonly cartridge: (mediaSequence: number) => Cartridge;
  readonly change: ChangeCartridge;
  readonly fixedBlockSize: number;
  /** Asks for the set's password. */
  readonly admit: (head: SetHead) => void;
  readonly walk: () => MtfSetReader;
  readonly options: OpenSetOptions;
}

/** Opens a set by its file and directory detail. Undefined where it has none; `error`: one that cannot be believed. */
export function openByDetail(parts: DetailParts): {
  readonly reader?: DetailReader | undefined;
  readonly error?: WinbackError | undefined;
} {
  const { family, set, version, options, walk } = parts;
  if (!set.detail) return {};
  let detail: DetailFile | undefined;
  try {
    const cartridge = parts.cartridge(set.detail.mediaSequence);
    detail = copyDetail(cartridge, family.type, set, set.detail.pba);
    if (!detail) return {};
    if (!detail.isProven) checkAgainst(detail, set, (sequence) => onMedium(parts, sequence));
    const zone = set.zone;
    const { flb } = cartridge.medium;
    const open = (sequence: number): SetOnMedium => onMedium(parts, sequence);
    return { reader: new DetailReader({ version, detail, stored: set.stored, flb, zone, open, walk, options }) };
  } catch (error) {
    detail?.[Symbol.dispose]();
    if (!isWinbackError(error) || !error.code.startsWith('FORMAT_')) throw error;
    return { error };
  }
}

/** @throws FORMAT_* */
function copyDetail(cartridge: Cartridge, type: 1 | 2, set: MappedSet, pba: number): DetailFile | undefined {
  const begin = detailPlace(cartridge, type, pba);
  if (!begin)
    throw new FormatError('FORMAT_MAGIC', 'no ESET stands where the set map has one', {
      struct: 'MTF_ESET',
      offset: pba * cartridge.blocks.blockSize,
    });
  const streams = new BlockStreams(cartridge.window, () => undefined);
  streams.begin(begin);
  const wanted: string = type === 1 ? CatalogStreamId.DETAIL_1 : CatalogStreamId.DETAIL_2;
  for (let raw = streams.nextRaw(); raw; raw = type === 1 ? undefined : streams.nextRaw()) {
    if (raw.id === wanted)
      return DetailFile.copy(type, { length: streams.left, readInto: (into) => streams.readInto(into) }, set.stored?.detail);
  }
  if (type === 2) return undefined;
  throw new FormatError('FORMAT_MAGIC', 'no file and directory detail begins here', {
    struct: 'TFDD',
    offset: pba * cartridge.blocks.blockSize,
  });
}

/**
 * Of another program's detail nobody kept a hash: it must have as many objects as the set map says, and the last one's number among the blocks
 * of the set must be theirs.
 * @throws FORMAT_STRUCTURE
 */
function checkAgainst({ summary }: DetailFile, set: MappedSet, open: (mediaSequence: number) => SetOnMedium): void {
  const { entries, files, directories, last } = summary;
  const wrong = (text: string): FormatError => new FormatError('FORMAT_STRUCTURE', `the catalog ${text}`, { struct: 'TFDD', offset: 0 });
  if (set.files !== undefined && (files !== set.files || directories !== set.directories))
    throw wrong(
      `has ${String(files)} files and ${String(directories)} folders, its set map ${String(set.files)} and ${String(set.directories)}`,
    );
  const { reader, window, origin } = open(last.mediaSequence);
  try {
    const head = peekBlock(window, origin + last.fla * reader.logicalBlock);
    const more = head?.type === last.type && head.fla === last.fla ? head.controlBlockId - entries : -1;
    if (more < 0 || more > (set.corrupt ?? 0)) throw wrong('does not have all objects of the set');
  } finally {
    reader.close();
  }
}

/** @throws FORMAT_STRUCTURE where another set stands, TARGET_FOREIGN for another cartridge */
function onMedium({ set, version, change, fixedBlockSize, admit, cartridge: get }: DetailParts, sequence: number): SetOnMedium {
  const index = set.parts.findIndex((part) => part.mediaSequence === sequence);
  const part = set.parts[index];
  if (!part)
    throw new FormatError('FORMAT_RANGE', `the set has nothing on cartridge ${String(sequence)}`, {
      struct: 'MTF_FDD_HDR',
      field: 'mediaSequence',
      offset: 0,
    });
  const cartridge = get(sequence);
  const { blocks, medium, window: small } = cartridge;
  const { flb } = medium;
  const at = part.pba * blocks.blockSize;
  const sset = peekBlock(small, at);
  const place = { number: set.setNumber, at, startRead: true, committedEnd: 0 };
  const head = readSetHead(small, place);
  if (sset?.type !== BlockType.SSET || sset.fla !== part.fla || head.setNumber !== set.setNumber || head.time !== set.time)
    throw new FormatError('FORMAT_STRUCTURE', `set ${String(set.setNumber)} does not begin here`, { struct: 'MTF_SSET', offset: at });
  admit(head);
  const origin = at - part.fla * flb;
  const isLast = index === set.parts.length - 1;
  const window = isLast ? small : new FileWindow(new SpannedSource(cartridge, origin, fixedBlockSize, change, at), small.bytes.length);
  const listed = { place: { ...place, at: origin }, head: { ...head, continuation: false }, stored: set.stored, version };
  return { window, reader: new MtfSetReader(window, flb, listed), origin, repeated: repeatedFolder(cartridge, at, head.zone) };
}

/** The folder in which a set goes on on a cartridge. */
function repeatedFolder({ window, medium }: Cartridge, at: number, zone: number): SetOnMedium['repeated'] {
  for (let i = 0; i < countRepeated(window, at, medium.flb); i++) {
    const head = peekBlock(window, at + i * medium.flb);
    if (head?.type !== BlockType.DIRB || (head.attributes & BlockAttribute.CONTINUATION) === 0) continue;
    const object = readObject(window, head, 'DIRB', zone);
    return object?.name === undefined ? undefined : { path: object.name, id: object.directoryId };
  }
  return undefined;
}
