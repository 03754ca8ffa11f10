import {
  decodeExtendedAttributes,
  decodeReparsePoint,
  FileAttribute,
  fromFileTime,
  isWinbackError,
  REPARSE_MAX,
  takeFineTimes,
  takePosixFacts,
  type ExtendedAttribute,
  type FileEntry,
  type FileProblem,
  type FileTimes,
  type PosixFacts,
} from '@winback/core';
import { damaged } from './damage.js';
import type { FileAttributes } from './file-attributes.js';
import { readNameFacts } from './file-names.js';
import { AttributeFlag, AttributeType, ObjectIdValue, StandardInformation } from './layouts/index.js';
import { viewOf } from './numbers.js';
import { incomplete } from './problems.js';
import { kindOf, kindOfTag } from './reparse-kind.js';
import { objectKey } from './object-ids.js';
import type { VolumeMetadata } from './volume-metadata.js';

const at = (field: Parameters<typeof StandardInformation.offsetOf>[0]): number => StandardInformation.offsetOf(field);
const CREATION = at('creationTime');
const WRITE = at('lastWriteTime');
const CHANGE = at('changeTime');
const ACCESS = at('lastAccessTime');
const ATTRIBUTES = at('fileAttributes');
const SECURITY_ID = at('securityId');
/** Of NTFS before 3.0. */
const SHORT_INFORMATION = 0x30;
/** Bits of FILE_ATTRIBUTE_*; those above are NTFS' own. */
const ATTRIBUTE_BITS = 0x0fff_ffff;
const EA_MAX = 1024 * 1024;
/** With the header of a tag that is not Microsoft's. */
const REPARSE_BUFFER_MAX = REPARSE_MAX + 24;
const DESCRIPTOR_MAX = 0x40000;
const EFS_MAX = 0x40000;

/** Which file, by which of its names. */
export interface NameInFolder {
  readonly path: string;
  readonly leaf: string;
  /** Record of the folder. */
  readonly parent: number;
}

/** Numbers and times alone, as for a plan. @throws FORMAT_STRUCTURE when the file has no STANDARD_INFORMATION */
export function readNumbers(attributes: FileAttributes, name: NameInFolder, metadata: VolumeMetadata): FileEntry {
  return entryOf(attributes, name, metadata, reparseTag(attributes, metadata), {});
}

/** All facts; what cannot be read becomes a problem. @throws FORMAT_STRUCTURE when the file has no STANDARD_INFORMATION */
export function readFacts(attributes: FileAttributes, name: NameInFolder, metadata: VolumeMetadata, problems: FileProblem[]): FileEntry {
  const attempt = <T>(what: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      problems.push(incomplete(name.path, what, error));
      return undefined;
    }
  };
  const bytesOf = (type: number, what: string, limit: number, stream = ''): Uint8Array | undefined => {
    const attribute = attributes.find(type, stream);
    return attribute && attempt(what, () => attribute.bytes(metadata.source, limit));
  };
  for (const { type, name: stream, error } of attributes.broken) {
    if (type !== AttributeType.DATA)
      problems.push(incomplete(name.path, `its attribute of type 0x${type.toString(16)} ${stream}`.trimEnd(), error));
  }
  const reparseData = bytesOf(AttributeType.REPARSE_POINT, 'its reparse point', REPARSE_BUFFER_MAX);
  const link = reparseData && attempt('where it points to', () => decodeReparsePoint(reparseData));
  const eas = bytesOf(AttributeType.EA, 'its extended attributes', EA_MAX);
  const known = eas && attempt('its extended attributes', () => takePosixFacts(decodeExtendedAttributes(eas)));
  const objectId = bytesOf(AttributeType.OBJECT_ID, 'its object id', 64);
  const entry = entryOf(attributes, name, metadata, reparseData && tagOf(reparseData), {
    securityDescriptor: attempt('its security descriptor', () => securityOf(attributes, metadata)),
    extendedAttributes: known && known.others.length > 0 ? known.others : undefined,
    posix: known?.posix,
    objectId: objectId && attempt('where it was born', () => wholeObjectId(objectId, metadata)),
    reparseData,
    linkTarget: link?.linkTarget,
    efsMetadata: bytesOf(AttributeType.LOGGED_UTILITY_STREAM, 'its EFS metadata', EFS_MAX, '$EFS'),
  });
  if (!entry.extendedAttributes) return entry;
  const { times, others } = takeFineTimes(entry.extendedAttributes, entry.times);
  return { ...entry, times, extendedAttributes: others.length > 0 ? others : undefined };
}

