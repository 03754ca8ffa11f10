import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeExtendedAttributes,
  encodeSidecar,
  encodeSpecialFile,
  FileAttribute as A,
  takeSidecar,
  type FileEntry,
  type FileKind,
} from '../../src/facts/index.js';
import { TEST_TIME, testEntry, testLink } from '../../src/testing/index.js';

const posix = { userId: 0, groupId: 0, mode: 0o100644 };
const xattrsOf = (entry: FileEntry, alternates?: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> =>
  new Map(encodeSidecar(entry, alternates).map(({ name, value }) => [name, value]));

const descriptor = Uint8Array.from({ length: 20 }, (_, i) => (i === 0 ? 1 : 0));
const reparse = (tag: number, ...data: number[]): Uint8Array => Uint8Array.of(tag & 0xff, (tag >>> 8) & 0xff, (tag >>> 16) & 0xff, tag >>> 24, data.length, 0, 0, 0, ...data); // prettier-ignore
const SIS = reparse(0x8000_0007, 1, 2, 3);
const JUNCTION = reparse(0xa000_0003, 0, 0, 0, 0, 0, 0, 0, 0);
const symbolicLink = (target: string): Uint8Array => {
  const name = Buffer.from(target, 'utf16le');
  const data = Buffer.concat([Buffer.from(new Uint16Array([0, name.length, 0, name.length, 1, 0]).buffer), name]);
  return reparse(0xa000_000c, ...data);
};
const efs = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length).fill(7);
  new DataView(bytes.buffer).setUint32(0, length, true);
  return bytes;
};

const WINDOWS: Partial<FileEntry> = {
  attributes: A.HIDDEN | A.READONLY | A.COMPRESSED,
  securityDescriptor: descriptor,
  shortName: 'SHORT~1.TXT',
  objectId: new Uint8Array(16).fill(3),
  extendedAttributes: [
    { name: 'ONE', flags: 0x80, value: Uint8Array.of(1) },
    { name: 'TWO', flags: 0, value: Uint8Array.of(1, 2, 3, 4) },
  ],
  times: { lastWrite: TEST_TIME, creation: TEST_TIME - 1_000_000_000n },
};

