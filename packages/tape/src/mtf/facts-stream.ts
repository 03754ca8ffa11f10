import { FormatError, type FileEntry, type FileKind, type FileTimes } from '@winback/core';
import { BlockHeader, WinbackFacts } from './layout/index.js';
import { templates } from './templates.js';

const KINDS: readonly FileKind[] = [
  'file',
  'directory',
  'symbolic-link',
  'fifo',
  'socket',
  'character-device',
  'block-device',
  'reparse-point',
];
const KIND_NUMBER = new Map(KINDS.map((kind, number) => [kind, number]));

const Flag = { IMPLIED: 1, FILE_ID: 2, LAST_ACCESS: 4, CREATION: 8, CHANGE: 16, LINK_TO: 32 } as const;

const at = (field: Parameters<typeof WinbackFacts.offsetOf>[0]): number => WinbackFacts.offsetOf(field);
const KIND = at('kind');
const FLAGS = at('flags');
const LINK_COUNT = at('linkCount');
const SIZE = at('size');
const ID_LOW = at('fileIdLow');
const ID_HIGH = at('fileIdHigh');
const LAST_WRITE = at('lastWrite');
const LAST_ACCESS = at('lastAccess');
const CREATION = at('creation');
const CHANGE = at('change');
const LAST_WRITE_BELOW = at('lastWriteBelow');
const LAST_ACCESS_BELOW = at('lastAccessBelow');
const CREATION_BELOW = at('creationBelow');
const CHANGE_BELOW = at('changeBelow');
const BLOCK_CHECKSUM = at('blockChecksum');
const LINK_TO_SIZE = at('linkToSize');
const TWO_32 = 0x1_0000_0000;
const SECOND = 1_000_000_000n;

let scratch = new Uint8Array(4096);
let view = new DataView(scratch.buffer);
scratch.set(templates.facts);

function putTime(seconds: number, below: number, time: bigint): void {
  let s = time / SECOND;
  let rest = time - s * SECOND;
  if (rest < 0n) {
    s -= 1n;
    rest += SECOND;
  }
  view.setBigInt64(seconds, s, true);
  view.setUint32(below, Number(rest), true);
}

/** The facts that blocks have no room for. The bytes are valid until the next call. */
export function encodeFacts(entry: FileEntry, blockChecksum: number): Uint8Array {
  const { times, fileId, linkTo } = entry;
  const size = WinbackFacts.size + (linkTo === undefined ? 0 : linkTo.length * 2);
  if (scratch.length < size) {
    scratch = new Uint8Array(size);
    view = new DataView(scratch.buffer);
  }
  scratch.set(templates.facts);
  let flags = 0;
  if (entry.implied === true) flags |= Flag.IMPLIED;
  if (fileId !== undefined && fileId >= 0n && fileId >> 128n === 0n) {
    flags |= Flag.FILE_ID;
    view.setBigUint64(ID_LOW, BigInt.asUintN(64, fileId), true);
    view.setBigUint64(ID_HIGH, fileId >> 64n, true);
  }
  putTime(LAST_WRITE, LAST_WRITE_BELOW, times.lastWrite);
  if (times.lastAccess !== undefined) {
    flags |= Flag.LAST_ACCESS;
    putTime(LAST_ACCESS, LAST_ACCESS_BELOW, times.lastAccess);
  }
  if (times.creation !== undefined) {
    flags |= Flag.CREATION;
    putTime(CREATION, CREATION_BELOW, times.creation);
  }
  if (times.change !== undefined) {
    flags |= Flag.CHANGE;
    putTime(CHANGE, CHANGE_BELOW, times.change);
  }
  if (linkTo !== undefined) {
    flags |= Flag.LINK_TO;
    view.setUint32(LINK_TO_SIZE, linkTo.length * 2, true);
    for (let i = 0, p = WinbackFacts.size; i < linkTo.length; i++, p += 2) {
      const unit = linkTo.charCodeAt(i);
      view.setUint16(p, unit === 0x2f ? 0 : unit, true);
    }
  }
  view.setUint8(KIND, KIND_NUMBER.get(entry.kind) ?? 0);
  view.setUint8(FLAGS, flags);
  view.setUint32(BLOCK_CHECKSUM, blockChecksum, true);
  view.setUint32(LINK_COUNT, entry.linkCount, true);
  view.setUint32(SIZE, (entry.size % TWO_32) >>> 0, true);
  view.setUint32(SIZE + 4, Math.floor(entry.size / TWO_32), true);
  return scratch.subarray(0, size);
}

