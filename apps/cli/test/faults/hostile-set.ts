import {
  encodeExtendedAttributes,
  encodeSpecialFile,
  factStreams,
  FileAttribute as A,
  MemoryStreams,
  StreamAttribute,
  StreamId,
  systemClock,
  systemRandom,
  type FileEntry,
  type MemoryStream,
} from '@winback/core';
import { testEntry } from '@winback/core/testing';
import { MtfTargetDriver } from '@winback/tape';

/** A file of a set, whatever it says. */
export interface HostileFile {
  readonly entry: FileEntry;
  readonly streams: readonly MemoryStream[];
}

const bytes = (length: number, seed = 7): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 0xff);
const u32 = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const data = (content: string | Uint8Array = 'content'): MemoryStream => ({ id: StreamId.DATA, attributes: 0, data: typeof content === 'string' ? text(content) : content }); // prettier-ignore
const fact = (id: number, content: Uint8Array): MemoryStream => ({ id, attributes: 0, data: content });
const alternate = (name: string, content: Uint8Array = text('evil')): MemoryStream => ({ id: StreamId.ALTERNATE_DATA, attributes: 0, name, data: content }); // prettier-ignore
const block = (offset: number, content: Uint8Array): MemoryStream => ({ id: StreamId.SPARSE_BLOCK, attributes: StreamAttribute.SPARSE, offset, data: content }); // prettier-ignore

const file = (path: string, streams: readonly MemoryStream[], facts: Partial<FileEntry> = {}): HostileFile => ({
  entry: testEntry(path, { size: 7, ...facts }),
  streams,
});
/** A file whose facts are said by its entry and travel as streams. */
const told = (path: string, facts: Partial<FileEntry>, more: readonly MemoryStream[] = [data()]): HostileFile => {
  const entry = testEntry(path, { size: 7, ...facts });
  return { entry, streams: [...factStreams(entry), ...more] };
};
const folder = (path: string, streams: readonly MemoryStream[] = [], facts: Partial<FileEntry> = {}): HostileFile => ({
  entry: testEntry(path, { kind: 'directory', attributes: A.DIRECTORY, ...facts }),
  streams,
});

/** REPARSE_DATA_BUFFER of a symbolic link or mount point of Windows. */
function reparse(tag: number, target: string, extra = 0): Uint8Array {
  const name = Buffer.from(target, 'utf16le');
  const names = Buffer.from(new Uint16Array([0, name.length, name.length + 2, 0]).buffer);
  const flags = tag === SYMLINK ? Buffer.from([1, 0, 0, 0]) : Buffer.alloc(0);
  const body = Buffer.concat([names, flags, name, Buffer.alloc(4)]);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(tag, 0);
  head.writeUInt16LE((body.length + extra) & 0xffff, 4);
  return new Uint8Array(Buffer.concat([head, body]));
}
const SYMLINK = 0xa000_000c;
const MOUNT_POINT = 0xa000_0003;
/** A buffer of this length that is as long as it says, of a tag that nobody has a meaning for. */
function reparseOf(length: number): Uint8Array {
  const buffer = bytes(length);
  const view = new DataView(buffer.buffer);
  if (length >= 4) view.setUint32(0, 0x8000_7777, true);
  if (length >= 8) view.setUint32(4, (length - 8) & 0xffff, true);
  return buffer;
}

const ea = (next: number, name: string, value: Uint8Array, valueLength = value.length): Uint8Array => {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(next, 0);
  head.writeUInt8(name.length, 5);
  head.writeUInt16LE(valueLength, 6);
  return joined(head, text(name), Uint8Array.of(0), value);
};

/** Names that alternate streams may have in a set. */
const STREAM_NAMES: readonly string[] = [
  '../x',
  '/etc/x',
  '..',
  '.',
  'a:b',
  'a\0b',
  'x'.repeat(256),
  'x'.repeat(300),
  '',
  '$I30',
  'user.x',
  'winback.ntfs_acl',
  'winback.stream.x',
  'ntfs.efsinfo',
  'x:$INDEX_ALLOCATION',
  '\ud800',
  ' ',
  'a\\b',
];

const alternates = STREAM_NAMES.flatMap((name, i) => [
  file(`streams/of file ${i}`, [data(), alternate(`:${name}:$DATA`)]),
  file(`streams/bare ${i}`, [data(), alternate(name)]),
  folder(`streams/of folder ${i}`, [alternate(`:${name}:$DATA`)]),
]);

