import { FormatError, Xor32 } from '@winback/core';
import { addressed, blockBody, peekBlock, textOf, type BlockHead } from './block-head.js';
import { damageOf, walkBlocks, type InspectedDamage } from './block-walk.js';
import {
  BlockAttribute,
  BlockType,
  CorruptAttribute,
  EndOfSetBlockAttribute,
  flagWords,
  FsAttribute,
  MediaAttribute,
  ObjectAttribute,
  OsId,
  SetAttribute,
  SetBlockAttribute,
  TapeAttribute,
  TapeBlockAttribute,
  VolumeAttribute,
} from './constants.js';
import { dateText } from './date-time.js';
import { FileWindow } from './file-window.js';
import { FrameReader } from './frame-reader.js';
import {
  CorruptObjectBlock,
  DirectoryBlock,
  EndOfMediumBlock,
  EndOfSetBlock,
  FileBlock,
  SetBlock,
  SoftFilemark,
  TapeBlock,
  VolumeBlock,
} from './layout/index.js';
import { inspectCatalog, type InspectedEntry } from './inspect-catalog.js';
import type { Medium } from './medium.js';
import { StoredParts } from './stored-parts.js';
import {
  dataEnd,
  isLzs,
  nextStreamAt,
  peekStream,
  STREAM_HEADER_SIZE,
  streamProblem,
  streamTooLong,
  type StreamHead,
} from './stream-head.js';
import type { Cartridge } from './tape/cartridge.js';

/** A value that stands in JSON as it is. */
type Plain = string | number | readonly string[];

export interface InspectedBlock {
  readonly kind: 'block';
  readonly offset: number;
  readonly type: string;
  /** In words; what has no word as a number. */
  readonly attributes: readonly string[];
  readonly os: string;
  readonly displayableSize: number;
  readonly fla: number;
  readonly controlBlockId: number;
  /** Bytes to the first stream. */
  readonly size: number;
  /** The fields of this type, by name. */
  readonly fields: Readonly<Record<string, Plain>>;
}

export interface InspectedStream {
  readonly kind: 'stream';
  readonly offset: number;
  readonly id: string;
  readonly fileSystemAttributes: readonly string[];
  readonly mediaAttributes: readonly string[];
  readonly length: number;
  /** Of the data; headers whose checksum is wrong are damage. */
  readonly checksum: 'right' | 'wrong' | 'none';
  /** Of the last part of a compressed stream: bytes of all parts, and of what was compressed. */
  readonly compression?: { readonly algorithm: 'lzs'; readonly stored: number; readonly plain: number };
}

export type InspectedItem = InspectedBlock | InspectedStream | InspectedEntry | InspectedDamage;

const osName = (head: BlockHead): string => {
  const name = Object.entries(OsId).find(([, id]) => id === head.osId)?.[0];
  return `${name?.toLowerCase().replaceAll('_', '-') ?? String(head.osId)}/${head.osVersion}`;
};

/**
 * Every block and every stream of a file in Microsoft Tape Format, to its very end, with damage where it stands.
 * @throws TARGET_FOREIGN, TARGET_NOT_FOUND, TARGET_IO
 */
export function* inspectMtf(path: string): Generator<InspectedItem, void, undefined> {
  const window = FileWindow.open(path);
  try {
    yield* inspectWindow(window);
  } finally {
    window.close();
  }
}

/** The same of a cartridge in a drive: block n is at n times the size of a block, and a filemark is a soft one. */
export const inspectCartridge = ({ window, medium }: Cartridge): Generator<InspectedItem, void, undefined> => inspectWindow(window, medium);

function* inspectWindow(window: FileWindow, medium?: Medium): Generator<InspectedItem, void, undefined> {
  const buffer = new Uint8Array(1 << 18);
  yield* walkBlocks<InspectedItem>(
    window,
    function* (head) {
      yield describeBlock(window, head);
      return head.type === BlockType.SFMB ? undefined : yield* inspectStreams(window, head, buffer);
    },
    medium,
  );
}

