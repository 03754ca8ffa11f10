import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../../src/ports/clock.js';
import { HiveFile } from '../../../src/registry/hive/index.js';
import { RegistryType } from '../../../src/registry/registry-store.js';
import { checkHive } from './support/check-hive.js';
import { contentsOf, noSamples, sampleHive, sampleNames, tempFolder, type Contents } from './support/hives.js';

const CLOCK = fixedClock('2026-03-01T12:34:56Z');
const NAME = 'Winback was here';
const DAMAGED = 'regipy-corrupted_system_hive.xz';

const contents = (path: string): Contents => {
  using store = HiveFile.open(path);
  return contentsOf(store);
};

describe.skipIf(noSamples)(`hives of Windows, written anew${noSamples}`, () => {
  it.each(sampleNames.filter((name) => name !== DAMAGED))('%s has all that it had, and breaks no rule', (name) => {
    const path = sampleHive(name, tempFolder());
    const before = contents(path).keys;
    {
      using store = HiveFile.open(path, { mode: 'write', clock: CLOCK });
      store.setValue(NAME, { name: '', type: RegistryType.DWORD, data: Uint8Array.of(1, 2, 3, 4) });
      store.flush();
      expect(contentsOf(store)).toEqual(contents(path));
    }
    expect(checkHive(path)).toEqual([]);
    const { keys, problems } = contents(path);
    expect(problems).toEqual([]);
    const root = before.get('')!;
    expect(keys.get(NAME)).toEqual({
      name: NAME,
      lastWrite: CLOCK.now(),
      className: undefined,
      security: root.security,
      values: { '': '4:01020304' },
    });
    keys.delete(NAME);
    expect(keys.get('')?.lastWrite).toBe(CLOCK.now());
    before.set('', { ...root, lastWrite: CLOCK.now() });
    const sorted = (map: typeof keys) => new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
    expect(sorted(keys)).toEqual(sorted(before));
  });

  it('keeps flags, access bits, and the bits beside the longest name', () => {
    const path = sampleHive('regipy-SYSTEM.xz', tempFolder());
    const facts = (): string[] => keyNodes(readFileSync(path)).sort();
    const before = facts();
    using store = HiveFile.open(path, { mode: 'write' });
    store.setFacts('', { lastWrite: store.key('')!.lastWrite! });
    store.flush();
    expect(facts()).toEqual(before);
    expect(new Set(before.map((line) => line.split(' ')[0])).size).toBeGreaterThan(2);
  });

  it('refuses to write a damaged hive: what cannot be read would be lost', () => {
    const path = sampleHive(DAMAGED, tempFolder());
    const before = readFileSync(path);
    using store = HiveFile.open(path, { mode: 'write' });
    store.createKey('New');
    expect(() => store.flush()).toThrow(expect.objectContaining({ code: 'REGISTRY_DAMAGED' }));
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('keeps the logs of a dirty hive from being used again', () => {
    const path = sampleHive('yarp-NewDirtyHive1/NewDirtyHive', tempFolder());
    {
      using store = HiveFile.open(path, { mode: 'write' });
      expect(store.replayed).toBe(3);
      store.setValue('a', { name: 'b', type: 1, data: new Uint8Array(0) });
      store.flush();
      expect(store.notes).toEqual([]);
    }
    using again = HiveFile.open(path);
    expect(again.replayed).toBe(0);
    expect(again.key('a')?.value('b')).toBeDefined();
    expect(again.key('')!.subkeys().next().done).toBe(false);
  });
});

/** Of each key node that is in use in a hive: flags, access bits, bits beside the longest name, time, name. */
function keyNodes(file: Buffer): string[] {
  const found: string[] = [];
  const end = 4096 + file.readUInt32LE(0x28);
  for (let bin = 4096; bin < end; bin += file.readUInt32LE(bin + 8)) {
    for (let at = bin + 32; at < bin + file.readUInt32LE(bin + 8); at += Math.abs(file.readInt32LE(at))) {
      if (file.readInt32LE(at) > 0 || file.toString('latin1', at + 4, at + 6) !== 'nk') continue;
      const nk = at + 4;
      const name = file.toString('latin1', nk + 0x4c, nk + 0x4c + file.readUInt16LE(nk + 0x48));
      const numbers = [file.readUInt16LE(nk + 2), file.readUInt32LE(nk + 0x0c), file.readUInt16LE(nk + 0x36), file.readBigUInt64LE(nk + 4)];
      found.push(`${numbers.join(' ')} ${name}`);
    }
  }
  return found;
}

describe('a hive of our own', () => {
  const made = (): string => join(tempFolder(), 'made');

  it('is one from the start', () => {
    const path = made();
    using store = HiveFile.create(path, { clock: CLOCK });
    expect(checkHive(path)).toEqual([]);
    expect(readFileSync(path).toString('utf16le', 0x30, 0x38)).toBe('made');
    expect(store.key('')?.lastWrite).toBe(CLOCK.now());
    expect(store.key('')?.securityDescriptor?.length).toBeGreaterThan(40);
    expect(() => HiveFile.create(path)).toThrow(expect.objectContaining({ code: 'REGISTRY_IO' }));
  });

  it('holds data of any size', () => {
    const path = made();
    const sizes = [0, 1, 3, 4, 5, 4059, 4060, 4061, 16343, 16344, 16345, 32688, 32689, 1_000_000, 20_000_000];
    const data = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => i * 7 + (i >> 8));
    using store = HiveFile.create(path);
    for (const size of sizes) store.setValue('k', { name: String(size), type: 3, data: data(size) });
    store.flush();
    expect(checkHive(path)).toEqual([]);
    for (const size of sizes) expect(Buffer.compare(store.key('k')!.value(String(size))!.data, data(size)), String(size)).toBe(0);
  });

  it('holds as many keys as one likes, sorted, and finds them', () => {
    const path = made();
    using store = HiveFile.create(path);
    const names = Array.from({ length: 20_000 }, (_, i) => `key ${String((i * 7919) % 20_000)}`);
    for (const name of names) store.createKey(`all\\${name}`);
    store.flush();
    expect(checkHive(path)).toEqual([]);
    expect([...store.key('all')!.subkeys()]).toEqual(
      names
        .map((name) => name.toUpperCase())
        .sort()
        .map((name) => name.toLowerCase()),
    );
    using again = HiveFile.open(path);
    for (const name of names.slice(0, 50)) expect(again.key(`ALL\\${name.toUpperCase()}`)?.name).toBe(name);
  });

  it('shares security descriptors, and gives new keys that of the key above', () => {
    const path = made();
    using store = HiveFile.create(path);
    const own = store.key('')!.securityDescriptor!;
    const other = own.slice();
    other[2] = 0x04;
    other[3] = 0x80;
    store.createKey('a', { securityDescriptor: other });
    store.flush();
    for (let i = 0; i < 100; i++) store.createKey(`a\\${String(i)}`);
    store.flush();
    expect(checkHive(path)).toEqual([]);
    expect(store.key('a\\7')?.securityDescriptor).toEqual(other);
    expect(store.key('')?.securityDescriptor).toEqual(own);
    expect(readFileSync(path).toString('latin1').split('sk\0\0').length - 1).toBe(2);
    expect(() => store.createKey('b', { securityDescriptor: new Uint8Array(20) })).toThrow(
      expect.objectContaining({ code: 'REGISTRY_VALUE' }),
    );
  });

  it('is replaced whole, keeps its mode, and leaves nothing beside it', () => {
    const path = made();
    using store = HiveFile.create(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o640);
    const inode = statSync(path).ino;
    store.createKey('x');
    store.flush();
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(statSync(path).ino).not.toBe(inode);
    expect(readdirSync(join(path, '..'))).toEqual(['made']);
    const again = statSync(path).ino;
    store.flush();
    expect(statSync(path).ino).toBe(again);
  });

  it.skipIf(spawnSync('which', ['setfacl']).status !== 0)('keeps extended attributes and the rights of others', () => {
    const path = made();
    HiveFile.create(path)[Symbol.dispose]();
    execFileSync('setfattr', ['-n', 'user.note', '-v', 'kept', path]);
    execFileSync('setfacl', ['-m', 'u:1234:r', path]);
    const rights = (): string => execFileSync('getfacl', ['-cn', path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const before = rights();
    expect(before).toContain('user:1234:r--');
    using store = HiveFile.open(path, { mode: 'write' });
    store.createKey('x');
    store.flush();
    expect(rights()).toBe(before);
    expect(
      execFileSync('getfattr', ['--only-values', '-n', 'user.note', path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    ).toBe('kept');
  });

  it('stays what it was when it cannot be written, and can be flushed later', () => {
    const path = made();
    using store = HiveFile.create(path);
    store.createKey('kept');
    store.flush();
    store.createKey('new');
    const folder = join(path, '..');
    renameSync(folder, `${folder}.away`);
    expect(() => store.flush()).toThrow(expect.objectContaining({ code: 'REGISTRY_IO' }));
    expect([...store.key('')!.subkeys()]).toEqual(['kept', 'new']);
    renameSync(`${folder}.away`, folder);
    expect(contents(path).keys.has('new')).toBe(false);
    store.flush();
    expect(contents(path).keys.has('new')).toBe(true);
  });

  it('refuses changes when it was opened for reading, and everything once closed', () => {
    const path = made();
    HiveFile.create(path)[Symbol.dispose]();
    const store = HiveFile.open(path);
    const readOnly: unknown = expect.objectContaining({ code: 'REGISTRY_READ_ONLY' });
    expect(() => store.createKey('x')).toThrow(readOnly);
    expect(() => store.setFacts('', {})).toThrow(readOnly);
    expect(store.capabilities.has('write')).toBe(false);
    store[Symbol.dispose]();
    expect(() => store.key('')).toThrow(expect.objectContaining({ code: 'REGISTRY_IO' }));
  });

  it('is not opened when it is something else', () => {
    const path = made();
    const refused = (bytes: Uint8Array, code: string): void => {
      writeFileSync(path, bytes);
      expect(() => HiveFile.open(path)).toThrow(expect.objectContaining({ code }));
    };
    refused(new Uint8Array(0), 'FORMAT_SHORT');
    refused(Buffer.from('regf'), 'FORMAT_SHORT');
    refused(Buffer.alloc(9000, 'no hive'), 'FORMAT_MAGIC');
    expect(() => HiveFile.open(join(path, 'none'))).toThrow(expect.objectContaining({ code: 'REGISTRY_IO' }));
  });
});

it.skipIf(process.platform === 'win32')(
  'a hive whose name is no UTF-8 is made, found, changed and recovered, and no other (needs a system where names are bytes)',
  () => {
    const folder = tempFolder();
    const path = join(folder, 'h\udcff.hiv');
    const bytes = (name: string): Buffer => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')]);
    HiveFile.create(path)[Symbol.dispose]();
    {
      using store = HiveFile.open(path, { mode: 'write' });
      store.createKey('A');
      store.flush();
    }
    expect(() => HiveFile.create(path)).toThrow('exists already');
    HiveFile.recover(path, join(folder, 'c\udcfe'));
    expect(readdirSync(folder, { encoding: 'latin1' }).sort()).toEqual(['c\u00fe', 'h\u00ff.hiv']);
    expect(readFileSync(bytes('c\u00fe'))).toEqual(readFileSync(bytes('h\u00ff.hiv')));
    // Its logs have such names, too.
    writeFileSync(bytes('h\u00ff.hiv.LOG1'), 'no log');
    const dirty = readFileSync(bytes('h\u00ff.hiv'));
    dirty.writeUInt32LE(dirty.readUInt32LE(4) + 1, 4);
    writeFileSync(bytes('h\u00ff.hiv'), dirty);
    using store = HiveFile.open(path);
    expect(store.notes.join('\n')).toContain('LOG1 is no log of a hive');
  },
);

describe('two who write one hive', () => {
  it('do not undo what the other wrote', () => {
    const path = join(tempFolder(), 'hive');
    using first = HiveFile.create(path);
    using second = HiveFile.open(path, { mode: 'write' });
    first.createKey('first');
    second.createKey('second');
    first.flush();
    expect(() => {
      second.flush();
    }).toThrow(expect.objectContaining({ code: 'REGISTRY_IO', transient: true }));
    first.createKey('more');
    first.flush();
    using now = HiveFile.open(path);
    expect([...now.key('')!.subkeys()]).toEqual(['first', 'more']);
    expect(readdirSync(join(path, '..'))).toEqual(['hive']);
  });

  it('do not use the file that the other is writing', () => {
    const folder = tempFolder();
    const path = join(folder, 'hive');
    using store = HiveFile.create(path);
    const mark = createHash('sha256').update('hive').digest('hex').slice(0, 16);
    const others = join(folder, `.winback-${mark}-${String(process.ppid)}.tmp`);
    writeFileSync(others, 'half');
    store.createKey('A');
    store.flush();
    expect(readFileSync(others, 'utf8')).toBe('half');
    expect(checkHive(path)).toEqual([]);
  });
});

it.skipIf(process.platform === 'win32')('a link to a hive stays one, and the hive is changed (needs symbolic links)', () => {
  const folder = tempFolder();
  const [path, link] = [join(folder, 'hive'), join(folder, 'link')];
  HiveFile.create(path)[Symbol.dispose]();
  symlinkSync('hive', link);
  symlinkSync('nowhere', join(folder, 'dangling'));
  {
    using store = HiveFile.open(link, { mode: 'write' });
    store.createKey('A');
    store.flush();
  }
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  using store = HiveFile.open(path);
  expect(store.key('A')).toBeDefined();
  expect(() => HiveFile.create(join(folder, 'dangling'))).toThrow('exists already');
});