interface Values {
  readonly securityDescriptor?: Uint8Array | undefined;
  readonly extendedAttributes?: readonly ExtendedAttribute[] | undefined;
  readonly posix?: PosixFacts | undefined;
  readonly objectId?: Uint8Array | undefined;
  readonly reparseData?: Uint8Array | undefined;
  readonly linkTarget?: string | undefined;
  readonly efsMetadata?: Uint8Array | undefined;
}

/** One shape for all files, so that what handles millions of them stays fast. */
function entryOf(
  attributes: FileAttributes,
  name: NameInFolder,
  metadata: VolumeMetadata,
  tag: number | undefined,
  values: Values,
): FileEntry {
  const base = attributes.records[0]!;
  const information = informationOf(attributes);
  const view = viewOf(information);
  const { isDirectory } = base;
  const { linkCount, shortName } = readNameFacts(attributes, name.parent, name.leaf);
  const data = isDirectory ? undefined : attributes.find(AttributeType.DATA);
  return {
    path: name.path,
    kind: tag === undefined ? (isDirectory ? 'directory' : 'file') : kindOf(kindOfTag(tag, isDirectory)),
    attributes: fileAttributes(view.getUint32(ATTRIBUTES, true), isDirectory, tag !== undefined, data?.flags ?? 0),
    size: data?.size ?? 0,
    times: timesOf(view),
    fileId: (BigInt(base.sequence) << 48n) | BigInt(base.number),
    linkCount: Math.max(1, linkCount),
    shortName,
    objectId: values.objectId,
    securityDescriptor: values.securityDescriptor,
    extendedAttributes: values.extendedAttributes,
    reparseData: values.reparseData,
    efsMetadata: values.efsMetadata,
    linkTarget: values.linkTarget,
    posix: values.posix,
  };
}

const timesOf = (view: DataView): FileTimes => ({
  lastWrite: fromFileTime(view.getBigUint64(WRITE, true)),
  lastAccess: fromFileTime(view.getBigUint64(ACCESS, true)),
  creation: fromFileTime(view.getBigUint64(CREATION, true)),
  change: fromFileTime(view.getBigUint64(CHANGE, true)),
});

function informationOf(attributes: FileAttributes): Uint8Array {
  const value = attributes.find(AttributeType.STANDARD_INFORMATION)?.resident;
  const offset = attributes.records[0]?.offset ?? 0;
  if (!value || value.length < SHORT_INFORMATION) throw damaged({ struct: StandardInformation.name, offset }, 'creationTime', 'is missing');
  return value;
}

function fileAttributes(stored: number, isDirectory: boolean, isReparse: boolean, data: number): number {
  let bits = stored & ATTRIBUTE_BITS;
  if (isDirectory) bits |= FileAttribute.DIRECTORY;
  if (isReparse) bits |= FileAttribute.REPARSE_POINT;
  if ((data & AttributeFlag.SPARSE) !== 0) bits |= FileAttribute.SPARSE_FILE;
  if ((data & AttributeFlag.COMPRESSED) !== 0) bits |= FileAttribute.COMPRESSED;
  if ((data & AttributeFlag.ENCRYPTED) !== 0) bits |= FileAttribute.ENCRYPTED;
  return bits === 0 ? FileAttribute.NORMAL : bits;
}

const tagOf = (data: Uint8Array): number | undefined => (data.length >= 4 ? viewOf(data).getUint32(0, true) : undefined);

/** The tag of a file's reparse point; undefined without one. */
export function reparseTag(attributes: FileAttributes, { source }: Pick<VolumeMetadata, 'source'>): number | undefined {
  const attribute = attributes.find(AttributeType.REPARSE_POINT);
  return attribute && tagOf(attribute.bytes(source, REPARSE_BUFFER_MAX));
}

function securityOf(attributes: FileAttributes, metadata: VolumeMetadata): Uint8Array | undefined {
  const information = informationOf(attributes);
  const id = information.length > SHORT_INFORMATION + 4 ? viewOf(information).getUint32(SECURITY_ID, true) : 0;
  if (id === 0) return attributes.find(AttributeType.SECURITY_DESCRIPTOR)?.bytes(metadata.source, DESCRIPTOR_MAX);
  const descriptor = metadata.security.get(id);
  if (!descriptor) {
    const offset = attributes.records[0]?.offset ?? 0;
    throw damaged({ struct: StandardInformation.name, offset }, 'securityId', `there is no security descriptor ${String(id)}`);
  }
  return descriptor;
}

/** A file's own attribute mostly holds 16 bytes; Windows gives 64 of them to who asks. */
function wholeObjectId(objectId: Uint8Array, metadata: VolumeMetadata): Uint8Array {
  return objectId.length === ObjectIdValue.size ? (metadata.birthIds.get(objectKey(objectId)) ?? objectId) : objectId;
}
