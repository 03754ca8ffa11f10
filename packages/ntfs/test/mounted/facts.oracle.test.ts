import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { encodeExtendedAttributes, FileAttribute as A, fromFileTime, type FileEntry } from '@winback/core';
import { getfattr, hex, makeFolder, onBoth, readOne, recoverOne, setfattr } from './mounted.js';

const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const fileTimes = (...times: bigint[]): Uint8Array => new Uint8Array(BigUint64Array.from(times).buffer);

const sid = (...parts: number[]): Buffer =>
  Buffer.concat([Uint8Array.of(1, parts.length, 0, 0, 0, 0, 0, 5), ...parts.map((part) => u32(part))]);
const ADMINISTRATORS = sid(32, 544);
const USER = sid(21, 11, 22, 33, 1001);
const ace = (type: number, flags: number, mask: number, who: Uint8Array): Buffer =>
  Buffer.concat([Uint8Array.of(type, flags), new Uint8Array(Uint16Array.of(8 + who.length).buffer), u32(mask), who]);
const acl = (...aces: Buffer[]): Buffer => {
  const size = 8 + aces.reduce((sum, one) => sum + one.length, 0);
  return Buffer.concat([Uint8Array.of(2, 0), new Uint8Array(Uint16Array.of(size, aces.length, 0).buffer), ...aces]);
};

/** A self-relative descriptor: `null` is an ACL that is there and says nothing. */
function descriptor(dacl: Buffer | null, sacl?: Buffer, control = 0): Uint8Array {
  let at = 20;
  const place = (part: Buffer | null | undefined): number => {
    if (!part) return 0;
    at += part.length;
    return at - part.length;
  };
  const offsets = [place(USER), place(ADMINISTRATORS), place(sacl), place(dacl)];
  const flags = 0x8004 | (sacl ? 0x10 : 0) | control;
  const parts = [USER, ADMINISTRATORS, ...(sacl ? [sacl] : []), ...(dacl ? [dacl] : [])];
  return new Uint8Array(Buffer.concat([Uint8Array.of(1, 0), new Uint8Array(Uint16Array.of(flags).buffer), u32(offsets[0]!), ...offsets.slice(1).map(u32), ...parts])); // prettier-ignore
}

const everyone = Buffer.concat([Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 1), u32(0)]);
const allow = ace(0, 0x13, 0x1f01ff, everyone);
const DESCRIPTORS: Readonly<Record<string, Uint8Array>> = {
  'with owner, group and DACL': descriptor(acl(allow, ace(1, 0, 0x2, USER))),
  'with a SACL': descriptor(acl(allow), acl(ace(2, 0xc0, 0x1f01ff, everyone), ace(0x11, 0, 1, sid(0x2000)))),
  'with a null DACL': descriptor(null),
  'with an empty DACL': descriptor(acl()),
  'protected, with inherited entries': descriptor(acl(ace(0, 0x13, 0x1200a9, USER)), undefined, 0x1400),
  'of 60 KB': descriptor(acl(...Array.from({ length: 1650 }, (_, i) => ace(0, 0, 0x120089, sid(21, 1, 2, 3, i))))),
};

const EAS: Readonly<Record<string, FileEntry['extendedAttributes']>> = {
  'one of no bytes': [{ name: 'EMPTY', flags: 0, value: new Uint8Array() }],
  'several, one of them needed': [
    { name: 'FIRST', flags: 0, value: Buffer.from('1') },
    { name: 'NEEDED', flags: 0x80, value: Buffer.from('needed to understand the file') },
    { name: 'A.THIRD_ONE', flags: 0, value: Uint8Array.of(0, 1, 2, 3, 0xff) },
  ],
  'one of 60 KB': [{ name: 'LARGE', flags: 0, value: new Uint8Array(randomBytes(60_000)) }],
  'a name of 254 characters': [{ name: 'N'.repeat(254), flags: 0, value: Buffer.from('x') }],
};

/** As the volume has it: the last entry tells its length too. */
function onVolumeForm(list: FileEntry['extendedAttributes']): Uint8Array {
  const bytes = encodeExtendedAttributes(list ?? []);
  const padded = new Uint8Array((bytes.length + 3) & ~3);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  let at = 0;
  while (view.getUint32(at, true) !== 0) at += view.getUint32(at, true);
  view.setUint32(at, padded.length - at, true);
  return padded;
}

const SETTABLE = A.READONLY | A.HIDDEN | A.SYSTEM | A.ARCHIVE | A.TEMPORARY | A.OFFLINE | A.NOT_CONTENT_INDEXED;
const bits = (mask: number): number[] => Array.from({ length: 23 }, (_, i) => 1 << i).filter((bit) => (mask & bit) !== 0);
const TIMES = { creation: 125_911_584_000_000_001n, lastWrite: 132_593_079_671_234_567n, lastAccess: 133_000_000_000_000_009n };
const ntfsinfo = (image: string, path: string): string => execFileSync('ntfsinfo', ['-v', '-F', path, image], { encoding: 'latin1' });

