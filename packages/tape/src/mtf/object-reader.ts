import { FileAttribute, type FileEntry, type FileTimes } from '@winback/core';
import { addressed, blockBody, decodeText, osData, type BlockHead } from './block-head.js';
import { NtFileFlag, ObjectAttribute, OsId } from './constants.js';
import { toNanoseconds } from './date-time.js';
import { blockChecksum } from './facts-stream.js';
import type { FileWindow } from './file-window.js';
import { dateTime, DirectoryBlock, FileBlock, NtDirectoryData, NtFileData } from './layout/index.js';

/** What a DIRB or FILE block says, before its streams are looked at. */
export interface ObjectHead {
  /** Path of a folder, leaf of a file; undefined when it stands in a stream. */
  readonly name: string | undefined;
  /** A DIRB's own id; in a FILE that of the DIRB it belongs to. */
  readonly directoryId: number;
  readonly isLink: boolean;
  /** Of the block's fields and strings. */
  readonly checksum: number;
  readonly facts: Omit<FileEntry, 'path'>;
}

const SHAPES = {
  DIRB: {
    size: DirectoryBlock.size,
    attributes: DirectoryBlock.offsetOf('directoryAttributes'),
    modified: DirectoryBlock.offsetOf('modified'),
    created: DirectoryBlock.offsetOf('created'),
    accessed: DirectoryBlock.offsetOf('accessed'),
    directoryId: DirectoryBlock.offsetOf('directoryId'),
    name: DirectoryBlock.offsetOf('name'),
  },
  FILE: {
    size: FileBlock.size,
    attributes: FileBlock.offsetOf('fileAttributes'),
    modified: FileBlock.offsetOf('modified'),
    created: FileBlock.offsetOf('created'),
    accessed: FileBlock.offsetOf('accessed'),
    directoryId: FileBlock.offsetOf('directoryId'),
    name: FileBlock.offsetOf('name'),
  },
} as const;

/** A path of a DIRB or PNAM as paths are written here. */
export const pathOf = (name: string): string => name.split('\0').filter(Boolean).join('/');

/** Undefined when the block is shorter than its own fields. `zone` is the set's. */
export function readObject(window: FileWindow, head: BlockHead, type: 'DIRB' | 'FILE', zone: number): ObjectHead | undefined {
  const shape = SHAPES[type];
  const body = blockBody(window, head, shape.size);
  if (!body) return undefined;
  const { bytes, view } = body;
  const attributes = view.getUint32(shape.attributes, true);
  const raw = addressed(bytes, view, shape.name);
  const nt = head.osId === OsId.NT ? ntFacts(osData(bytes, view), bytes, type, head) : undefined;
  const text = decodeText(raw, head.stringType);
  const time = (at: number): bigint | undefined => toNanoseconds(dateTime.read(view, at), zone);
  const creation = time(shape.created);
  const lastAccess = time(shape.accessed);
  const times: FileTimes = {
    lastWrite: time(shape.modified) ?? 0n,
    ...(creation === undefined ? {} : { creation }),
    ...(lastAccess === undefined ? {} : { lastAccess }),
  };
  return {
    name: (attributes & ObjectAttribute.NAME_IN_STREAM) !== 0 ? undefined : type === 'DIRB' ? pathOf(text) : text.replace(/\0+$/, ''),
    directoryId: view.getUint32(shape.directoryId, true),
    isLink: nt?.isLink ?? false,
    checksum: blockChecksum(view, 0, bytes.length),
    facts: {
      kind: type === 'DIRB' ? 'directory' : 'file',
      attributes: nt?.attributes ?? plainAttributes(attributes, type),
      size: type === 'DIRB' ? 0 : head.displayableSize,
      times,
      linkCount: 1,
      ...(nt?.shortName ? { shortName: nt.shortName } : {}),
    },
  };
}

interface NtFacts {
  readonly attributes: number;
  readonly shortName: string;
  readonly isLink: boolean;
}

/** Windows NT's data of versions 0 to 2, which agree in what is read here; undefined when there is too little of it. */
export function ntFacts(data: Buffer, block: Buffer, type: 'DIRB' | 'FILE', head: Pick<BlockHead, 'stringType'>): NtFacts | undefined {
  if (data.length < 4) return undefined;
  const attributes = data.readUInt32LE(NtDirectoryData.offsetOf('fileAttributes'));
  if (data.length < NtDirectoryData.size) return { attributes, shortName: '', isLink: false };
  const offset = data.readUInt16LE(NtDirectoryData.offsetOf('shortNameOffset'));
  const length = data.readUInt16LE(NtDirectoryData.offsetOf('shortNameSize'));
  const flags = NtFileData.offsetOf('flags');
  const isLink = type === 'FILE' && data.length >= flags + 4 && (data.readUInt32LE(flags) & NtFileFlag.LINK) !== 0;
  const shortName =
    offset + length <= block.length ? decodeText(block.subarray(offset, offset + length), head.stringType).replace(/\0+$/, '') : '';
  return { attributes, shortName, isLink };
}

export function plainAttributes(attributes: number, type: 'DIRB' | 'FILE'): number {
  let out = type === 'DIRB' ? FileAttribute.DIRECTORY : 0;
  if ((attributes & ObjectAttribute.READ_ONLY) !== 0) out |= FileAttribute.READONLY;
  if ((attributes & ObjectAttribute.HIDDEN) !== 0) out |= FileAttribute.HIDDEN;
  if ((attributes & ObjectAttribute.SYSTEM) !== 0) out |= FileAttribute.SYSTEM;
  if ((attributes & ObjectAttribute.MODIFIED) !== 0) out |= FileAttribute.ARCHIVE;
  return out === 0 ? FileAttribute.NORMAL : out;
}