const names: readonly HostileFile[] = [
  ...['../X', 'A/B', 'A\0B', '', '.', '..', 'x'.repeat(32_000), 'COM1', 'A*?', 'twelve chars.long', 'good'].map((shortName, i) => told(`short/${i}`, { shortName })), // prettier-ignore
  told('short/again', { shortName: 'good' }),
];

const sized: readonly HostileFile[] = [
  ...[0, 1, 15, 17, 63, 65, 1000].map((length) => file(`objectid/${length}`, [fact(StreamId.OBJECT_ID, bytes(length)), data()])),
  ...[16, 64].flatMap((length) => [1, 2].map((n) => file(`objectid/${length} ${n}`, [fact(StreamId.OBJECT_ID, bytes(length)), data()]))),
  ...[0, 1, 19, 20, 100, 65_535, 65_536, 65_537, 1 << 20].map((length) => file(`acl/${length}`, [fact(StreamId.SECURITY_DATA, bytes(length)), data()])), // prettier-ignore
  folder('acl/folder', [fact(StreamId.SECURITY_DATA, bytes(1 << 20))]),
  ...[0, 1, 7, 8, 24, 16_384, 16_385, 65_535].flatMap((length) => [
    file(`reparse/${length}`, [fact(StreamId.REPARSE_DATA, reparseOf(length)), data()], { attributes: A.REPARSE_POINT }),
    folder(`reparse/folder ${length}`, [fact(StreamId.REPARSE_DATA, reparseOf(length))], { attributes: A.DIRECTORY | A.REPARSE_POINT }),
  ]),
];

const eaLists: readonly (readonly [string, Uint8Array])[] = [
  ['zero in the middle', joined(ea(0, 'A', text('1234567')), ea(0, 'B', text('x')))],
  ['itself', ea(1, 'A', text('1234567'))],
  ['backwards', joined(ea(20, 'A', text('1234567890')), ea(0xffff_ffec, 'B', text('x')))],
  ['overlapping', joined(ea(12, 'A', text('1234567')), ea(12, 'B', text('1234567')), ea(0, 'C', text('x')))],
  ['behind the end', ea(1 << 30, 'A', text('x'))],
  ['value behind the end', ea(0, 'A', text('x'), 60_000)],
  ['no name', ea(0, '', text('x'))],
  ['one', ea(0, '$LXUID', Uint8Array.of(1))],
  ['many', encodeExtendedAttributes(Array.from({ length: 60_000 }, (_, i) => ({ name: `N${i}`, flags: 0, value: bytes(8, i) })))],
  ['large', encodeExtendedAttributes(Array.from({ length: 100 }, (_, i) => ({ name: `N${i}`, flags: 0, value: bytes(65_535, i) })))],
  ['random', bytes(5000, 3)],
  ['names', encodeExtendedAttributes(['../X', 'A/B', 'A\0B', '*', 'lower', '$KERNEL.X'].map((name) => ({ name, flags: 0x80, value: text('x') })))], // prettier-ignore
];
const posixAttributes = (uid: number, mode: number): Uint8Array =>
  encodeExtendedAttributes([
    { name: '$LXUID', flags: 0, value: u32(uid) },
    { name: '$LXGID', flags: 0, value: u32(uid) },
    { name: '$LXMOD', flags: 0, value: u32(mode) },
  ]);
const eas: readonly HostileFile[] = [
  ...eaLists.map(([name, list]) => file(`ea/${name}`, [fact(StreamId.EA_DATA, list), data()])),
  file('ea/root', [fact(StreamId.EA_DATA, posixAttributes(0, 0o104755)), data('#!/bin/sh\n')]),
  file('ea/a folder', [fact(StreamId.EA_DATA, posixAttributes(1, 0o040777)), data()]),
  file('ea/a device', [fact(StreamId.EA_DATA, posixAttributes(1, 0o060666)), data()]),
  file('ea/twice', [fact(StreamId.EA_DATA, posixAttributes(1, 0o100600)), fact(StreamId.EA_DATA, posixAttributes(0, 0o104777)), data()]),
];