/** The streams of a block; gives the place behind them, or undefined when it cannot be made out. */
function* inspectStreams(
  window: FileWindow,
  block: BlockHead,
  buffer: Uint8Array,
): Generator<InspectedItem, number | undefined, undefined> {
  const parts: StreamHead[] = [];
  for (let at = block.at + Math.max(block.offsetToFirstEvent, 4); ;) {
    const stream = peekStream(window, at);
    if (!stream) {
      if (peekBlock(window, at)) return at;
      yield damageOf(streamProblem(window, at), at);
      return undefined;
    }
    if (dataEnd(stream) > window.size) {
      yield damageOf(streamTooLong(window, stream), at);
      return undefined;
    }
    const next = stream.id === 'SPAD' ? dataEnd(stream) : nextStreamAt(stream);
    if ((stream.mediaAttributes & MediaAttribute.VARIABLE) === 0 || parts[0]?.id !== stream.id) parts.length = 0;
    parts.push(stream);
    const data = readData(window, parts, next, buffer);
    yield {
      kind: 'stream',
      offset: at,
      id: stream.id,
      fileSystemAttributes: flagWords(FsAttribute, stream.fsAttributes),
      mediaAttributes: flagWords(MediaAttribute, stream.mediaAttributes),
      length: stream.length,
      checksum: data.checksum,
      ...(data.compression ? { compression: data.compression } : {}),
    };
    if (data.checksum === 'wrong') {
      const place = { struct: stream.id, offset: at + STREAM_HEADER_SIZE };
      yield damageOf(new FormatError('FORMAT_CHECKSUM', `the bytes of this ${stream.id} do not match their checksum`, place), at);
    }
    if (data.error) yield damageOf(data.error, at);
    yield* inspectCatalog(window, stream);
    if (stream.id === 'SPAD') return next;
    at = next;
  }
}

interface ReadData {
  readonly checksum: InspectedStream['checksum'];
  readonly compression?: NonNullable<InspectedStream['compression']>;
  /** Why the data cannot be decompressed. */
  readonly error?: FormatError;
}

/** Reads the data of a stream's parts, where a checksum follows the last one or they are compressed. */
function readData(window: FileWindow, parts: readonly StreamHead[], next: number, buffer: Uint8Array): ReadData {
  const last = parts.at(-1);
  if (!last || last.id === 'CSUM') return { checksum: 'none' };
  const following = peekStream(window, next);
  const hasSum = following?.id === 'CSUM' && following.length === 4;
  const isLast = (last.mediaAttributes & MediaAttribute.VARIABLE) === 0 || (last.mediaAttributes & MediaAttribute.VAR_END) !== 0;
  const isCompressed = isLzs(last) && isLast;
  if (!hasSum && !isCompressed) return { checksum: 'none' };
  const storedSum = new Xor32();
  const plainSum = new Xor32();
  const stored = new StoredParts(window, parts, (bytes) => storedSum.update(bytes));
  let plain = 0;
  let error: FormatError | undefined;
  if (isCompressed) {
    const frames = new FrameReader();
    frames.begin(stored);
    try {
      for (let n = frames.readInto(buffer); n > 0; n = frames.readInto(buffer)) {
        plainSum.update(buffer.subarray(0, n));
        plain += n;
      }
    } catch (problem) {
      if (!(problem instanceof FormatError)) throw problem;
      error = problem;
    }
  }
  while (stored.read(buffer) > 0); // what the frames did not take
  const i = hasSum ? window.fill(next + STREAM_HEADER_SIZE, 4) : -1;
  const sum = i < 0 ? undefined : window.view.getUint32(i, true);
  const isRight = sum === storedSum.digest() || (isCompressed && sum === plainSum.digest());
  const total = parts.reduce((bytes, part) => bytes + part.length, 0);
  return {
    checksum: !hasSum ? 'none' : isRight ? 'right' : 'wrong',
    ...(isCompressed ? { compression: { algorithm: 'lzs', stored: total, plain } } : {}),
    ...(error ? { error } : {}),
  };
}

function describeBlock(window: FileWindow, head: BlockHead): InspectedBlock {
  return {
    kind: 'block',
    offset: head.at,
    type: head.type,
    attributes: flagWords({ ...BlockAttribute, ...ATTRIBUTES_OF[head.type] }, head.attributes),
    os: osName(head),
    displayableSize: head.displayableSize,
    fla: head.fla,
    controlBlockId: head.controlBlockId,
    size: head.offsetToFirstEvent,
    fields: fieldsOf(window, head),
  };
}

const ATTRIBUTES_OF: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  TAPE: TapeBlockAttribute,
  SSET: SetBlockAttribute,
  ESET: EndOfSetBlockAttribute,
};

