import { StreamAttribute, StreamId } from './stream-id.layout.js';

const ID_NAMES = new Map<number, string>(Object.entries(StreamId).map(([name, id]) => [id, name]));

/** A stream's id as winbase.h names it, without `BACKUP_`: `ALTERNATE_DATA`; an unknown one as a number: `0x1f`. */
export const streamIdName = (id: number): string => ID_NAMES.get(id) ?? `0x${id.toString(16)}`;

/** The names of the STREAM_* flags that are set, unknown ones together as a number. */
export function streamAttributeNames(attributes: number): string[] {
  const names: string[] = [];
  let unknown = attributes;
  for (const [name, flag] of Object.entries(StreamAttribute)) {
    if ((attributes & flag) === 0) continue;
    names.push(name);
    unknown &= ~flag;
  }
  if (unknown !== 0) names.push(`0x${(unknown >>> 0).toString(16)}`);
  return names;
}
