import { decodeReparsePoint, FileAttribute, guid, isWinbackError, ReparseDataBuffer, ReparseTag, type FileTimes } from '@winback/core';

const TICK = 100n;
const SECOND = 1_000_000_000n;

/** Names of the flags that are set, for example `not-content-indexed`; unknown ones together as a number. */
export function fileAttributeNames(attributes: number): string[] {
  const names: string[] = [];
  let unknown = attributes;
  for (const [name, flag] of Object.entries(FileAttribute)) {
    if ((attributes & flag) === 0) continue;
    names.push(name.toLowerCase().replaceAll('_', '-'));
    unknown &= ~flag;
  }
  if (unknown !== 0) names.push(`0x${(unknown >>> 0).toString(16)}`);
  return names;
}

/** A time in UTC to 100 ns, or to the nanosecond where it is that fine. Years before 1 and after 9999 have a sign, as ISO 8601 has them. */
export function isoTime(nanoseconds: bigint): string {
  const fraction = ((nanoseconds % SECOND) + SECOND) % SECOND;
  const seconds = (nanoseconds - fraction) / SECOND;
  const digits = fraction
    .toString()
    .padStart(9, '0')
    .slice(0, fraction % TICK === 0n ? 7 : 9);
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds}.${digits} s since 1970` : date.toISOString().replace('.000Z', `.${digits}Z`);
}

export const TIME_NAMES = {
  creation: 'created',
  lastWrite: 'last written',
  lastAccess: 'last read',
  change: 'facts changed',
} as const satisfies Record<keyof FileTimes, string>;

const OBJECT_ID_PARTS = ['objectId', 'birthVolumeId', 'birthObjectId', 'domainId'] as const;

/** The GUIDs of an object id: one, or all four of FILE_OBJECTID_BUFFER (MS-FSCC 2.1.3.1). */
export function objectIdGuids(bytes: Uint8Array): Partial<Record<(typeof OBJECT_ID_PARTS)[number], string>> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = OBJECT_ID_PARTS.filter((_, i) => (i + 1) * guid.size <= bytes.length);
  return Object.fromEntries(whole.map((part, i) => [part, guid.read(view, i * guid.size)]));
}

const TAG_NAMES = new Map<number, string>(Object.entries(ReparseTag).map(([name, tag]) => [tag, name]));

export interface ReparseFacts {
  /** `SYMLINK`; undefined for a tag that nobody knows here. */
  readonly name: string | undefined;
  readonly tag: number;
  readonly target: string | undefined;
}

/** The tag of a reparse point and where it leads; undefined when there is no tag. */
export function reparseFacts(data: Uint8Array): ReparseFacts | undefined {
  if (data.length < ReparseDataBuffer.size) return undefined;
  const tag = ReparseDataBuffer.decode(data).reparseTag;
  return { tag, name: TAG_NAMES.get(tag), target: targetOf(data) };
}

function targetOf(data: Uint8Array): string | undefined {
  try {
    return decodeReparsePoint(data).linkTarget;
  } catch (error) {
    if (isWinbackError(error)) return undefined; // a tag with data that makes no sense is told as it is
    throw error;
  }
}

/** `rwxr-x--t` and the like. */
export function modeText(mode: number): string {
  const special = [
    [0o4000, 's', 'S'],
    [0o2000, 's', 'S'],
    [0o1000, 't', 'T'],
  ] as const;
  return special
    .map(([bit, both, alone], i) => {
      const rights = (mode >> (6 - 3 * i)) & 7;
      const executes = (rights & 1) !== 0;
      const last = (mode & bit) !== 0 ? (executes ? both : alone) : executes ? 'x' : '-';
      return `${rights & 4 ? 'r' : '-'}${rights & 2 ? 'w' : '-'}${last}`;
    })
    .join('');
}

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