/** Fields of the known types. */
function fieldsOf(window: FileWindow, head: BlockHead): Record<string, Plain> {
  const known = FIELDS[head.type];
  const body = known ? blockBody(window, head, known.size) : undefined;
  if (!known || !body) return {};
  const text = (field: number): string => textOf(addressed(body.bytes, body.view, field), head.stringType);
  return known.read(body.bytes, text);
}

type Text = (field: number) => string;
const FIELDS: Readonly<Record<string, { size: number; read: (bytes: Buffer, text: Text) => Record<string, Plain> }>> = {
  TAPE: {
    size: TapeBlock.size,
    read: (bytes, text) => {
      const b = TapeBlock.decode(bytes);
      return {
        family: `0x${b.mediaFamilyId.toString(16)}`,
        attributes: flagWords(TapeAttribute, b.tapeAttributes),
        sequence: b.mediaSequence,
        softFilemark: b.softFilemarkBlockSize * 512,
        catalogType: b.catalogType,
        name: text(TapeBlock.offsetOf('mediaName')),
        label: text(TapeBlock.offsetOf('mediaLabel')),
        software: text(TapeBlock.offsetOf('softwareName')),
        flb: b.flbSize,
        vendor: `0x${b.vendorId.toString(16)}`,
        date: dateText(b.date),
        version: b.majorVersion,
      };
    },
  },
  SSET: {
    size: SetBlock.size,
    read: (bytes, text) => {
      const b = SetBlock.decode(bytes);
      return {
        attributes: flagWords(SetAttribute, b.setAttributes),
        number: b.setNumber,
        name: text(SetBlock.offsetOf('setName')),
        description: text(SetBlock.offsetOf('setDescription')),
        user: text(SetBlock.offsetOf('userName')),
        compression: b.compressionAlgorithm,
        password: b.passwordAlgorithm,
        vendor: `0x${b.vendorId.toString(16)}`,
        pba: b.pba,
        date: dateText(b.date),
        zone: b.timeZone,
        catalogVersion: b.catalogVersion,
        software: `${b.softwareMajor}.${b.softwareMinor}`,
      };
    },
  },
  VOLB: {
    size: VolumeBlock.size,
    read: (bytes, text) => {
      const b = VolumeBlock.decode(bytes);
      return {
        attributes: flagWords(VolumeAttribute, b.volumeAttributes),
        device: text(VolumeBlock.offsetOf('deviceName')),
        volume: text(VolumeBlock.offsetOf('volumeName')),
        machine: text(VolumeBlock.offsetOf('machineName')),
        date: dateText(b.date),
      };
    },
  },
  DIRB: {
    size: DirectoryBlock.size,
    read: (bytes, text) => {
      const b = DirectoryBlock.decode(bytes);
      return {
        attributes: flagWords(ObjectAttribute, b.directoryAttributes),
        id: b.directoryId,
        name: text(DirectoryBlock.offsetOf('name')).replaceAll('\0', '\\'),
        modified: dateText(b.modified),
      };
    },
  },
  FILE: {
    size: FileBlock.size,
    read: (bytes, text) => {
      const b = FileBlock.decode(bytes);
      return {
        attributes: flagWords(ObjectAttribute, b.fileAttributes),
        id: b.fileId,
        directory: b.directoryId,
        name: text(FileBlock.offsetOf('name')),
        modified: dateText(b.modified),
      };
    },
  },
  CFIL: {
    size: CorruptObjectBlock.size,
    read: (bytes) => {
      const b = CorruptObjectBlock.decode(bytes);
      return { attributes: flagWords(CorruptAttribute, b.corruptAttributes), stream: b.streamNumber, offset: b.streamOffset };
    },
  },
  ESET: {
    size: EndOfSetBlock.size,
    read: (bytes) => {
      const b = EndOfSetBlock.decode(bytes);
      return {
        attributes: flagWords(SetAttribute, b.setAttributes),
        number: b.setNumber,
        corrupt: b.corruptObjects,
        mbc1: b.mbcField1,
        mbc2: b.mbcField2,
        detailMedia: b.fddMediaSequence,
        date: dateText(b.date),
      };
    },
  },
  EOTM: { size: EndOfMediumBlock.size, read: (bytes) => ({ lastEset: EndOfMediumBlock.decode(bytes).lastEsetPba }) },
  SFMB: {
    size: SoftFilemark.size,
    read: (bytes) => {
      const b = SoftFilemark.decode(bytes);
      return { entries: b.entries, used: b.used };
    },
  },
};
