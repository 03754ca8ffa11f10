import type { FileAttributes } from './file-attributes.js';
import { AttributeType, FileName, NameSpace } from './layouts/index.js';
import { recordOf, textAt, viewOf } from './numbers.js';

const PARENT = FileName.offsetOf('parent');
const NAME_LENGTH = FileName.offsetOf('nameLength');
const NAME_SPACE = FileName.offsetOf('nameSpace');

/** What the names of a file say beside themselves. */
export interface NameFacts {
  /** Names that are no short ones. */
  readonly linkCount: number;
  /** The short name that belongs to the name asked for. */
  readonly shortName: string | undefined;
}

/**
 * Counts the names of a file and finds the short one of the name `leaf` in folder `parent`: a DOS name in the same folder belongs to
 * the Win32 name there, of which there is one; other names there are POSIX ones.
 */
export function readNameFacts(attributes: FileAttributes, parent: number, leaf: string): NameFacts {
  let linkCount = 0;
  let short: Uint8Array | undefined;
  for (const { type, resident } of attributes.all) {
    if (type !== AttributeType.FILE_NAME || !resident || resident.length < FileName.size) continue;
    if (resident[NAME_SPACE] !== NameSpace.DOS) linkCount++;
    else if (recordOf(viewOf(resident), PARENT) === parent) short = resident;
  }
  if (!short) return { linkCount, shortName: undefined };
  const isWin32 = attributes.all.some(
    ({ type, resident }) =>
      type === AttributeType.FILE_NAME &&
      resident?.[NAME_SPACE] === NameSpace.WIN32 &&
      recordOf(viewOf(resident), PARENT) === parent &&
      nameIn(resident) === leaf,
  );
  return { linkCount, shortName: isWin32 ? nameIn(short) : undefined };
}

const nameIn = (value: Uint8Array): string =>
  textAt(value, FileName.size, Math.min(value[NAME_LENGTH] ?? 0, (value.length - FileName.size) >> 1));
