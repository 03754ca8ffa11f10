import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  encodeExtendedAttributes,
  encodeFineTimes,
  encodePosixFacts,
  toFileTime,
  FileAttribute,
  ReparseDataBuffer,
  ReparseTag,
} from '@winback/core';
import { setXattr } from './ntfs-image.js';

/** Bytes that look random and are the same each time. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed * 2654435761;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Bytes that compress well, but not to nothing. */
export const text = (length: number): Uint8Array => {
  const line = Buffer.from('The quick brown fox jumps over the lazy dog. ');
  return Uint8Array.from({ length }, (_, i) => (i % 997 === 0 ? i : line[i % line.length]!) & 0xff);
};

const u32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};

/** Creation, last write and last access, as system.ntfs_times takes them. */
function fileTimes(...times: bigint[]): Uint8Array {
  const bytes = Buffer.alloc(32);
  times.forEach((time, i) => bytes.writeBigUInt64LE(toFileTime(time), i * 8));
  return bytes;
}

/** An extended attribute list as NTFS has it: the last entry too says how long it is. */
function onDisk(list: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(list.length / 4) * 4);
  bytes.set(list);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (let next = view.getUint32(at, true); next !== 0; next = view.getUint32(at, true)) at += next;
  view.setUint32(at, bytes.length - at, true);
  return bytes;
}

const reparse = (tag: number, data: Uint8Array): Uint8Array =>
  Buffer.concat([ReparseDataBuffer.encode(ReparseDataBuffer.create({ reparseTag: tag, reparseDataLength: data.length })), data]);

function mountPoint(target: string): Uint8Array {
  const substitute = Buffer.from(`\\??\\${target}\0`, 'utf16le');
  const print = Buffer.from(`${target}\0`, 'utf16le');
  const head = Buffer.alloc(8);
  head.writeUInt16LE(0, 0);
  head.writeUInt16LE(substitute.length - 2, 2);
  head.writeUInt16LE(substitute.length, 4);
  head.writeUInt16LE(print.length - 2, 6);
  return reparse(ReparseTag.MOUNT_POINT, Buffer.concat([head, substitute, print]));
}

/** SYSTEM owns it; Everyone may read, with `mask` on top, so that descriptors differ. */
export function descriptor(mask: number): Uint8Array {
  return Buffer.concat([
    Buffer.from('0100048014000000200000000000000030000000', 'hex'),
    Buffer.from('010100000000000512000000', 'hex'),
    Buffer.from('01020000000000052000000020020000', 'hex'),
    Buffer.from('02001c0001000000', 'hex'),
    Buffer.from('00001400', 'hex'),
    u32(0x120089 | mask),
    Buffer.from('010100000000000100000000', 'hex'),
  ]);
}

/** A tag that is not Microsoft's: a GUID stands before the data and is not counted. */
const ofSomebody = (data: Uint8Array): Uint8Array => {
  const head = ReparseDataBuffer.encode(ReparseDataBuffer.create({ reparseTag: 0x1234, reparseDataLength: data.length }));
  return Buffer.concat([head, noise(16), data]);
};