const time = (seconds: bigint, below: number): bigint => BigInt.asIntN(64, seconds) * SECOND + BigInt(below);

/** The checksum of a block's fields and strings, which the header's own does not cover. `length` counts from the block's start. */
export function blockChecksum(block: DataView, start: number, length: number): number {
  let sum = 0;
  for (let i = start + BlockHeader.size; i + 4 <= start + length; i += 4) sum ^= block.getUint32(i, true);
  return sum >>> 0;
}

/** `entry` with the facts of a WBFX stream, whose block has the given checksum. @throws FORMAT_SHORT, FORMAT_RANGE, FORMAT_UNSUPPORTED */
export function applyFacts(entry: FileEntry, data: Uint8Array, origin: number, checksum: number): FileEntry {
  const facts = WinbackFacts.decode(data, 0, origin);
  const place = { struct: WinbackFacts.name, offset: origin };
  if (facts.version !== 1)
    throw new FormatError('FORMAT_UNSUPPORTED', `version ${facts.version} of these facts is not known`, {
      ...place,
      field: 'version',
      expected: 1,
      actual: facts.version,
    });
  const kind = KINDS[facts.kind];
  if (kind === undefined)
    throw new FormatError('FORMAT_RANGE', `kind ${facts.kind} is not known`, {
      ...place,
      field: 'kind',
      offset: origin + KIND,
      actual: facts.kind,
    });
  if (data.length < WinbackFacts.size + facts.linkToSize) {
    const left = data.length - WinbackFacts.size;
    throw new FormatError('FORMAT_SHORT', `linkTo needs ${facts.linkToSize} bytes, ${left} left`, {
      ...place,
      field: 'linkToSize',
      expected: facts.linkToSize,
      actual: left,
    });
  }
  if (facts.blockChecksum !== checksum) {
    const text = `the block before has checksum 0x${checksum.toString(16)}, 0x${facts.blockChecksum.toString(16)} was kept: its name and facts cannot be trusted`;
    throw new FormatError('FORMAT_CHECKSUM', text, { ...place, field: 'blockChecksum', expected: facts.blockChecksum, actual: checksum });
  }
  const has = (flag: number): boolean => (facts.flags & flag) !== 0;
  const times: FileTimes = {
    lastWrite: time(facts.lastWrite, facts.lastWriteBelow),
    ...(has(Flag.LAST_ACCESS) ? { lastAccess: time(facts.lastAccess, facts.lastAccessBelow) } : {}),
    ...(has(Flag.CREATION) ? { creation: time(facts.creation, facts.creationBelow) } : {}),
    ...(has(Flag.CHANGE) ? { change: time(facts.change, facts.changeBelow) } : {}),
  };
  const linkTo = has(Flag.LINK_TO)
    ? Buffer.from(data.buffer, data.byteOffset + WinbackFacts.size, facts.linkToSize)
        .toString('utf16le')
        .replaceAll('\0', '/')
    : undefined;
  return {
    ...entry,
    kind,
    size: facts.size,
    times,
    linkCount: facts.linkCount,
    ...(has(Flag.FILE_ID) ? { fileId: (facts.fileIdHigh << 64n) | facts.fileIdLow } : {}),
    ...(has(Flag.IMPLIED) ? { implied: true } : {}),
    ...(linkTo === undefined ? {} : { linkTo }),
  };
}
