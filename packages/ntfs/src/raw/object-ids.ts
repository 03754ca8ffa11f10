import type { BlockSource } from './block-source.js';
import type { FileAttributes } from './file-attributes.js';
import { visitIndex } from './index-entries.js';
import { IndexEntry, ObjectIdIndexData, ObjectIdValue } from './layouts/index.js';
import { viewOf } from './numbers.js';

const BIRTH = ObjectIdIndexData.offsetOf('birthIds');
const BIRTH_SIZE = ObjectIdIndexData.size - BIRTH;
/** A file's own attribute holds its id alone; where the file was born stands in an index. */
export type BirthIds = ReadonlyMap<string, Uint8Array>;
export const objectKey = (id: Uint8Array): string => Buffer.from(id.buffer, id.byteOffset, ObjectIdValue.size).toString('latin1');

/** What `$Extend\$ObjId` holds, by {@link objectKey}. @throws FORMAT_STRUCTURE, SOURCE_UNREADABLE */
export function readBirthIds(attributes: FileAttributes, source: BlockSource): BirthIds {
  const ids = new Map<string, Uint8Array>();
  visitIndex(attributes, '$O', source, (entry, key) => {
    const view = viewOf(entry);
    const offset = view.getUint16(0, true);
    const length = view.getUint16(2, true);
    if (key.length !== ObjectIdValue.size || length < ObjectIdIndexData.size || offset < IndexEntry.size || offset + length > entry.length)
      return;
    const whole = new Uint8Array(ObjectIdValue.size + BIRTH_SIZE);
    whole.set(key);
    whole.set(entry.subarray(offset + BIRTH, offset + BIRTH + BIRTH_SIZE), ObjectIdValue.size);
    ids.set(objectKey(key), whole);
  });
  return ids;
}
