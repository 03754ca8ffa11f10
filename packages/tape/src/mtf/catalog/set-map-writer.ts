import { BlockHeader, DetailHeader, EndOfSetBlock, SetBlock, SetMapEntry, SetMapHeader } from '../layout/index.js';
import { detailEntry, ENTRY_MAX, EntryBytes, pointedTo, sealBlock, wholeBlock } from './entry-bytes.js';
import { SET_MAP_LIMIT, type SetMap } from './set-map.js';

/** What is on one medium of a set. */
export interface WrittenPart {
  readonly mediaSequence: number;
  /** Physical block of its SSET; 0: not known. */
  readonly pba: number;
  /** Its SSET as it stands there. */
  readonly sset: Buffer;
  /** Its VOLB blocks, repeated ones among them. */
  readonly volumes: readonly Buffer[];
}

export interface WrittenSet {
  readonly parts: readonly WrittenPart[];
  readonly directories: number;
  readonly files: number;
  readonly corrupt: number;
  readonly bytes: number;
  /** Physical block and medium of the detail; type 2: of the ESET. */
  readonly detail: { readonly pba: number; readonly mediaSequence: number };
  /** Winback's catalog of the set, where it is small. */
  readonly stored: Uint8Array | undefined;
  /** Type 2: the TAPE blocks of the media from the one on that the map of before ends with. */
  readonly tapes: ReadonlyMap<number, Buffer>;
  /** Type 2: its end. */
  readonly eset: Buffer;
}

const ENTRIES_MAX = 0xffff;
/** Catalogs beyond this are read at the set's end: each map repeats those of all sets. */
export const STORED_IN_MAP = 4096;

/** The map of a family with one set more; undefined: it would be larger than a map can be. */
export function encodeSetMap(type: 1 | 2, mediaFamilyId: number, earlier: SetMap | undefined, set: WrittenSet): Buffer | undefined {
  const before = earlier?.bytes ?? Buffer.alloc(0);
  const own = type === 1 ? set.parts.map((part) => mapEntry(part, set)) : [blocksOf(set, earlier?.lastMedia ?? 0)];
  const entries = (earlier?.entries ?? 0) + own.length;
  if (type === 1 && entries > ENTRIES_MAX) return undefined;
  const header = type === 1 ? [Buffer.from(SetMapHeader.encode({ ...SetMapHeader.create(), mediaFamilyId, entries }))] : [];
  const map = Buffer.concat([...header, before, ...own]);
  return map.length > SET_MAP_LIMIT ? undefined : map;
}

const u32 = (n: number): number => Math.min(n, 0xffff_ffff);

function mapEntry({ mediaSequence, pba, sset, volumes }: WrittenPart, set: WrittenSet): Buffer {
  const head = BlockHeader.decode(sset);
  const block = SetBlock.decode(sset);
  const fixed = Buffer.from(
    SetMapEntry.encode({
      ...SetMapEntry.create(),
      mediaSequence,
      attributes: head.attributes,
      setAttributes: block.setAttributes,
      setPba: pba,
      detailPba: set.detail.pba,
      detailMedia: set.detail.mediaSequence,
      setNumber: block.setNumber,
      fla: head.fla,
      directories: u32(set.directories),
      files: u32(set.files),
      corrupt: u32(set.corrupt),
      displayableSize: set.bytes,
      volumes: volumes.length,
      passwordAlgorithm: block.passwordAlgorithm,
      date: block.date,
      timeZone: block.timeZone,
      osId: head.osId,
      osVersion: head.osVersion,
      stringType: head.stringType,
      minorVersion: block.minorVersion,
      catalogVersion: block.catalogVersion,
    }),
  );
  const make = (tail: Uint8Array | undefined): Buffer | undefined => {
    const entry = new EntryBytes(fixed, SetMapEntry.size + 1);
    for (const field of ['setName', 'setPassword', 'setDescription', 'userName'] as const)
      entry.put(SetMapEntry.offsetOf(field), pointedTo(sset, SetBlock.offsetOf(field)));
    return entry.end(tail);
  };
  const entry = make(set.stored) ?? make(undefined);
  if (!entry) throw new TypeError(`an SSET with strings of more than ${String(ENTRY_MAX)} bytes`);
  entry.writeUInt16LE(entry.length, SetMapEntry.offsetOf('length'));
  const following = volumes.map((volume) => {
    const bytes = detailEntry({ bytes: volume }, mediaSequence);
    if (!bytes) throw new TypeError(`a VOLB with strings of more than ${String(ENTRY_MAX)} bytes`);
    bytes.writeUInt32LE(0, DetailHeader.offsetOf('link'));
    return bytes;
  });
  return Buffer.concat([entry, ...following]);
}

/** TAPE where the medium is another than that of the set before, SSET, VOLB for each part, and ESET. */
function blocksOf({ parts, tapes, eset, stored, detail }: WrittenSet, lastMedia: number): Buffer {
  const out: Buffer[] = [];
  let media = lastMedia;
  for (const { mediaSequence, sset, volumes } of parts) {
    const tape = tapes.get(mediaSequence);
    if (mediaSequence !== media && tape) out.push(onMedium({ bytes: tape }, mediaSequence));
    media = mediaSequence;
    for (const bytes of [sset, ...volumes]) out.push(onMedium({ bytes }, mediaSequence));
  }
  const tape = tapes.get(detail.mediaSequence);
  if (detail.mediaSequence !== media && tape) out.push(onMedium({ bytes: tape }, detail.mediaSequence));
  const end = Buffer.from(eset);
  end.writeBigUInt64LE(BigInt(detail.pba), EndOfSetBlock.offsetOf('mbcField1'));
  out.push(onMedium({ bytes: end, tail: stored }, detail.mediaSequence));
  return Buffer.concat(out);
}

function onMedium(block: { bytes: Buffer; tail?: Uint8Array | undefined }, mediaSequence: number): Buffer {
  const whole = wholeBlock(block) ?? wholeBlock({ bytes: block.bytes });
  if (!whole) throw new TypeError('a block is longer than blocks can be');
  whole.writeUInt16LE(mediaSequence & 0xffff, BlockHeader.offsetOf('mbc'));
  sealBlock(whole);
  return whole;
}
