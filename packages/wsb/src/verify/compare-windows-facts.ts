import { FileAttribute, type ExtendedAttribute, type FileEntry } from '@winback/core';
import { sameBytes } from './same-bytes.js';

/** Bits that say how a file is stored, or nothing by themselves. */
const STORED =
  FileAttribute.DIRECTORY | FileAttribute.SPARSE_FILE | FileAttribute.REPARSE_POINT | FileAttribute.NORMAL | FileAttribute.DEVICE;
const OBJECT_ID_SIZE = 64;

/** Whether what Windows knows of a file is known of this one: all of Windows' files have a security descriptor, POSIX' files none. */
const isWindowsFile = ({ securityDescriptor, posix }: FileEntry): boolean => securityDescriptor !== undefined || posix === undefined;

/** The facts that only Windows knows in which two entries differ, in words. */
export function windowsDifferences(stored: FileEntry, found: FileEntry): string[] {
  if (!isWindowsFile(stored) || !isWindowsFile(found)) return [];
  const words: string[] = [];
  const compare = (what: string, same: boolean): void => {
    if (!same) words.push(`${what} differs`);
  };
  const [left, right] = [stored.attributes & ~STORED, found.attributes & ~STORED];
  if (left !== right) words.push(`attributes are 0x${right.toString(16)}, were 0x${left.toString(16)}`);
  const { creation } = stored.times;
  if (creation !== undefined && found.times.creation !== undefined) compare('time of creation', creation === found.times.creation);
  compare('security descriptor', sameBytes(stored.securityDescriptor, found.securityDescriptor));
  compare('object id', sameBytes(wholeObjectId(stored.objectId), wholeObjectId(found.objectId)));
  compare('reparse point', sameBytes(stored.reparseData, found.reparseData));
  compare('EFS metadata', sameBytes(stored.efsMetadata, found.efsMetadata));
  // Not every system tells the short name of a file that has several names.
  const untold = found.shortName === undefined && found.linkCount > 1;
  if (stored.shortName !== found.shortName && !untold) {
    words.push(`short name is ${found.shortName ?? 'missing'}, was ${stored.shortName ?? 'none'}`);
  }
  return [...words, ...attributeDifferences(stored.extendedAttributes ?? [], found.extendedAttributes ?? [])];
}

/** 16 bytes are an object id without the ids of its birth. */
function wholeObjectId(id: Uint8Array | undefined): Uint8Array | undefined {
  if (!id || id.length >= OBJECT_ID_SIZE) return id;
  const whole = new Uint8Array(OBJECT_ID_SIZE);
  whole.set(id);
  return whole;
}

function attributeDifferences(stored: readonly ExtendedAttribute[], found: readonly ExtendedAttribute[]): string[] {
  const byName = (list: readonly ExtendedAttribute[]): Map<string, ExtendedAttribute> =>
    new Map(list.map((ea) => [ea.name.toUpperCase(), ea]));
  const [left, right] = [byName(stored), byName(found)];
  const words: string[] = [];
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const [a, b] = [left.get(name), right.get(name)];
    if (!a || !b) words.push(`extended attribute ${name} ${a ? 'is missing' : 'was not there'}`);
    else if (a.flags !== b.flags || !sameBytes(a.value, b.value)) words.push(`extended attribute ${name} has another value`);
  }
  return words;
}
