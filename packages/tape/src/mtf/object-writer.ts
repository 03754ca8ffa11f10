import {
  FileAttribute,
  leafOf,
  StreamId,
  type BackupStreamHeader,
  type BackupStreamSource,
  type FileEntry,
  type StreamFault,
} from '@winback/core';
import {
  BlockAttribute,
  CorruptAttribute,
  FLB_SIZE,
  fourCharacters,
  FsAttribute,
  NtFileFlag,
  ObjectAttribute,
  WinbackStreamId,
} from './constants.js';
import { StreamCompressor } from './stream-compressor.js';
import { toSeconds, writeDateTime } from './date-time.js';
import { blockChecksum, encodeFacts } from './facts-stream.js';
import {
  AlternateStream,
  BlockHeader,
  CorruptObjectBlock,
  DirectoryBlock,
  FileBlock,
  NtDirectoryData,
  NtFileData,
  SparseStream,
  TapeAddress,
  WinbackStream,
} from './layout/index.js';
import { NO_BYTES, type Output } from './output.js';
import { isCarried, MEDIA_KEPT, mtfIdOf, toFsAttributes } from './stream-ids.js';
import { templates } from './templates.js';

const FLA = BlockHeader.offsetOf('fla');
const ATTRIBUTES = BlockHeader.offsetOf('attributes');
const CONTROL = BlockHeader.offsetOf('controlBlockId');
const FIRST_EVENT = BlockHeader.offsetOf('offsetToFirstEvent');
const DISPLAYABLE = BlockHeader.offsetOf('displayableSize');
const OS_DATA = BlockHeader.offsetOf('osSpecificData');
const ADDRESS_OFFSET = TapeAddress.offsetOf('offset');
const TWO_32 = 0x1_0000_0000;

const idOf = Array.from({ length: 16 }, (_, id) => {
  const mtf = mtfIdOf.get(id);
  return mtf === undefined ? 0 : fourCharacters(mtf);
});
const PNAM = fourCharacters('PNAM');
const FNAM = fourCharacters('FNAM');
const WBFX = fourCharacters(WinbackStreamId.FACTS);
const WBST = fourCharacters(WinbackStreamId.STREAM);

/** Where the fields that DIRB and FILE share stand in each. */
const DIRECTORY = {
  template: templates.directory,
  attributes: DirectoryBlock.offsetOf('directoryAttributes'),
  modified: DirectoryBlock.offsetOf('modified'),
  created: DirectoryBlock.offsetOf('created'),
  backedUp: DirectoryBlock.offsetOf('backedUp'),
  accessed: DirectoryBlock.offsetOf('accessed'),
  directoryId: DirectoryBlock.offsetOf('directoryId'),
  name: DirectoryBlock.offsetOf('name'),
  data: templates.directoryData,
  dataAttributes: NtDirectoryData.offsetOf('fileAttributes'),
  shortNameOffset: NtDirectoryData.offsetOf('shortNameOffset'),
  shortNameSize: NtDirectoryData.offsetOf('shortNameSize'),
} as const;
const FILE = {
  template: templates.file,
  attributes: FileBlock.offsetOf('fileAttributes'),
  modified: FileBlock.offsetOf('modified'),
  created: FileBlock.offsetOf('created'),
  backedUp: FileBlock.offsetOf('backedUp'),
  accessed: FileBlock.offsetOf('accessed'),
  directoryId: FileBlock.offsetOf('directoryId'),
  name: FileBlock.offsetOf('name'),
  data: templates.fileData,
  dataAttributes: NtFileData.offsetOf('fileAttributes'),
  shortNameOffset: NtFileData.offsetOf('shortNameOffset'),
  shortNameSize: NtFileData.offsetOf('shortNameSize'),
} as const;
type Shape = typeof DIRECTORY | typeof FILE;

function objectAttributes(attributes: number): number {
  let out = 0;
  if ((attributes & FileAttribute.READONLY) !== 0) out |= ObjectAttribute.READ_ONLY;
  if ((attributes & FileAttribute.HIDDEN) !== 0) out |= ObjectAttribute.HIDDEN;
  if ((attributes & FileAttribute.SYSTEM) !== 0) out |= ObjectAttribute.SYSTEM;
  if ((attributes & FileAttribute.ARCHIVE) !== 0) out |= ObjectAttribute.MODIFIED;
  return out;
}

/** Told of each object as it is written; what it is given is valid until it returns. */
export interface ObjectObserver {
  object(block: Uint8Array, name: Buffer | undefined, facts: Uint8Array, path: string): void;
  corrupt(block: Uint8Array): void;
}

/** Writes folders and files as blocks and their streams. */
export class ObjectWriter {
  /** Files with bytes that could not be read. */
  corrupt = 0;
  #control = 1;
  #directoryId = 0;
  #fileId = 0;
  readonly #offset = new Uint8Array(SparseStream.size);
  readonly #offsetView = new DataView(this.#offset.buffer);
  /** Number among the block's streams, and bytes before the data, of each stream that the source gave. */
  readonly #numbers: number[] = [];
  readonly #prefixes: number[] = [];
  readonly #compressor: StreamCompressor | undefined;

