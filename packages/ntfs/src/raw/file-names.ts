import type { Attribute } from './attribute.js';
import type { FileAttributes } from './file-attributes.js';
import { AttributeType, FileName, NameSpace } from './layouts/index.js';
import { recordOf, textAt } from './numbers.js';

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
  let short: Attribute | undefined;
  for (const attribute of attributes.all) {
    if (!isName(attribute)) continue;
    if (spaceOf(attribute) !== NameSpace.DOS) linkCount++;
    else if (parentOf(attribute) === parent) short = attribute;
  }
  if (!short) return { linkCount, shortName: undefined };
  const isWin32 = attributes.all.some((a) => isName(a) && spaceOf(a) === NameSpace.WIN32 && parentOf(a) === parent && nameIn(a) === leaf);
  return { linkCount, shortName: isWin32 ? nameIn(short) : undefined };
}

const isName = (attribute: Attribute): boolean =>
  attribute.type === AttributeType.FILE_NAME && attribute.valueAt >= 0 && attribute.size >= FileName.size;
const spaceOf = ({ view, valueAt }: Attribute): number => view.getUint8(valueAt + NAME_SPACE);
const parentOf = ({ view, valueAt }: Attribute): number => recordOf(view, valueAt + PARENT);

function nameIn({ resident, view, valueAt, size }: Attribute): string {
  const units = Math.min(view.getUint8(valueAt + NAME_LENGTH), (size - FileName.size) >> 1);
  return resident ? textAt(resident, FileName.size, units) : '';
}
