import { ReparseTag, type FileKind } from '@winback/core';

/** What a file is, as a byte; 0 is not known yet. */
export const KindCode = {
  UNKNOWN: 0,
  FILE: 1,
  DIRECTORY: 2,
  SYMBOLIC_LINK: 3,
  FIFO: 4,
  SOCKET: 5,
  CHARACTER_DEVICE: 6,
  BLOCK_DEVICE: 7,
  REPARSE_POINT: 8,
  /** A folder that stands for another place: nothing below it belongs to it. */
  MOUNT_POINT: 9,
} as const;
export type KindCode = (typeof KindCode)[keyof typeof KindCode];

const KINDS: readonly FileKind[] = [
  'file',
  'file',
  'directory',
  'symbolic-link',
  'fifo',
  'socket',
  'character-device',
  'block-device',
  'reparse-point',
  'directory',
];

export const kindOf = (code: number): FileKind => KINDS[code] ?? 'file';

const OF_TAG = new Map<number, KindCode>([
  [ReparseTag.SYMLINK, KindCode.SYMBOLIC_LINK],
  [ReparseTag.LX_SYMLINK, KindCode.SYMBOLIC_LINK],
  [ReparseTag.LX_FIFO, KindCode.FIFO],
  [ReparseTag.AF_UNIX, KindCode.SOCKET],
  [ReparseTag.LX_CHR, KindCode.CHARACTER_DEVICE],
  [ReparseTag.LX_BLK, KindCode.BLOCK_DEVICE],
]);

/** Bit of a tag: the file stands for another one (MS-FSCC 2.1.2.1). */
const NAME_SURROGATE = 0x2000_0000;

/** What a reparse point of this tag makes of a file or folder. */
export function kindOfTag(tag: number, isDirectory: boolean): KindCode {
  const kind = OF_TAG.get(tag);
  if (kind !== undefined) return kind;
  if (!isDirectory) return KindCode.REPARSE_POINT;
  return (tag & NAME_SURROGATE) !== 0 ? KindCode.MOUNT_POINT : KindCode.DIRECTORY;
}
