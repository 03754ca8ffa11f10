import { FileAttribute as A } from '@winback/core';

/** What ntfs-3g sets when it is told to. */
const SETTABLE = A.READONLY | A.HIDDEN | A.SYSTEM | A.ARCHIVE | A.TEMPORARY | A.OFFLINE | A.NOT_CONTENT_INDEXED;
/** What other facts bring about, or what says nothing by itself. */
const FOLLOWS = A.DIRECTORY | A.REPARSE_POINT | A.NORMAL | A.DEVICE;
/** ntfs-3g makes it up for files with extended attributes. */
const MADE_UP = A.RECALL_ON_OPEN;
const NAMES = new Map<number, string>([
  ...Object.entries(A).map(([name, bit]) => [bit, name.toLowerCase().replaceAll('_', ' ')] as const),
  [0x8000, 'integrity stream'],
  [0x2_0000, 'no scrub data'],
  [0x8_0000, 'pinned'],
  [0x10_0000, 'unpinned'],
]);

/** Bits above are NTFS' own. */
const FILE_ATTRIBUTES = 0x0fff_ffff;

/** FILE_ATTRIBUTE_* as ntfs-3g tells them, without those that it makes up; extended attributes are told by themselves. */
export function realAttributes(told: number): number {
  const attributes = told & FILE_ATTRIBUTES & ~MADE_UP;
  return attributes === 0 ? A.NORMAL : attributes;
}

export const settableAttributes = (isFolder: boolean): number => (isFolder ? SETTABLE | A.COMPRESSED : SETTABLE);

/** Attributes that a file should have, has not, and cannot be given by this mount. */
export const missingAttributes = (wanted: number, found: number, isFolder: boolean): number =>
  (wanted & ~settableAttributes(isFolder) & ~FOLLOWS & ~realAttributes(found)) >>> 0;

export function attributeNames(attributes: number): string[] {
  const names: string[] = [];
  for (let bit = 1; bit <= 0x8000_0000; bit *= 2) if ((attributes & bit) !== 0) names.push(NAMES.get(bit) ?? `0x${bit.toString(16)}`);
  return names;
}
