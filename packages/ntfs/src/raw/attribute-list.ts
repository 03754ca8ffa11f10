import { damaged, type Place } from './damage.js';
import { AttributeListEntry } from './layouts/index.js';
import { recordOf, sequenceOf, textAt, u64At, viewOf } from './numbers.js';

const LENGTH = AttributeListEntry.offsetOf('length');
const NAME_LENGTH = AttributeListEntry.offsetOf('nameLength');
const NAME_OFFSET = AttributeListEntry.offsetOf('nameOffset');
const LOWEST_VCN = AttributeListEntry.offsetOf('lowestVcn');
const RECORD = AttributeListEntry.offsetOf('record');
const ID = AttributeListEntry.offsetOf('attributeId');

/** The most that an attribute list may have: Windows allows 256 KiB. */
export const ATTRIBUTE_LIST_MAX = 1024 * 1024;

/** Where one piece of an attribute is. */
export interface ListEntry {
  readonly type: number;
  readonly name: string;
  readonly lowestVcn: number;
  readonly record: number;
  readonly sequence: number;
  readonly id: number;
}

/** @throws FORMAT_STRUCTURE */
export function readAttributeList(list: Uint8Array, place: Place): ListEntry[] {
  const view = viewOf(list);
  const entries: ListEntry[] = [];
  for (let at = 0; at + AttributeListEntry.size <= list.length;) {
    const length = view.getUint16(at + LENGTH, true);
    const nameLength = view.getUint8(at + NAME_LENGTH);
    const nameOffset = view.getUint8(at + NAME_OFFSET);
    if (length < AttributeListEntry.size || at + length > list.length || (nameLength > 0 && nameOffset + nameLength * 2 > length)) {
      throw damaged(
        { struct: AttributeListEntry.name, offset: place.offset },
        'length',
        `entry ${String(entries.length)} of ${String(length)} bytes`,
      );
    }
    entries.push({
      type: view.getUint32(at, true),
      name: nameLength === 0 ? '' : textAt(list, at + nameOffset, nameLength),
      lowestVcn: u64At(view, at + LOWEST_VCN),
      record: recordOf(view, at + RECORD),
      sequence: sequenceOf(view, at + RECORD),
      id: view.getUint16(at + ID, true),
    });
    at += length;
  }
  return entries;
}