const xattrNames = [
  'user.winback.ntfs_acl',
  'user.winback.ntfs_attrib',
  'user.winback.ntfs_reparse_data',
  'user.winback.ntfs_efsinfo',
  'user.winback.stream.planted',
  'trusted.winback.ntfs_acl',
  'system.ntfs_acl',
  'system.ntfs_reparse_data',
  'user.ntfs.efsinfo',
  'security.selinux',
  'security.capability',
  'security.x',
  'system.posix_acl_access',
  '',
  'nonamespace',
  'user.',
  `user.${'x'.repeat(250)}`,
];
const xattrs: readonly HostileFile[] = xattrNames.map(
  (name, i) =>
  told(`xattr/${i}`, { posix: { userId: 0, groupId: 0, mode: 0o100644, xattrs: new Map([[name, bytes(name.endsWith('attrib') ? 4 : 64, i + 1)], ['user.good', text('good')]]) } }), // prettier-ignore
);

/** What leads elsewhere, and files that a set has "inside" it. */
function leading(outside: string): HostileFile[] {
  const windows = (path: string): string => path.replaceAll('/', '\\');
  const targets = ['/', '../..', '../../..', outside];
  return targets.flatMap((target, i) => [
    folder(`leads/mount point ${i}`, [fact(StreamId.REPARSE_DATA, reparse(MOUNT_POINT, windows(target)))], { attributes: A.DIRECTORY | A.REPARSE_POINT }), // prettier-ignore
    file(`leads/mount point ${i}/inside`, [data('evil')]),
    folder(`leads/mount point ${i}/folder`),
    file(`leads/mount point ${i}/folder/inside`, [data('evil')]),
    folder(`leads/folder link ${i}`, [fact(StreamId.REPARSE_DATA, reparse(SYMLINK, windows(target)))], { attributes: A.DIRECTORY | A.REPARSE_POINT }), // prettier-ignore
    file(`leads/folder link ${i}/inside`, [data('evil')]),
    file(`leads/posix link ${i}`, [fact(StreamId.REPARSE_DATA, encodeSpecialFile('symbolic-link', target))], { kind: 'symbolic-link', attributes: A.REPARSE_POINT | A.DIRECTORY, linkTarget: target }), // prettier-ignore
    file(`leads/posix link ${i}/inside`, [data('evil')]),
    file(`leads/was a file ${i}`, [fact(StreamId.REPARSE_DATA, reparse(SYMLINK, windows(target))), data('evil')]),
    file(`leads/was a file ${i}/inside`, [data('evil')]),
    // The link comes when its folder is full.
    folder(`leads/late ${i}`),
    file(`leads/late ${i}/inside`, [data('good')]),
    folder(`leads/late ${i}`, [fact(StreamId.REPARSE_DATA, reparse(MOUNT_POINT, windows(target)))], { attributes: A.DIRECTORY | A.REPARSE_POINT }), // prettier-ignore
    file(`leads/late ${i}/inside 2`, [data('evil')]),
    file(`leads/cut ${i}`, [fact(StreamId.REPARSE_DATA, reparse(SYMLINK, windows(target), 500)), data()]),
  ]);
}

function links(outside: string): HostileFile[] {
  const link = (path: string, linkTo: string): HostileFile => {
    const entry = testEntry(path, { linkTo, linkCount: 2 });
    return { entry, streams: [{ id: StreamId.LINK, attributes: 0, data: new Uint8Array(Buffer.from(`\\${linkTo.replaceAll('/', '\\')}`, 'utf16le')) }] }; // prettier-ignore
  };
  return [
    file('links/first', [data('first'), alternate(':ads:$DATA')], { linkCount: 2 }),
    link('links/good', 'links/first'),
    folder('links/folder'),
    ...['links/folder', 'links', '', '..', `../../..${outside}/f`, `${outside}/f`, 'links/first:ads', 'links/first:ads:$DATA', 'links/itself', 'leads/posix link 3/f', 'leads/folder link 3/f'].map((to, i) => link(to === 'links/itself' ? to : `links/${i}`, to)), // prettier-ignore
    file('links/streams', [{ id: StreamId.LINK, attributes: 0, data: new Uint8Array(Buffer.from(`..\\..\\..${outside.replaceAll('/', '\\')}\\f`, 'utf16le')) }]), // prettier-ignore
    file('links/long', [{ id: StreamId.LINK, attributes: 0, data: bytes(70_000) }]),
  ];
}

