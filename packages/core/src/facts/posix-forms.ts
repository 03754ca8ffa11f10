import { FormatError } from '../errors/index.js';
import { bytesToText, textToBytes } from '../text/file-name.js';
import { encodeExtendedAttributes } from './extended-attributes.js';
import { LxAttrB, LxXattrEntry, LxXattrHeader, XattrPiece } from './extended-attributes.layout.js';
import type { ExtendedAttribute, PosixFacts } from './file-entry.js';

/** The extended attributes that WSL keeps POSIX facts in. */
const LX_UID = '$LXUID';
const LX_GID = '$LXGID';
const LX_MODE = '$LXMOD';
const LX_DEVICE = '$LXDEV';
const LX_XATTR = 'LXXATTR';
/** The first WSL kept owner, group, mode and times in one. */
const LX_ATTRIBUTES = 'LXATTRB';
/** Ours, for attributes too large for LXXATTR: `$WBXATTR0`, `$WBXATTR1`… */
const BIG_XATTR = '$WBXATTR';
const EA_VALUE_MAX = 0xffff;

const u32Bytes = (...values: number[]): Uint8Array => {
  const out = new Uint8Array(values.length * 4);
  const view = new DataView(out.buffer);
  values.forEach((v, i) => {
    view.setUint32(i * 4, v, true);
  });
  return out;
};

/** Owner, group, mode, device and POSIX attributes as extended attributes, with other attributes behind them, as one EA_DATA stream. */
export function encodePosixFacts(posix: PosixFacts, others: readonly ExtendedAttribute[] = []): Uint8Array {
  if (!posix.device && !posix.xattrs?.size && others.length === 0) return encodeCommon(posix);
  const list: ExtendedAttribute[] = [
    { name: LX_UID, flags: 0, value: u32Bytes(posix.userId) },
    { name: LX_GID, flags: 0, value: u32Bytes(posix.groupId) },
    { name: LX_MODE, flags: 0, value: u32Bytes(posix.mode) },
  ];
  if (posix.device) list.push({ name: LX_DEVICE, flags: 0, value: u32Bytes(posix.device.major, posix.device.minor) });
  if (posix.xattrs?.size) list.push(...encodeXattrs(posix.xattrs));
  list.push(...others);
  return encodeExtendedAttributes(list);
}

// Nearly every file has just the three, at fixed places.
const COMMON = encodeExtendedAttributes([LX_UID, LX_GID, LX_MODE].map((name) => ({ name, flags: 0, value: new Uint8Array(4) })));
const [AT_UID, AT_GID, AT_MODE] = [15, 35, 55];

function encodeCommon(posix: PosixFacts): Uint8Array {
  const out = COMMON.slice();
  const view = new DataView(out.buffer);
  view.setUint32(AT_UID, posix.userId, true);
  view.setUint32(AT_GID, posix.groupId, true);
  view.setUint32(AT_MODE, posix.mode, true);
  return out;
}

/** The facts of an EA_DATA stream that holds nothing but the three that nearly every file has; undefined for any other. */
export function decodeCommonPosixFacts(data: Uint8Array): PosixFacts | undefined {
  if (data.length !== COMMON.length) return undefined;
  for (let i = 0; i < COMMON.length; i++) {
    if (data[i] !== COMMON[i] && (i < AT_UID || i >= AT_UID + 4) && (i < AT_GID || i >= AT_GID + 4) && i < AT_MODE) return undefined;
  }
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return { userId: view.getUint32(AT_UID, true), groupId: view.getUint32(AT_GID, true), mode: view.getUint32(AT_MODE, true) };
}

/** Takes the POSIX facts out of a list of extended attributes. @throws FORMAT_SHORT when one of them is cut short */
export function takePosixFacts(list: readonly ExtendedAttribute[]): { posix?: PosixFacts; others: ExtendedAttribute[] } {
  let userId: number | undefined;
  let groupId: number | undefined;
  let mode: number | undefined;
  let device: PosixFacts['device'];
  const xattrs = new Map<string, Uint8Array>();
  let first: ReturnType<typeof LxAttrB.decode> | undefined;
  const others: ExtendedAttribute[] = [];
  for (const ea of list) {
    const name = ea.name.toUpperCase();
    if (name === LX_UID) userId = readU32(ea, 0);
    else if (name === LX_GID) groupId = readU32(ea, 0);
    else if (name === LX_MODE) mode = readU32(ea, 0);
    else if (name === LX_DEVICE) device = { major: readU32(ea, 0), minor: readU32(ea, 4) };
    else if (name === LX_XATTR) decodeXattrs(ea.value, xattrs);
    else if (name === LX_ATTRIBUTES) first = LxAttrB.decode(ea.value);
    else if (name.startsWith(BIG_XATTR)) decodePiece(ea.value, xattrs);
    else others.push(ea);
  }
  if (first) {
    mode ??= first.mode;
    userId ??= first.userId;
    groupId ??= first.groupId;
    // Linux' 32-bit dev_t: 12 bits of major number between 8 and 12 bits of minor
    if (first.device !== 0)
      device ??= { major: (first.device >>> 8) & 0xfff, minor: (first.device & 0xff) | ((first.device >>> 12) & 0xfff00) };
  }
  if (mode === undefined) return { others: [...list] };
  const posix: PosixFacts = {
    userId: userId ?? 0,
    groupId: groupId ?? 0,
    mode,
    ...(device ? { device } : {}),
    ...(xattrs.size ? { xattrs } : {}),
  };
  return { posix, others };
}

