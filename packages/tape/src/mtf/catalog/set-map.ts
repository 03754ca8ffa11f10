import { FormatError } from '@winback/core';
import { textOf } from '../block-head.js';
import { BlockAttribute, BlockType } from '../constants.js';
import { toNanoseconds, ZONE_UNKNOWN } from '../date-time.js';
import {
  BlockHeader,
  DetailHeader,
  DetailVolume,
  EndOfSetBlock,
  SetBlock,
  SetMapEntry,
  SetMapHeader,
  TapeBlock,
  VolumeBlock,
} from '../layout/index.js';
import type { VolumeHead } from '../set-head.js';
import { decodeCatalog, type StoredCatalog } from '../stored-catalog.js';
import { isWholeBlock, pointedTo, tailOf } from './entry-bytes.js';

/** A set, or a part of it, on one medium. */
export interface SetPart {
  readonly mediaSequence: number;
  /** Physical block of its SSET. */
  readonly pba: number;
  /** Format logical address of its SSET. */
  readonly fla: number;
}

/** A set as a set map tells of it. */
export interface MappedSet {
  readonly setNumber: number;
  /** By medium, the first one first. */
  readonly parts: readonly SetPart[];
  /** Where its file and directory detail is; type 2: where the ESET is that it hangs on. */
  readonly detail?: { readonly mediaSequence: number; readonly pba: number } | undefined;
  readonly name: string;
  readonly description: string;
  readonly user: string;
  readonly zone: number;
  readonly time: bigint;
  readonly volumes: readonly VolumeHead[];
  readonly directories?: number | undefined;
  readonly files?: number | undefined;
  readonly bytes?: number | undefined;
  readonly corrupt?: number | undefined;
  readonly stored?: StoredCatalog | undefined;
}

export interface SetMap {
  readonly type: 1 | 2;
  readonly mediaFamilyId: number;
  readonly sets: readonly MappedSet[];
  /** As they are, for the next map: entries, or blocks. */
  readonly bytes: Buffer;
  readonly entries: number;
  /** Type 2: the last medium that it names. */
  readonly lastMedia: number;
}

/** Maps beyond this are none: a family has at most 65535 sets. */
export const SET_MAP_LIMIT = 64 * 1024 * 1024;

type Mutable = { -readonly [K in keyof MappedSet]: MappedSet[K] } & { parts: SetPart[]; volumes: VolumeHead[] };

const problem = (type: 1 | 2, origin: number, at: number, text: string, actual?: unknown): FormatError =>
  new FormatError('FORMAT_STRUCTURE', text, { struct: type === 1 ? 'TSMP' : 'MAP2', offset: origin + at, actual });

/** @throws FORMAT_STRUCTURE, FORMAT_SHORT when it is not whole */
export function decodeSetMap(type: 1 | 2, bytes: Buffer, origin: number): SetMap {
  return type === 1 ? decodeEntries(bytes, origin) : decodeBlocks(bytes, origin);
}

function decodeEntries(bytes: Buffer, origin: number): SetMap {
  const { mediaFamilyId, entries } = SetMapHeader.decode(bytes, 0, origin);
  const sets: Mutable[] = [];
  let at = SetMapHeader.size;
  for (let i = 0; i < entries; i++) {
    const entry = take(bytes, at, SetMapEntry.size, origin);
    at += entry.length;
    const volumes: VolumeHead[] = [];
    const continued: boolean[] = [];
    const map = SetMapEntry.decode(entry);
    for (let v = 0; v < map.volumes; v++) {
      const volume = take(bytes, at, DetailVolume.size, origin);
      if (volume.toString('latin1', 2, 6) !== BlockType.VOLB) throw problem(1, origin, at, 'a volume was expected');
      at += volume.length;
      volumes.push(volumeOf(volume, volume[DetailHeader.offsetOf('stringType')] ?? 0, DetailVolume));
      continued.push((volume.readUInt32LE(DetailHeader.offsetOf('attributes')) & BlockAttribute.CONTINUATION) !== 0);
    }
    const text = (field: number): string => textOf(pointedTo(entry, field), map.stringType);
    const own = tailOf(entry);
    addPart(sets, (map.attributes & BlockAttribute.CONTINUATION) !== 0, {
      setNumber: map.setNumber,
      parts: [{ mediaSequence: map.mediaSequence, pba: map.setPba, fla: map.fla }],
      detail: map.detailPba > 0 ? { mediaSequence: map.detailMedia, pba: map.detailPba } : undefined,
      name: text(SetMapEntry.offsetOf('setName')),
      description: text(SetMapEntry.offsetOf('setDescription')),
      user: text(SetMapEntry.offsetOf('userName')),
      zone: map.timeZone,
      time: toNanoseconds(map.date, map.timeZone) ?? 0n,
      volumes: volumes.filter((_, v) => !continued[v]),
      directories: map.directories,
      files: map.files,
      bytes: map.displayableSize,
      corrupt: map.corrupt,
      stored: own ? storedIn(own, origin + at) : undefined,
    });
  }
  return { type: 1, mediaFamilyId, sets, bytes: bytes.subarray(SetMapHeader.size, at), entries, lastMedia: 0 };
}