const sparse = (path: string, blocks: readonly MemoryStream[]): HostileFile =>
  file(path, [{ id: StreamId.DATA, attributes: StreamAttribute.SPARSE, data: new Uint8Array() }, ...blocks], { attributes: A.SPARSE_FILE });
const MOST = Number.MAX_SAFE_INTEGER;
const blocks: readonly HostileFile[] = [
  sparse('sparse/order', [block(131_072, text('b')), block(0, text('a')), block(65_536, text('c'))]),
  sparse('sparse/overlap', [block(0, bytes(70_000, 1)), block(60_000, bytes(70_000, 2)), block(0, text('z'))]),
  sparse('sparse/far', [block(2 ** 43, text('x'))]),
  sparse('sparse/farther', [block(2 ** 44 - 4096, text('x'))]),
  sparse('sparse/farthest', [block(MOST - 1, text('x'))]),
  sparse('sparse/empty at the end', [block(MOST, new Uint8Array())]),
  file('sparse/none', [block(65_536, text('x'))]),
  file('sparse/of a stream', [data(), { ...alternate(':s:$DATA', new Uint8Array()), attributes: StreamAttribute.SPARSE }, block(MOST - 1, text('x')), block(2 ** 40, text('x'))]), // prettier-ignore
  file('sparse/large stream', [data(), alternate(':large:$DATA', bytes(300_000)), alternate(':large:$DATA', bytes(3))]),
];

const numbers: readonly HostileFile[] = [
  ...[0xffff_ffff, 0x8000_0000, A.DIRECTORY, A.REPARSE_POINT, A.ENCRYPTED | A.COMPRESSED, A.DEVICE, 0].map((attributes) => file(`attributes/${attributes}`, [data()], { attributes })), // prettier-ignore
  folder('attributes/folder', [], { attributes: 0xffff_ffff }),
  folder('attributes/no folder', [], { attributes: A.NORMAL }),
  ...[-1n, -11_644_473_600_000_000_001n, -(2n ** 62n), 910_692_730_085_477_580_700n / 1n, 2n ** 69n, -(2n ** 69n)].map((time, i) => told(`times/${i}`, { times: { lastWrite: time, lastAccess: time, creation: time, change: time } })), // prettier-ignore
  ...[0, 1, 513, 514, 1026].flatMap((length) => [4, 200, 70_000].map((keys) => told(`efs/${length} ${keys}`, { efsMetadata: bytes(keys), attributes: A.ENCRYPTED, size: length }, [data(bytes(length))]))), // prettier-ignore
  told('efs/folder', { kind: 'directory', attributes: A.DIRECTORY | A.ENCRYPTED, efsMetadata: bytes(100) }, []),
];

/** Files that a set can hold and no program writes, with files that are good between them. */
export function hostileFiles(outside: string): readonly HostileFile[] {
  const all = [...alternates, ...names, ...sized, ...eas, ...xattrs, ...leading(outside), ...links(outside), ...blocks, ...numbers];
  const tops = [...new Set(all.map(({ entry }) => entry.path.split('/')[0] ?? ''))];
  return tops.flatMap((top) => [
    folder(top),
    ...all.filter(({ entry }) => entry.path.startsWith(`${top}/`)),
    file(`${top}/~good`, [data('good')], { size: 4 }),
  ]);
}

/** Writes them as one set; answers those that the target would not take. */
export async function writeSet(target: string, files: readonly HostileFile[], root = '/data'): Promise<readonly string[]> {
  const refused: string[] = [];
  const open = new MtfTargetDriver(systemClock, systemRandom).open(target, { mode: 'append', create: true });
  const writer = open.createSet({ name: 'hostile', description: '', machine: 'm', user: 'u', kind: 'copy' });
  writer.beginVolume({ root, fileSystem: 'ntfs', device: '/dev/x' });
  for (const { entry, streams } of files) {
    try {
      writer.add(entry, new MemoryStreams(streams));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      refused.push(`${entry.path}: ${error.message}`);
    }
  }
  const now = '2026-03-01T12:34:56.000Z';
  await writer.commit({ format: 1, software: 's', host: 'h', started: now, finished: now, include: [], exclude: [], snapshots: [], files: files.length, directories: 0, bytes: 0, excluded: 0, problemCount: 0, problems: [] }); // prettier-ignore
  open.close();
  return refused;
}