function readU32(ea: ExtendedAttribute, at: number): number {
  if (ea.value.length < at + 4) {
    throw new FormatError('FORMAT_SHORT', `needs ${String(at + 4)} bytes, has ${String(ea.value.length)}`, { struct: ea.name, offset: at });
  }
  return new DataView(ea.value.buffer, ea.value.byteOffset).getUint32(at, true);
}

function encodeXattrs(xattrs: ReadonlyMap<string, Uint8Array>): ExtendedAttribute[] {
  const entries: { name: Uint8Array; value: Uint8Array }[] = [];
  const pieces: ExtendedAttribute[] = [];
  let size = LxXattrHeader.size;
  for (const [text, value] of xattrs) {
    const name = textToBytes(text);
    const entrySize = LxXattrEntry.size + name.length + value.length + 1;
    if (size + entrySize <= EA_VALUE_MAX) {
      entries.push({ name, value });
      size += entrySize;
    } else pieces.push(...piecesOf(name, value, pieces.length));
  }
  if (entries.length === 0) return pieces;
  const out = new Uint8Array(size);
  LxXattrHeader.encodeInto(out, 0, { unknown00: 0, version: 1 });
  let at = LxXattrHeader.size;
  entries.forEach(({ name, value }, i) => {
    const entrySize = LxXattrEntry.size + name.length + value.length + 1;
    const nextEntryOffset = i === entries.length - 1 ? 0 : entrySize;
    LxXattrEntry.encodeInto(out, at, { nextEntryOffset, valueLength: value.length, nameLength: name.length });
    out.set(name, at + LxXattrEntry.size);
    out.set(value, at + LxXattrEntry.size + name.length);
    at += entrySize;
  });
  return [{ name: LX_XATTR, flags: 0, value: out }, ...pieces];
}

function piecesOf(name: Uint8Array, value: Uint8Array, first: number): ExtendedAttribute[] {
  const room = EA_VALUE_MAX - XattrPiece.size - name.length;
  const pieces: ExtendedAttribute[] = [];
  for (let offset = 0; offset < value.length || offset === 0; offset += room) {
    const head = XattrPiece.encode({ totalLength: value.length, offset, nameLength: name.length });
    const bytes = Buffer.concat([head, name, value.subarray(offset, offset + room)]);
    pieces.push({ name: `${BIG_XATTR}${String(first + pieces.length)}`, flags: 0, value: new Uint8Array(bytes) });
  }
  return pieces;
}

function decodeXattrs(bytes: Uint8Array, into: Map<string, Uint8Array>): void {
  LxXattrHeader.decode(bytes);
  for (let at = LxXattrHeader.size; at < bytes.length;) {
    const head = LxXattrEntry.decode(bytes, at);
    const nameAt = at + LxXattrEntry.size;
    const end = nameAt + head.nameLength + head.valueLength;
    if (end > bytes.length) {
      throw new FormatError('FORMAT_SHORT', `entry ends at ${String(end)}, the list at ${String(bytes.length)}`, {
        struct: LxXattrEntry.name,
        offset: at,
      });
    }
    into.set(bytesToText(bytes.subarray(nameAt, nameAt + head.nameLength)), bytes.slice(nameAt + head.nameLength, end));
    if (head.nextEntryOffset === 0) break;
    if (head.nextEntryOffset < end - at) {
      throw new FormatError('FORMAT_STRUCTURE', 'the next entry begins inside this one', {
        struct: LxXattrEntry.name,
        field: 'nextEntryOffset',
        offset: at,
      });
    }
    at += head.nextEntryOffset;
  }
}

function decodePiece(bytes: Uint8Array, into: Map<string, Uint8Array>): void {
  const head = XattrPiece.decode(bytes);
  const data = bytes.subarray(XattrPiece.size + head.nameLength);
  const name = bytesToText(bytes.subarray(XattrPiece.size, XattrPiece.size + head.nameLength));
  // A piece can belong to one attribute of at most 64 KiB, the most that Linux keeps; a larger claim is damage.
  if (head.totalLength > 0x10000 || head.offset + data.length > head.totalLength) {
    throw new FormatError('FORMAT_RANGE', 'a piece lies outside its value', {
      struct: XattrPiece.name,
      field: 'totalLength',
      offset: 0,
      actual: head.totalLength,
    });
  }
  const old = into.get(name);
  const whole = old?.length === head.totalLength ? old : new Uint8Array(head.totalLength);
  whole.set(data, head.offset);
  into.set(name, whole);
}