onBoth('NTFS facts', (mounted) => {
  const volumePath = (path: string): string => path.slice(mounted.folder.length);

  /** Set by setfattr(1), read by Winback, recovered by Winback elsewhere, told by getfattr(1) after a new mount. */
  function thereAndBack(
    kind: 'file' | 'directory',
    name: string,
    value: Uint8Array,
    fact: (entry: FileEntry) => Uint8Array | undefined,
  ): void {
    const from = makeFolder(mounted.folder);
    const path = join(from, 'f');
    execFileSync(kind === 'file' ? 'touch' : 'mkdir', [path]);
    setfattr(path, name, value);
    const read = readOne(from);
    expect(read.problems).toEqual([]);
    expect(hex(fact(read.entry))).toBe(hex(value));
    const { path: recovered, problems } = recoverOne(mounted, { ...read.entry, path: 'f' }, '');
    expect(problems).toEqual([]);
    mounted.remount();
    expect(hex(getfattr(recovered, name))).toBe(hex(value));
  }

  for (const kind of ['file', 'directory'] as const) {
    const own = kind === 'directory' ? A.DIRECTORY : 0;
    for (const bit of [...bits(SETTABLE), SETTABLE, ...(kind === 'directory' ? [A.COMPRESSED] : [])]) {
      it(`the attributes 0x${bit.toString(16)} of a ${kind} are read, and kept`, () => {
        const from = makeFolder(mounted.folder);
        execFileSync(kind === 'file' ? 'touch' : 'mkdir', [join(from, 'f')]);
        setfattr(join(from, 'f'), 'system.ntfs_attrib', u32(bit));
        expect(readOne(from).entry.attributes).toBe(bit | own);
        const { folder, path, problems } = recoverOne(mounted, { kind, attributes: bit | own });
        expect(problems).toEqual([]);
        mounted.remount();
        expect(hex(getfattr(path, 'system.ntfs_attrib'))).toBe(hex(u32(bit | own)));
        expect(readOne(folder).entry.attributes).toBe(bit | own);
      });
    }

    it(`a ${kind} without any attribute has none`, () => {
      const { folder, path, problems } = recoverOne(mounted, { kind, attributes: own || A.NORMAL });
      expect(problems).toEqual([]);
      mounted.remount();
      expect(hex(getfattr(path, 'system.ntfs_attrib'))).toBe(hex(u32(own || A.NORMAL)));
      expect(readOne(folder).entry.attributes).toBe(own || A.NORMAL);
    });

    it(`the times of a ${kind} are kept to 100 ns`, () => {
      const { creation, lastWrite, lastAccess } = TIMES;
      const from = makeFolder(mounted.folder);
      execFileSync(kind === 'file' ? 'touch' : 'mkdir', [join(from, 'f')]);
      setfattr(join(from, 'f'), 'system.ntfs_times', fileTimes(creation, lastWrite, lastAccess));
      const { entry } = readOne(from);
      expect(entry.times).toMatchObject({
        creation: fromFileTime(creation),
        lastWrite: fromFileTime(lastWrite),
        lastAccess: fromFileTime(lastAccess),
      });
      const before = BigInt(Date.now()) * 1_000_000n;
      const { folder, path, problems } = recoverOne(mounted, { kind, times: { ...entry.times, change: 0n } });
      expect(problems).toEqual([]);
      mounted.remount();
      expect(hex(getfattr(path, 'system.ntfs_times')?.subarray(0, 24))).toBe(hex(fileTimes(creation, lastWrite, lastAccess)));
      expect(ntfsinfo(mounted.image, volumePath(path))).toContain('File Altered Time:\t Thu Mar  4 05:06:07 2021');
      const { times } = readOne(folder).entry;
      expect(times.change).toBeGreaterThan(before - 20_000_000n); // what it becomes, not what it was
    });

    it(`times of a ${kind} that NTFS cannot hold are named`, () => {
      for (const lastWrite of [-12_000_000_000_000_000_000n, 1n << 70n]) {
        const { problems } = recoverOne(mounted, { kind, times: { lastWrite, lastAccess: 0n, creation: 0n } });
        expect(problems).toEqual([expect.stringMatching(/^incomplete: f: its times could not be set/)]);
      }
    });

    for (const [what, value] of Object.entries(DESCRIPTORS)) {
      it(`a security descriptor ${what} of a ${kind} is read, and kept to the byte`, () => {
        thereAndBack(kind, 'system.ntfs_acl', value, ({ securityDescriptor }) => securityDescriptor);
      });
    }

    for (const [what, list] of Object.entries(EAS)) {
      it(`extended attributes, ${what}, of a ${kind} are read, and kept to the byte`, () => {
        thereAndBack(kind, 'system.ntfs_ea', onVolumeForm(list), ({ extendedAttributes }) => onVolumeForm(extendedAttributes));
      });
    }

    it(`an object id of 64 bytes of a ${kind} is read, and kept`, () => {
      const from = makeFolder(mounted.folder);
      execFileSync(kind === 'file' ? 'touch' : 'mkdir', [join(from, 'f')]);
      const id = new Uint8Array(randomBytes(64));
      setfattr(join(from, 'f'), 'system.ntfs_object_id', id);
      expect(hex(readOne(from).entry.objectId)).toBe(hex(id));
      const other = new Uint8Array(randomBytes(64));
      const { path, problems } = recoverOne(mounted, { kind, objectId: other });
      expect(problems).toEqual([]);
      mounted.remount();
      expect(hex(getfattr(path, 'system.ntfs_object_id'))).toBe(hex(other));
    });

    it(`an object id of 16 bytes of a ${kind} is kept; a second one and nonsense are named`, () => {
      const objectId = new Uint8Array(randomBytes(16));
      const { path, problems } = recoverOne(mounted, { kind, objectId });
      expect(problems).toEqual([]);
      expect(hex(getfattr(path, 'system.ntfs_object_id')?.subarray(0, 16))).toBe(hex(objectId));
      expect(recoverOne(mounted, { kind, objectId }).problems).toEqual([
        expect.stringMatching(/^incomplete: f: its object id could not be set: .*EEXIST.* — Another file of the volume has this object id/),
      ]);
      for (const length of [0, 15, 20, 65]) {
        const wrong = recoverOne(mounted, { kind, objectId: new Uint8Array(length).fill(7) });
        expect(wrong.problems).toEqual([expect.stringMatching(/^incomplete: f: its object id/)]);
        expect(getfattr(wrong.path, 'system.ntfs_object_id')).toBeUndefined();
      }
    });

    for (const [what, bit] of [
      ['compressed', A.COMPRESSED],
      ['encrypted', A.ENCRYPTED],
      ['sparse file', A.SPARSE_FILE],
      ['recall on open', A.RECALL_ON_OPEN],
      ['recall on data access', A.RECALL_ON_DATA_ACCESS],
      ['integrity stream', 0x8000],
      ['no scrub data', 0x2_0000],
      ['pinned', 0x8_0000],
      ['0x800000', 0x80_0000],
    ] as const) {
      if (kind === 'directory' && bit === A.COMPRESSED) continue;
      it(`the attribute ${what} of a ${kind} is named, never pretended`, () => {
        const { folder, problems } = recoverOne(mounted, { kind, attributes: bit | A.HIDDEN | own });
        expect(problems).toEqual([expect.stringContaining(what)]);
        mounted.remount();
        expect(readOne(folder).entry.attributes).toBe(A.HIDDEN | own);
      });
    }
  }

  it('all facts at once, of a file, are those that ntfsinfo and ntfssecaudit tell', () => {
    const facts: Partial<FileEntry> = {
      attributes: A.HIDDEN | A.SYSTEM | A.READONLY,
      securityDescriptor: DESCRIPTORS['with a SACL'],
      extendedAttributes: EAS['several, one of them needed'],
      objectId: Uint8Array.from({ length: 64 }, (_, i) => i),
      shortName: 'ALLFAC~1.TXT',
      times: {
        creation: fromFileTime(TIMES.creation),
        lastWrite: fromFileTime(TIMES.lastWrite),
        lastAccess: fromFileTime(TIMES.lastAccess),
      },
    };
    const { folder, path, problems } = recoverOne(mounted, facts);
    expect(problems).toEqual([]);
    mounted.remount();
    expect(readOne(folder).problems).toEqual([]);
    mounted.detach();
    const info = ntfsinfo(mounted.image, volumePath(path));
    expect(info).toContain('Object ID:');
    expect(info.toLowerCase()).toContain('03020100-0504-0706-0809-0a0b0c0d0e0f');
    expect(info).toContain("'ALLFAC~1.TXT'");
    expect(info).toMatch(/NEED_EA[^]*NEEDED[^]*0x6e6565646564/);
    expect(info).toMatch(/READONLY HIDDEN SYSTEM/i);
    const audit = execFileSync('ntfssecaudit', ['-v', mounted.image, volumePath(path)], { encoding: 'latin1' });
    expect(audit).toContain('S-1-5-21-11-22-33-1001');
    mounted.remount();
  });
});