/** Files and folders with every fact that ntfs-3g can set, in a volume mounted with streams_interface=windows,compression. */
export function makeFiles(root: string): void {
  const at = (path: string): string => join(root, path);
  const put = (path: string, data: Uint8Array | string): void => writeFileSync(at(path), data);

  mkdirSync(at('sizes'));
  for (const size of [0, 1, 500, 700, 4095, 4096, 4097, 65536, 300_001]) put(`sizes/${size}`, noise(size, size));
  put('big', noise(5_000_000));

  mkdirSync(at('names'));
  for (const name of [
    'A b.txt',
    'a B.TXT2',
    'Ünïcödé',
    '日本語',
    '🦆 duck',
    '\uffee',
    'é',
    'z'.repeat(255),
    '日'.repeat(255),
    'dot.',
    '"q"',
    'a\nb',
  ]) {
    put(`names/${name}`, name);
  }

  mkdirSync(at('sparse'));
  const sparse = openSync(at('sparse/holes'), 'w');
  for (const place of [0, 200_000, 1_000_000, 5_000_000]) writeSync(sparse, noise(10_000, place), 0, 10_000, place);
  ftruncateSync(sparse, 9_999_999);
  closeSync(sparse);
  put('sparse/all hole', '');
  truncateSync(at('sparse/all hole'), 123_456_789);
  put('sparse/grown', noise(5000));
  truncateSync(at('sparse/grown'), 90_000);

  mkdirSync(at('compressed'));
  setXattr(at('compressed'), 'system.ntfs_attrib', u32(FileAttribute.COMPRESSED));
  for (const size of [0, 100, 4096, 65_535, 65_536, 65_537, 500_000]) put(`compressed/text ${size}`, text(size));
  put('compressed/noise', noise(200_000));
  put('compressed/mixed', Buffer.concat([text(100_000), noise(100_000), new Uint8Array(200_000), text(5)]));
  put('compressed/zeros', new Uint8Array(300_000));
  put('compressed/text 4096:stream', text(70_000));

  mkdirSync(at('streams'));
  put('streams/file', 'main');
  for (const name of ['b', 'a', 'Zone.Identifier', 'é', 'big one']) put(`streams/file:${name}`, name === 'big one' ? noise(200_000) : name);
  put('streams:of the folder', 'folder');
  put('streams/empty main', '');
  put('streams/empty main:x', '');
  put('streams/many', 'many');
  for (let i = 0; i < 60; i++) put(`streams/many:${'n'.repeat(20)}${i}`, noise(i * 40, i));
  put('streams/sparse', 'x');
  const stream = openSync(at('streams/sparse:holes'), 'w');
  writeSync(stream, noise(5000), 0, 5000, 700_000);
  ftruncateSync(stream, 2_000_000);
  closeSync(stream);

  mkdirSync(at('links'));
  mkdirSync(at('links/other'));
  put('links/first', 'linked');
  linkSync(at('links/first'), at('links/second'));
  linkSync(at('links/first'), at('links/other/third'));
  put('links/crowd', 'crowd');
  for (let i = 0; i < 50; i++) linkSync(at('links/crowd'), at(`links/other/crowd with a long name ${i}`));

  mkdirSync(at('short'));
  put('short/A long name.text', 'x');
  setXattr(at('short/A long name.text'), 'system.ntfs_dos_name', Buffer.from('ALONGN~1.TEX'));
  mkdirSync(at('short/A long folder'));
  setXattr(at('short/A long folder'), 'system.ntfs_dos_name', Buffer.from('ALONGF~1'));
  put('short/Linked with a short name', 'x');
  setXattr(at('short/Linked with a short name'), 'system.ntfs_dos_name', Buffer.from('LINKED~1'));
  linkSync(at('short/Linked with a short name'), at('short/link to it'));

  mkdirSync(at('facts'));
  for (let i = 0; i < 5; i++) {
    put(`facts/acl ${i}`, 'acl');
    setXattr(at(`facts/acl ${i}`), 'system.ntfs_acl', descriptor(i >> 1));
  }
  for (const [name, bits] of Object.entries({
    readonly: FileAttribute.READONLY,
    hidden: FileAttribute.HIDDEN | FileAttribute.SYSTEM | FileAttribute.ARCHIVE,
    temporary: FileAttribute.TEMPORARY | FileAttribute.OFFLINE | FileAttribute.NOT_CONTENT_INDEXED,
  })) {
    put(`facts/${name}`, name);
    setXattr(at(`facts/${name}`), 'system.ntfs_attrib', u32(bits));
  }
  put('facts/no attributes', '');
  setXattr(at('facts/no attributes'), 'system.ntfs_attrib', u32(0));
  put('facts/object id', 'id');
  setXattr(at('facts/object id'), 'system.ntfs_object_id', noise(64, 3));
  put('facts/short object id', 'id');
  setXattr(at('facts/short object id'), 'system.ntfs_object_id', noise(16, 4));
  put('facts/ea', 'ea');
  const eas = [
    { name: 'ONE', flags: 0, value: Buffer.from('first') },
    { name: 'TWO', flags: 0x80, value: noise(3000) },
  ];
  setXattr(at('facts/ea'), 'system.ntfs_ea', onDisk(encodeExtendedAttributes(eas)));
  put('facts/wsl', 'wsl');
  setXattr(at('facts/wsl'), 'system.ntfs_ea', onDisk(encodePosixFacts({ userId: 1000, groupId: 100, mode: 0o100644 }, eas.slice(0, 1))));
  const fine = encodeFineTimes({ lastWrite: 1_500_000_000_123_456_789n, lastAccess: 3n, creation: 5n });
  put('facts/fine times', 'fine');
  setXattr(at('facts/fine times'), 'system.ntfs_ea', onDisk(encodeExtendedAttributes([fine!, eas[0]!])));
  setXattr(at('facts/fine times'), 'system.ntfs_times', fileTimes(5n, 1_500_000_000_123_456_789n, 7_000n));
  put('facts/times', 'times');
  utimesSync(at('facts/times'), 12.345678, 1_600_000_000.123);

  mkdirSync(at('reparse'));
  mkdirSync(at('reparse/mount point'));
  setXattr(at('reparse/mount point'), 'system.ntfs_reparse_data', mountPoint('C:\\elsewhere'));
  for (const [name, data] of Object.entries({
    sis: reparse(ReparseTag.SIS, noise(64)),
    dedup: reparse(ReparseTag.DEDUP, noise(384)),
    wof: reparse(ReparseTag.WOF, Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)),
    large: reparse(0x8000_1234, noise(16_000)),
    third: ofSomebody(Buffer.from('data')),
  })) {
    put(`reparse/${name}`, noise(10_000));
    setXattr(at(`reparse/${name}`), 'system.ntfs_reparse_data', data);
  }
  const link = Buffer.from('..\\sizes\\700', 'utf16le');
  put('reparse/windows link', '');
  const linkHead = Buffer.from([0, 0, link.length, 0, 0, 0, link.length, 0, 1, 0, 0, 0]);
  setXattr(at('reparse/windows link'), 'system.ntfs_reparse_data', reparse(ReparseTag.SYMLINK, Buffer.concat([linkHead, link])));
  put('reparse/wsl link', '');
  setXattr(at('reparse/wsl link'), 'system.ntfs_reparse_data', reparse(ReparseTag.LX_SYMLINK, Buffer.from('\x02\0\0\0../sizes')));
  symlinkSync('sizes', at('reparse/link of ntfs-3g'));

  mkdirSync(at('many'));
  for (let i = 0; i < 2000; i++) put(`many/file ${String(i).padStart(5, '0')}`, i % 3 === 0 ? '' : String(i));
}

/** What only special_files=wsl makes. */
export function makeSpecialFiles(root: string): void {
  execFileSync('mkfifo', [join(root, 'reparse/fifo')]);
  execFileSync('mknod', [join(root, 'reparse/device'), 'b', '8', '17']);
  symlinkSync('../sizes', join(root, 'reparse/link of wsl'));
}
