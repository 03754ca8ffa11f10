import { FormatError } from '../errors/index.js';
import { bytesToText, textToBytes } from '../text/file-name.js';
import type { FileKind } from './file-entry.js';
import { ReparseDataBuffer, ReparseTag, SymbolicLinkReparse } from './reparse.layout.js';

/** The largest buffer that Windows accepts. */
export const REPARSE_MAX = 16_384;
/** Version of the LX_SYMLINK data that WSL writes. */
const LX_SYMLINK_VERSION = 2;

const KIND_OF_TAG = new Map<number, FileKind>([
  [ReparseTag.LX_SYMLINK, 'symbolic-link'],
  [ReparseTag.SYMLINK, 'symbolic-link'],
  [ReparseTag.LX_FIFO, 'fifo'],
  [ReparseTag.AF_UNIX, 'socket'],
  [ReparseTag.LX_CHR, 'character-device'],
  [ReparseTag.LX_BLK, 'block-device'],
]);

export interface ReparsePoint {
  readonly tag: number;
  readonly kind: FileKind;
  /** Symbolic links. */
  readonly linkTarget?: string | undefined;
}

/** A POSIX file of a special kind as the reparse point that WSL uses for it. */
export function encodeSpecialFile(kind: Exclude<FileKind, 'file' | 'directory' | 'reparse-point'>, linkTarget = ''): Uint8Array {
  const data =
    kind === 'symbolic-link' ? Buffer.concat([Uint8Array.of(LX_SYMLINK_VERSION, 0, 0, 0), textToBytes(linkTarget)]) : new Uint8Array(0);
  const tag = {
    'symbolic-link': ReparseTag.LX_SYMLINK,
    fifo: ReparseTag.LX_FIFO,
    socket: ReparseTag.AF_UNIX,
    'character-device': ReparseTag.LX_CHR,
    'block-device': ReparseTag.LX_BLK,
  }[kind];
  const head = ReparseDataBuffer.encode(ReparseDataBuffer.create({ reparseTag: tag, reparseDataLength: data.length }));
  return new Uint8Array(Buffer.concat([head, data]));
}

/** @throws FORMAT_SHORT, FORMAT_STRUCTURE */
export function decodeReparsePoint(buffer: Uint8Array): ReparsePoint {
  const head = ReparseDataBuffer.decode(buffer);
  const data = buffer.subarray(ReparseDataBuffer.size, ReparseDataBuffer.size + head.reparseDataLength);
  if (data.length < head.reparseDataLength) {
    throw new FormatError('FORMAT_SHORT', `needs ${String(head.reparseDataLength)} bytes of data, ${String(data.length)} left`, {
      struct: ReparseDataBuffer.name,
      field: 'reparseDataLength',
      offset: 4,
    });
  }
  const tag = head.reparseTag;
  const kind = KIND_OF_TAG.get(tag) ?? 'reparse-point';
  if (tag === ReparseTag.LX_SYMLINK) return { tag, kind, linkTarget: bytesToText(data.subarray(4)) };
  if (tag === ReparseTag.SYMLINK) return { tag, kind, linkTarget: symbolicLinkTarget(data) };
  return { tag, kind };
}

function symbolicLinkTarget(data: Uint8Array): string {
  const link = SymbolicLinkReparse.decode(data, 0, ReparseDataBuffer.size);
  const [offset, length] =
    link.printNameLength > 0 ? [link.printNameOffset, link.printNameLength] : [link.substituteNameOffset, link.substituteNameLength];
  const at = SymbolicLinkReparse.size + offset;
  if (at + length > data.length) {
    throw new FormatError('FORMAT_SHORT', 'the name ends outside the buffer', {
      struct: SymbolicLinkReparse.name,
      offset: ReparseDataBuffer.size + at,
    });
  }
  return Buffer.from(data.subarray(at, at + length)).toString('utf16le');
}
