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
import type { Attribute } from './attribute.js';
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
/** Bits of FILE_ATTRIBUTE_*. Those above are NTFS' own; 0x40000, RECALL_ON_OPEN to programs, says on a volume that there are EAs. */
const ATTRIBUTE_BITS = 0x0ffb_ffff;
const EA_MAX = 1024 * 1024;
/** With the header of a tag that is not Microsoft's. */
const REPARSE_BUFFER_MAX = REPARSE_MAX + 24;
const DESCRIPTOR_MAX = 0x40000;
const EFS_MAX = 0x40000;
const OBJECT_ID_MAX = 64;

/** Which file, by which of its names. */
export interface NameInFolder {
  readonly path: string;
  readonly leaf: string;
  /** Record of the folder. */
  readonly parent: number;
}

/** Numbers and times alone, as for a plan. @throws FORMAT_STRUCTURE when the file has no STANDARD_INFORMATION */
export function readNumbers(attributes: FileAttributes, name: NameInFolder, metadata: VolumeMetadata): FileEntry {
  return entryOf(attributes, name, reparseTag(attributes, metadata), {});
}

/** All facts; what cannot be read becomes a problem. @throws FORMAT_STRUCTURE when the file has no STANDARD_INFORMATION */
export function readFacts(attributes: FileAttributes, name: NameInFolder, metadata: VolumeMetadata, problems: FileProblem[]): FileEntry {
  const values: Values = {};
  for (const attribute of attributes.all) {
    const fact = FACTS.get(attribute.type);
    if (fact?.name === attribute.name) attempt(name, problems, fact.what, () => fact.read(attribute, values, metadata));
  }
  if (values.reparseData) {
    const { reparseData } = values;
    attempt(name, problems, 'where it points to', () => (values.linkTarget = decodeReparsePoint(reparseData).linkTarget));
  }
  // Most files have one by number; old ones had one each.
  if (!values.securityDescriptor) {
    attempt(name, problems, 'its security descriptor', () => (values.securityDescriptor = sharedDescriptor(attributes, metadata)));
  }
  for (const { type, name: stream, error } of attributes.broken) {
    if (type !== AttributeType.DATA)
      problems.push(incomplete(name.path, `its attribute of type 0x${type.toString(16)} ${stream}`.trimEnd(), error));
  }
  const entry = entryOf(attributes, name, values.reparseData && tagOf(values.reparseData), values);
  if (!entry.extendedAttributes) return entry;
  const { times, others } = takeFineTimes(entry.extendedAttributes, entry.times);
  return { ...entry, times, extendedAttributes: others.length > 0 ? others : undefined };
}

function attempt(name: NameInFolder, problems: FileProblem[], what: string, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    problems.push(incomplete(name.path, what, error));
  }
}

interface Values {
  securityDescriptor?: Uint8Array | undefined;
  extendedAttributes?: readonly ExtendedAttribute[] | undefined;
  posix?: PosixFacts | undefined;
  objectId?: Uint8Array | undefined;
  reparseData?: Uint8Array | undefined;
  linkTarget?: string | undefined;
  efsMetadata?: Uint8Array | undefined;
}

/** An attribute whose value is a fact. */
interface Fact {
  readonly name: string;
  readonly what: string;
  read(attribute: Attribute, values: Values, metadata: VolumeMetadata): void;
}

const FACTS = new Map<number, Fact>([
  [
    AttributeType.REPARSE_POINT,
    {
      name: '',
      what: 'its reparse point',
      read: (attribute, values, { source }) => (values.reparseData = attribute.bytes(source, REPARSE_BUFFER_MAX)),
    },
  ],
  [
    AttributeType.EA,
    {
      name: '',
      what: 'its extended attributes',
      read(attribute, values, { source }) {
        const { posix, others } = takePosixFacts(decodeExtendedAttributes(attribute.bytes(source, EA_MAX)));
        values.posix = posix;
        if (others.length > 0) values.extendedAttributes = others;
      },
    },
  ],
  [
    AttributeType.OBJECT_ID,
    {
      name: '',
      what: 'its object id',
      read(attribute, values, metadata) {
        const id = attribute.bytes(metadata.source, OBJECT_ID_MAX);
        values.objectId = id;
        // A file's own attribute mostly holds 16 bytes; Windows gives 64 of them to who asks.
        if (id.length === ObjectIdValue.size) values.objectId = metadata.birthIds.get(objectKey(id)) ?? id;
      },
    },
  ],
  [
    AttributeType.SECURITY_DESCRIPTOR,
    {
      name: '',
      what: 'its security descriptor',
      read: (attribute, values, { source }) => (values.securityDescriptor = attribute.bytes(source, DESCRIPTOR_MAX)),
    },
  ],
  [
    AttributeType.LOGGED_UTILITY_STREAM,
    {
      name: '$EFS',
      what: 'its EFS metadata',
      read: (attribute, values, { source }) => (values.efsMetadata = attribute.bytes(source, EFS_MAX)),
    },
  ],
]);

/** One shape for all files, so that what handles millions of them stays fast. */
function entryOf(attributes: FileAttributes, name: NameInFolder, tag: number | undefined, values: Values): FileEntry {
  const base = attributes.base;
  const { view, valueAt } = informationOf(attributes);
  const { isDirectory } = base;
  const { linkCount, shortName } = readNameFacts(attributes, name.parent, name.leaf);
  const data = isDirectory ? undefined : attributes.find(AttributeType.DATA);
  return {
    path: name.path,
    kind: tag === undefined ? (isDirectory ? 'directory' : 'file') : kindOf(kindOfTag(tag, isDirectory)),
    attributes: fileAttributes(view.getUint32(valueAt + ATTRIBUTES, true), isDirectory, tag !== undefined, data?.flags ?? 0),
    size: data?.size ?? 0,
    times: timesOf(view, valueAt),
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

const timesOf = (view: DataView, at: number): FileTimes => ({
  lastWrite: fromFileTime(view.getBigUint64(at + WRITE, true)),
  lastAccess: fromFileTime(view.getBigUint64(at + ACCESS, true)),
  creation: fromFileTime(view.getBigUint64(at + CREATION, true)),
  change: fromFileTime(view.getBigUint64(at + CHANGE, true)),
});

/** @throws FORMAT_STRUCTURE when the file has no STANDARD_INFORMATION */
export function changeTime(attributes: FileAttributes): bigint {
  const { view, valueAt } = informationOf(attributes);
  return fromFileTime(view.getBigUint64(valueAt + CHANGE, true));
}

function informationOf(attributes: FileAttributes): Attribute {
  const information = attributes.find(AttributeType.STANDARD_INFORMATION);
  if (information && information.valueAt >= 0 && information.size >= SHORT_INFORMATION) return information;
  throw damaged({ struct: StandardInformation.name, offset: attributes.base.offset }, 'creationTime', 'is missing');
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

/** The descriptor that the file names by number. */
function sharedDescriptor(attributes: FileAttributes, metadata: VolumeMetadata): Uint8Array | undefined {
  const { view, valueAt, size } = informationOf(attributes);
  const id = size >= StandardInformation.size ? view.getUint32(valueAt + SECURITY_ID, true) : 0;
  if (id === 0) return undefined;
  const descriptor = metadata.security.get(id);
  if (descriptor) return descriptor;
  const { offset } = attributes.base;
  throw damaged({ struct: StandardInformation.name, offset }, 'securityId', `there is no security descriptor ${String(id)}`);
}