/** The entry at a place, as long as it says. */
function take(bytes: Buffer, at: number, least: number, origin: number): Buffer {
  if (at + least > bytes.length) throw problem(1, origin, at, 'the map ends before its entries do');
  const length = bytes.readUInt16LE(at);
  if (length < least || at + length > bytes.length) throw problem(1, origin, at, `an entry cannot have ${String(length)} bytes`, length);
  return bytes.subarray(at, at + length);
}

function decodeBlocks(bytes: Buffer, origin: number): SetMap {
  const sets: Mutable[] = [];
  let mediaFamilyId = -1;
  let lastMedia = 0;
  let entries = 0;
  let at = 0;
  while (at < bytes.length) {
    if (!isWholeBlock(bytes, at)) {
      if (bytes.subarray(at).every((byte) => byte === 0)) break; // what pads it
      throw problem(2, origin, at, 'no whole block stands here');
    }
    const length = bytes.readUInt16LE(at + BlockHeader.offsetOf('offsetToFirstEvent'));
    const block = bytes.subarray(at, at + length);
    const head = BlockHeader.decode(block);
    const set = sets.at(-1);
    entries++;
    if (head.type === BlockType.TAPE && length >= TapeBlock.size) {
      const tape = TapeBlock.decode(block);
      if (mediaFamilyId < 0) ({ mediaFamilyId } = tape);
      lastMedia = tape.mediaSequence;
    } else if (head.type === BlockType.SSET && length >= SetBlock.size) {
      addPart(sets, (head.attributes & BlockAttribute.CONTINUATION) !== 0, setOf(block, head.mbc || lastMedia, head.fla, head.stringType));
    } else if (head.type === BlockType.VOLB && length >= VolumeBlock.size && set) {
      if ((head.attributes & BlockAttribute.CONTINUATION) === 0) set.volumes.push(volumeOf(block, head.stringType, VolumeBlock));
    } else if (head.type === BlockType.ESET && length >= EndOfSetBlock.size && set) {
      const { mbcField1, corruptObjects } = EndOfSetBlock.decode(block);
      set.corrupt = corruptObjects;
      if (mbcField1 > 0) set.detail = { mediaSequence: head.mbc || lastMedia, pba: mbcField1 };
      const own = tailOf(block);
      if (own) set.stored = storedIn(own, origin + at);
    } else throw problem(2, origin, at, `${head.type} does not belong here`, head.type);
    at += length;
  }
  return { type: 2, mediaFamilyId, sets, bytes: bytes.subarray(0, at), entries, lastMedia };
}

function setOf(block: Buffer, mediaSequence: number, fla: number, stringType: number): Mutable {
  const set = SetBlock.decode(block);
  const text = (field: number): string => textOf(pointedTo(block, field), stringType);
  return {
    setNumber: set.setNumber,
    parts: [{ mediaSequence, pba: set.pba, fla }],
    name: text(SetBlock.offsetOf('setName')),
    description: text(SetBlock.offsetOf('setDescription')),
    user: text(SetBlock.offsetOf('userName')),
    zone: set.timeZone,
    time: toNanoseconds(set.date, set.timeZone) ?? toNanoseconds(set.date, ZONE_UNKNOWN) ?? 0n,
    volumes: [],
  };
}

/** A set that goes on on another medium has an entry for each. */
function addPart(sets: Mutable[], continues: boolean, set: Mutable): void {
  const last = sets.at(-1);
  if (!continues || last?.setNumber !== set.setNumber) {
    sets.push(set);
    return;
  }
  last.parts.push(...set.parts);
  last.volumes.push(...set.volumes);
  last.detail = set.detail ?? last.detail;
  last.stored = set.stored ?? last.stored;
}

function volumeOf(bytes: Buffer, stringType: number, table: typeof DetailVolume | typeof VolumeBlock): VolumeHead {
  const text = (field: 'deviceName' | 'volumeName' | 'machineName'): string => textOf(pointedTo(bytes, table.offsetOf(field)), stringType);
  return { device: text('deviceName'), label: text('volumeName'), machine: text('machineName') };
}

/** @throws FORMAT_* */
function storedIn(tail: Buffer, origin: number): StoredCatalog {
  let end = tail.length;
  while (end > 0 && tail[end - 1] === 0) end--;
  return decodeCatalog(tail.subarray(0, end), origin);
}