  constructor(
    private readonly out: Output,
    /** Where the set's SSET stands. */
    private readonly setAt: number,
    /** Seconds since 1970 that blocks give as the time of the backup. */
    private readonly time: number,
    compress = false,
    private readonly observer?: ObjectObserver,
  ) {
    this.#compressor = compress ? new StreamCompressor(out) : undefined;
  }

  /** Number among the set's blocks of the one that begins next. */
  get nextNumber(): number {
    return this.#control;
  }

  /** Begins a block and gives it its address and number. */
  begin(template: Uint8Array): number {
    const { out } = this;
    const start = out.block(template);
    const fla = (out.position - template.length - this.setAt) / FLB_SIZE;
    out.view.setUint32(start + FLA, (fla % TWO_32) >>> 0, true);
    out.view.setUint32(start + FLA + 4, Math.floor(fla / TWO_32), true);
    out.view.setUint32(start + CONTROL, this.#control++, true);
    this.mark(start);
    return start;
  }

  /** Every block of a set with compression says so. */
  mark(start: number): void {
    if (!this.#compressor) return;
    const { view } = this.out;
    view.setUint32(start + ATTRIBUTES, (view.getUint32(start + ATTRIBUTES, true) | BlockAttribute.COMPRESSION) >>> 0, true);
  }

  /** Ends the header of a block. */
  seal(start: number): void {
    this.out.align4();
    this.out.view.setUint16(start + FIRST_EVENT, this.out.at - start, true);
    this.out.sealBlock(start);
  }

  directory(entry: FileEntry, source: BackupStreamSource | undefined): void {
    const start = this.#object(entry, DIRECTORY, entry.path, true);
    this.out.view.setUint32(start + DIRECTORY.directoryId, ++this.#directoryId, true);
    this.#streams(start, entry, source, PNAM, entry.path, true);
  }

  file(entry: FileEntry, source: BackupStreamSource): void {
    const { view } = this.out;
    const name = leafOf(entry.path);
    const start = this.#object(entry, FILE, name, false);
    view.setUint32(start + FILE.directoryId, this.#directoryId, true);
    view.setUint32(start + FileBlock.offsetOf('fileId'), ++this.#fileId, true);
    view.setUint32(start + DISPLAYABLE, (entry.size % TWO_32) >>> 0, true);
    view.setUint32(start + DISPLAYABLE + 4, Math.floor(entry.size / TWO_32), true);
    this.#streams(start, entry, source, FNAM, name, false);
  }

  /** The block up to its first stream, without its checksum. */
  #object(entry: FileEntry, shape: Shape, name: string, isDirectory: boolean): number {
    const { out } = this;
    const { view } = out;
    const start = this.begin(shape.template);
    const { times } = entry;
    writeDateTime(view, start + shape.modified, toSeconds(times.lastWrite));
    if (times.creation !== undefined) writeDateTime(view, start + shape.created, toSeconds(times.creation));
    writeDateTime(view, start + shape.backedUp, this.time);
    if (times.lastAccess !== undefined) writeDateTime(view, start + shape.accessed, toSeconds(times.lastAccess));
    const shortName = entry.shortName ?? '';
    const nameSize = (isDirectory ? name.length + 1 : name.length) * 2;
    const fits = shape.template.length + nameSize + 4 + shape.data.length + shortName.length * 2 + 4 <= FLB_SIZE;
    view.setUint32(
      start + shape.attributes,
      (objectAttributes(entry.attributes) | (fits ? 0 : ObjectAttribute.NAME_IN_STREAM)) >>> 0,
      true,
    );
    if (fits) {
      this.#address(start, shape.name, nameSize);
      this.#putName(name, isDirectory);
    }
    out.align4();
    const dataAt = out.at;
    this.#address(start, OS_DATA, shape.data.length);
    out.bytes.set(shape.data, dataAt);
    out.at += shape.data.length;
    view.setUint32(dataAt + shape.dataAttributes, entry.attributes >>> 0, true);
    if (shape === FILE && entry.linkTo !== undefined) view.setUint32(dataAt + NtFileData.offsetOf('flags'), NtFileFlag.LINK, true);
    if (shortName !== '' && shortName.length <= 64) {
      view.setUint16(dataAt + shape.shortNameOffset, out.at - start, true);
      view.setUint16(dataAt + shape.shortNameSize, shortName.length * 2, true);
      this.#putName(shortName, false);
    }
    return start;
  }

  #address(start: number, field: number, length: number): void {
    this.out.view.setUint16(start + field, length, true);
    this.out.view.setUint16(start + field + ADDRESS_OFFSET, this.out.at - start, true);
  }

  /** UTF-16 as it is, lone surrogates too; of a path each separator becomes a NUL, and one ends it. */
  #putName(name: string, isPath: boolean): void {
    const { view } = this.out;
    let { at } = this.out;
    for (let i = 0; i < name.length; i++, at += 2) {
      const unit = name.charCodeAt(i);
      view.setUint16(at, isPath && unit === 0x2f ? 0 : unit, true);
    }
    if (isPath) {
      view.setUint16(at, 0, true);
      at += 2;
    }
    this.out.at = at;
  }

  #streams(start: number, entry: FileEntry, source: BackupStreamSource | undefined, nameId: number, name: string, isPath: boolean): void {
    const { out } = this;
    const nameInStream = (out.view.getUint32(start + DIRECTORY.attributes, true) & ObjectAttribute.NAME_IN_STREAM) !== 0;
    this.seal(start);
    const checksum = blockChecksum(out.view, start, out.at - start);
    const facts = encodeFacts(entry, checksum);
    const nameBytes = nameInStream ? Buffer.from(isPath ? `${name.replaceAll('/', '\0')}\0` : name, 'utf16le') : undefined;
    this.observer?.object(out.bytes.subarray(start, out.at), nameBytes, facts, entry.path);
    // In the same way as the format counts: checksum streams are streams too.
    let number = 1;
    if (nameBytes) {
      out.bytesStream(nameId, 0, nameBytes);
      number += 2;
    }
    out.bytesStream(WBFX, FsAttribute.NON_PORTABLE, facts);
    number += 2;
    this.#numbers.length = 0;
    this.#prefixes.length = 0;
    if (source) {
      for (let head = source.next(); head !== undefined; head = source.next()) {
        this.#numbers.push(number);
        const prefix = this.#stream(head, source);
        this.#prefixes.push(prefix);
        number += prefix + head.length > 0 ? 2 : 1;
      }
    }
    out.spad();
    if (source && source.faults.length > 0) {
      this.corrupt++;
      for (const fault of source.faults) this.#fault(fault);
    }
  }

  /** Writes one stream and says how many bytes went before its data. */
  #stream(head: BackupStreamHeader, source: BackupStreamSource): number {
    const writer = this.#compressor ?? this.out;
    const { id, foreign } = head;
    if (foreign?.format === 'mtf' && isCarried(foreign.id)) {
      writer.stream(
        fourCharacters(foreign.id),
        foreign.attributes & 0xffff,
        (foreign.attributes >>> 16) & MEDIA_KEPT,
        NO_BYTES,
        source,
        head.length,
      );
      return 0;
    }
    const mtf = foreign ? 0 : (idOf[id] ?? 0);
    let prefix = NO_BYTES;
    if (id === StreamId.ALTERNATE_DATA && mtf !== 0) {
      const name = Buffer.from(head.name ?? '', 'utf16le');
      prefix = Buffer.concat([AlternateStream.encode({ nameSize: name.length }), name]);
    } else if (id === StreamId.SPARSE_BLOCK && mtf !== 0) {
      const offset = head.offset ?? 0;
      this.#offsetView.setUint32(0, (offset % TWO_32) >>> 0, true);
      this.#offsetView.setUint32(4, Math.floor(offset / TWO_32), true);
      prefix = this.#offset;
    } else if (mtf === 0 || head.attributes > 0x7fff || head.name !== undefined) {
      const json = Buffer.from(JSON.stringify({ ...head, length: undefined }));
      prefix = Buffer.concat([WinbackStream.encode({ headerSize: json.length }), json]);
      writer.stream(WBST, FsAttribute.NON_PORTABLE, 0, prefix, source, head.length);
      return prefix.length;
    }
    writer.stream(mtf, toFsAttributes(head.attributes), 0, prefix, source, head.length);
    return prefix.length;
  }

  #fault(fault: StreamFault): void {
    const { view } = this.out;
    const start = this.begin(templates.corrupt);
    const attribute = fault.kind === 'length-changed' ? CorruptAttribute.LENGTH_CHANGED : CorruptAttribute.UNREADABLE;
    view.setUint32(start + CorruptObjectBlock.offsetOf('corruptAttributes'), attribute, true);
    const offset = fault.offset + (this.#prefixes[fault.streamNumber - 1] ?? 0);
    view.setUint32(start + CorruptObjectBlock.offsetOf('streamOffset'), (offset % TWO_32) >>> 0, true);
    view.setUint32(start + CorruptObjectBlock.offsetOf('streamOffset') + 4, Math.floor(offset / TWO_32), true);
    view.setUint16(start + CorruptObjectBlock.offsetOf('streamNumber'), (this.#numbers[fault.streamNumber - 1] ?? 0) & 0xffff, true);
    this.seal(start);
    this.observer?.corrupt(this.out.bytes.subarray(start, this.out.at));
    this.out.spad();
  }
}