describe('facts of Windows beside a POSIX file', () => {
  it('are what ntfs-3g would give and take under its own names', () => {
    const kept = xattrsOf(testEntry('f', { ...WINDOWS, efsMetadata: efs(90) }), new Map([['Zone.Identifier', Buffer.from('x')]]));
    expect([...kept].map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`)).toEqual([
      'user.winback.ntfs_attrib=03080000',
      'user.winback.ntfs_crtime=8709e214b410d701',
      `user.winback.ntfs_acl=${Buffer.from(descriptor).toString('hex')}`,
      `user.winback.ntfs_dos_name=${Buffer.from('SHORT~1.TXT').toString('hex')}`,
      `user.winback.ntfs_object_id=${'03'.repeat(16)}`,
      // The last entry tells its length too.
      'user.winback.ntfs_ea=10000000800301004f4e45000100000010000000000304005457 4f0001020304'.replace(' ', ''),
      `user.winback.ntfs_efsinfo=${Buffer.from(efs(90)).toString('hex')}`,
      'user.winback.stream.Zone.Identifier=78',
    ]);
  });

  it('come back from there', () => {
    const entry = testEntry('f', { ...WINDOWS, kind: 'reparse-point', reparseData: SIS, posix });
    const alternates = new Map([
      ['empty', new Uint8Array()],
      ['ünïcödé: \u{1f600}', Buffer.from('x')],
    ]);
    const bare = testEntry('f', { posix, size: 5, times: { lastWrite: TEST_TIME } });
    const found = takeSidecar(bare, new Map([...xattrsOf(entry, alternates), ['user.mine', Buffer.from('y')]]))!;
    expect({ ...bare, ...found.facts }).toEqual({ ...entry, size: 5, attributes: WINDOWS.attributes! | A.REPARSE_POINT });
    expect(found.alternates).toEqual(alternates);
    expect([...found.xattrs!.keys()]).toEqual(['user.mine']);
    expect(found.broken).toEqual([]);
  });

  it('are none where there is nothing that only Windows knows', () => {
    for (const entry of [
      testEntry('f', { posix }),
      testEntry('f', { posix, attributes: A.ARCHIVE | A.SPARSE_FILE }),
      testEntry('d', { kind: 'directory', posix, attributes: A.DIRECTORY }),
      testEntry('l', { ...testLink('x'), posix }),
      testEntry('p', { kind: 'fifo', attributes: A.REPARSE_POINT, reparseData: encodeSpecialFile('fifo'), posix }),
    ]) {
      expect(encodeSidecar(entry), entry.path).toEqual([]);
    }
    expect(takeSidecar(testEntry('f', { posix }), new Map([['user.x', new Uint8Array(1)]]))).toBeUndefined();
  });

  it('of links and special files are kept where only root sees them, and nowhere else taken from', () => {
    const link = testEntry('l', { kind: 'symbolic-link', attributes: A.REPARSE_POINT | A.DIRECTORY, linkTarget: 'a\\b', reparseData: symbolicLink('a\\b'), securityDescriptor: descriptor }); // prettier-ignore
    const kept = xattrsOf(link);
    expect([...kept.keys()].every((name) => name.startsWith('trusted.winback.'))).toBe(true);
    const bare = testEntry('l', { ...testLink('a/b'), posix });
    expect({ ...bare, ...takeSidecar(bare, kept)!.facts }).toMatchObject({
      kind: 'symbolic-link',
      attributes: link.attributes,
      linkTarget: 'a\\b',
      reparseData: link.reparseData!,
      securityDescriptor: descriptor,
    });
    const file = takeSidecar(testEntry('f', { posix }), kept)!;
    expect(file.broken).toEqual([...kept.keys()]);
    expect(file.facts).toEqual({ attributes: A.ARCHIVE });
  });

  it('do not make a link what it was, once it leads elsewhere', () => {
    const kept = xattrsOf(testEntry('l', { kind: 'symbolic-link', attributes: A.REPARSE_POINT, reparseData: symbolicLink('old'), securityDescriptor: descriptor })); // prettier-ignore
    const { facts, broken } = takeSidecar(testEntry('l', { ...testLink('new'), posix }), kept)!;
    expect(facts).toEqual({ attributes: A.REPARSE_POINT, securityDescriptor: descriptor });
    expect(broken).toEqual([]);
  });
});

const BARE: readonly FileEntry[] = (['file', 'directory', 'symbolic-link', 'fifo', 'block-device'] as const).map((kind) =>
  testEntry('x', { kind, posix, size: kind === 'file' ? 7 : 0, ...(kind === 'symbolic-link' ? testLink('target') : {}) }),
);
const prefixOf = (kind: FileKind): string => (kind === 'file' || kind === 'directory' ? 'user.winback.' : 'trusted.winback.');
const KEYS = ['ntfs_acl', 'ntfs_attrib', 'ntfs_crtime', 'ntfs_dos_name', 'ntfs_object_id', 'ntfs_ea', 'ntfs_reparse_data', 'ntfs_efsinfo', 'nonsense', 'stream.', 'stream.a/b', 'stream.x']; // prettier-ignore

/** Whatever is beside a file, it stays the file that it is. */
function staysItself(bare: FileEntry, xattrs: ReadonlyMap<string, Uint8Array>): void {
  const { facts, xattrs: rest, alternates, broken } = takeSidecar(bare, xattrs)!;
  const entry = { ...bare, ...facts };
  expect([entry.path, entry.size, entry.posix, entry.linkCount, entry.fileId, entry.linkTo]).toEqual([bare.path, bare.size, bare.posix, bare.linkCount, bare.fileId, bare.linkTo]); // prettier-ignore
  expect(entry.times.lastWrite).toBe(bare.times.lastWrite);
  if (entry.kind !== bare.kind) expect([bare.kind, entry.kind]).toEqual(['file', 'reparse-point']);
  expect((entry.attributes & A.DIRECTORY) !== 0).toBe(bare.kind === 'directory' || (bare.kind === 'symbolic-link' && (entry.attributes & A.DIRECTORY) !== 0)); // prettier-ignore
  if (bare.kind === 'symbolic-link') expect(entry.linkTarget?.replaceAll('\\', '/')).toBe(bare.linkTarget);
  for (const name of alternates.keys()) expect(name === '' || name.includes('/')).toBe(false);
  for (const name of broken) expect(rest?.get(name)).toBe(xattrs.get(name));
}

describe('what others put beside a file', () => {
  it('of any bytes is taken as what it is, or stays a plain attribute', () => {
    const value = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.constantFrom(SIS, JUNCTION, symbolicLink('target'), symbolicLink('/etc'), encodeSpecialFile('block-device'), encodeSpecialFile('symbolic-link', 'target'), efs(90), descriptor), // prettier-ignore
    );
    const property = fc.property(fc.constantFrom(...BARE), fc.dictionary(fc.constantFrom(...KEYS), value, { minKeys: 1 }), (bare, map) => {
      staysItself(bare, new Map(Object.entries(map).map(([key, bytes]) => [prefixOf(bare.kind) + key, bytes])));
    });
    fc.assert(property, { numRuns: Number(process.env['FUZZ_RUNS'] ?? 3000) });
  });

  it('cut at every byte, or 64 KiB of anything, does no harm', () => {
    const whole: readonly (readonly [string, Uint8Array])[] = [
      ...xattrsOf(testEntry('x', { ...WINDOWS, reparseData: SIS, kind: 'reparse-point', efsMetadata: efs(90) })),
      ['user.winback.ntfs_reparse_data', symbolicLink('somewhere')],
    ];
    for (const bare of BARE) {
      for (const [name, value] of whole) {
        const here = prefixOf(bare.kind) + name.slice('user.winback.'.length);
        for (let length = 0; length <= value.length; length++) staysItself(bare, new Map([[here, value.subarray(0, length)]]));
        staysItself(bare, new Map([[here, new Uint8Array(randomBytes(65_536))]]));
      }
    }
  });

  it('never turns a file into a link or a device, or its content into ciphertext', () => {
    const file = testEntry('f', { posix, size: 7 });
    const take = (key: string, value: Uint8Array, bare = file) => takeSidecar(bare, new Map([[`user.winback.${key}`, value]]))!;
    for (const data of [
      symbolicLink('/etc'),
      encodeSpecialFile('symbolic-link', '/etc'),
      encodeSpecialFile('character-device'),
      encodeSpecialFile('fifo'),
    ]) {
      for (const bare of [file, testEntry('d', { kind: 'directory', posix })]) {
        expect(take('ntfs_reparse_data', data, bare).broken).toEqual(['user.winback.ntfs_reparse_data']);
        expect(take('ntfs_reparse_data', data, bare).facts.reparseData).toBeUndefined();
      }
    }
    expect(take('ntfs_efsinfo', efs(90)).facts.efsMetadata).toBeUndefined();
    expect(take('ntfs_efsinfo', efs(90), { ...file, size: 514 }).facts.efsMetadata).toBeDefined();
    for (const wrong of [Uint8Array.of(...SIS, 0), SIS.subarray(0, -1), reparse(0x0000_1234, 1, 2, 3), new Uint8Array(8)])
      expect(take('ntfs_reparse_data', wrong).broken).toEqual(['user.winback.ntfs_reparse_data']);
    expect(take('stream.', new Uint8Array(1)).broken).toEqual(['user.winback.stream.']);
  });

  it('as a list of extended attributes reads back as it was written', () => {
    const list = [{ name: 'N'.repeat(254), flags: 0x80, value: new Uint8Array(60_000).fill(9) }];
    const value = xattrsOf(testEntry('f', { extendedAttributes: list })).get('user.winback.ntfs_ea')!;
    expect(decodeExtendedAttributes(value)).toEqual(list);
    expect(takeSidecar(testEntry('f', { posix }), new Map([['user.winback.ntfs_ea', value]]))!.facts.extendedAttributes).toEqual(list);
  });
});
