import { FormatError, type FileEntry, type FileTimes } from '@winback/core';
import { decodeText, textOf } from '../block-head.js';
import { BlockType, OsId } from '../constants.js';
import { toNanoseconds } from '../date-time.js';
import { applyFacts } from '../facts-stream.js';
import { BlockHeader, DetailHeader, DetailObject, DetailVolume, WinbackFacts } from '../layout/index.js';
import { ntFacts, pathOf, plainAttributes } from '../object-reader.js';
import type { VolumeHead } from '../set-head.js';
import { detailEntry, isWholeBlock, pointedTo, tailOf } from './entry-bytes.js';

/** An object as a set's detail tells of it. */
export interface DetailEntry {
  readonly type: 'VOLB' | 'DIRB' | 'FILE' | 'CFIL';
  readonly mediaSequence: number;
  readonly fla: number;
  readonly displayableSize: number;
  /** Path of a folder, leaf of a file; undefined: it does not say. */
  readonly name?: string | undefined;
  readonly volume?: VolumeHead | undefined;
  /** The entry itself, for those who want to know more. Valid until the next one. */
  readonly bytes: Buffer;
}

/** Bytes of a detail, in order. */
export interface DetailBytes {
  readonly size: number;
  read(into: Uint8Array, at: number): number;
}

const PIECE = 1 << 18;
const TYPES = new Set<string>([BlockType.VOLB, BlockType.DIRB, BlockType.FILE]);
/** The end of a detail of type 1. */
const END = 'FEND';

/**
 * The entries of a detail, up to its end. Entries of types that are not known are passed over.
 * @returns the bytes that entries take
 * @throws FORMAT_STRUCTURE where it is not whole
 */
export function* detailEntries(type: 1 | 2, bytes: DetailBytes): Generator<DetailEntry, number, undefined> {
  const buffer = Buffer.alloc(PIECE);
  let from = 0;
  let held = 0;
  let at = 0;
  const least = type === 1 ? DetailHeader.size : BlockHeader.size;
  const lengthAt = type === 1 ? DetailHeader.offsetOf('length') : BlockHeader.offsetOf('offsetToFirstEvent');
  const wrong = (text: string, actual?: unknown): FormatError =>
    new FormatError('FORMAT_STRUCTURE', text, { struct: type === 1 ? 'TFDD' : 'FDD2', offset: from + at, actual });
  for (;;) {
    if (at + 0x1_0000 > held && from + held < bytes.size) {
      from += at;
      at = 0;
      held = bytes.read(buffer, from);
    }
    if (at + least > held) {
      if (type === 2 && at === held) return from + at;
      throw wrong('the detail ends before its last entry');
    }
    const length = buffer.readUInt16LE(at + lengthAt);
    if (length < least || at + length > held) throw wrong(`an entry cannot have ${String(length)} bytes`, length);
    const entry = buffer.subarray(at, at + length);
    if (type === 1) {
      const name = entry.toString('latin1', 2, 6);
      if (name === END) return from + at;
      if (TYPES.has(name)) yield decodeEntry(entry, name as DetailEntry['type'], wrong);
    } else {
      if (!isWholeBlock(buffer, at)) throw wrong('no whole block stands here');
      yield decodeBlock(entry, wrong);
    }
    at += length;
  }
}

type Wrong = (text: string, actual?: unknown) => FormatError;

function decodeBlock(block: Buffer, wrong: Wrong): DetailEntry {
  const { type, mbc, fla, displayableSize } = BlockHeader.decode(block);
  if (type === BlockType.CFIL) return { type, mediaSequence: mbc, fla, displayableSize, bytes: block };
  // The same fields in the other order: what reads one type reads the other.
  const entry = TYPES.has(type) ? detailEntry({ bytes: block, tail: tailOf(block) }, mbc) : undefined;
  if (!entry) throw wrong(`${type} does not belong here`, type);
  return decodeEntry(entry, type as DetailEntry['type'], wrong);
}

function decodeEntry(entry: Buffer, type: DetailEntry['type'], wrong: Wrong): DetailEntry {
  if (entry.length < (type === BlockType.VOLB ? DetailVolume.size : DetailObject.size))
    throw wrong('an entry lacks its own fields', entry.length);
  const { mediaSequence, fla, displayableSize, stringType } = DetailHeader.decode(entry);
  const common = { type, mediaSequence, fla, displayableSize, bytes: entry };
  const raw = (field: number): Buffer => pointedTo(entry, field);
  if (type === BlockType.VOLB) {
    const text = (field: number): string => textOf(raw(field), stringType);
    const volume = {
      device: text(DetailVolume.offsetOf('deviceName')),
      label: text(DetailVolume.offsetOf('volumeName')),
      machine: text(DetailVolume.offsetOf('machineName')),
    };
    return { ...common, volume };
  }
  const bytes = raw(DetailObject.offsetOf('name'));
  const text = decodeText(bytes, stringType);
  return { ...common, name: bytes.length === 0 ? undefined : type === BlockType.DIRB ? pathOf(text) : text.replace(/\0+$/, '') };
}

/** What an entry tells of an object. `zone` is the set's. @throws FORMAT_* */
export function factsOf({ bytes, type, displayableSize }: DetailEntry, zone: number): Omit<FileEntry, 'path'> {
  const object = DetailObject.decode(bytes);
  const { osId, stringType } = object.header;
  const isFolder = type === BlockType.DIRB;
  const data = pointedTo(bytes, DetailObject.offsetOf('osSpecificData'));
  const shape = isFolder ? 'DIRB' : 'FILE';
  const nt = osId === OsId.NT ? ntFacts(data, bytes.subarray(0, 0), shape, { stringType }) : undefined;
  const creation = toNanoseconds(object.created, zone);
  const lastAccess = toNanoseconds(object.accessed, zone);
  const times: FileTimes = {
    lastWrite: toNanoseconds(object.modified, zone) ?? 0n,
    ...(creation === undefined ? {} : { creation }),
    ...(lastAccess === undefined ? {} : { lastAccess }),
  };
  const facts: FileEntry = {
    path: '',
    kind: isFolder ? 'directory' : 'file',
    attributes: nt?.attributes ?? plainAttributes(object.objectAttributes, shape),
    size: isFolder ? 0 : displayableSize,
    times,
    linkCount: 1,
  };
  const own = tailOf(bytes);
  return own && own.length >= WinbackFacts.size
    ? applyFacts(facts, own, 0, own.readUInt32LE(WinbackFacts.offsetOf('blockChecksum')))
    : facts;
}
