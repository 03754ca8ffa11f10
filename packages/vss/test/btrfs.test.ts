import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSnapshotFolder, SNAPSHOT_FOLDER_PREFIX, systemPlatform, systemRandom, type SnapshotSet } from '@winback/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSnapshotFolder, removeLeftovers } from '../src/btrfs/snapshot-folder.js';
import { nestedSubvolumes } from '../src/btrfs/subvolume.js';
import { BtrfsSnapshotProvider } from '../src/index.js';
import { run, scratchBtrfs, whyNoBtrfs, type ScratchBtrfs } from './btrfs-volume.js';

const missing = whyNoBtrfs();
const provider = new BtrfsSnapshotProvider(systemPlatform(), systemRandom);
const btrfs = (...args: string[]): string => run('btrfs', ...args);
const id = (digit: string): string => digit.repeat(32);

describe('btrfs', () => {
  let volume: ScratchBtrfs;
  beforeEach((context) => {
    if (missing !== undefined) context.skip(missing);
    volume = scratchBtrfs();
  });
  afterEach(() => {
    if (missing === undefined) volume.dispose();
  });
  const ours = (): string[] => readdirSync(volume.root).filter(isSnapshotFolder);

  it('makes what btrfs itself calls a read-only subvolume, in a folder for root alone', async () => {
    await using set = provider.create([volume]);
    const root = set.rootOf(volume);
    expect(btrfs('property', 'get', root, 'ro').trim()).toBe('ro=true');
    expect(statSync(join(root, '..')).mode & 0o777).toBe(0o700);
    expect(ours()).toHaveLength(1);
    expect(readdirSync(root).filter((name) => !isSnapshotFolder(name))).toEqual([]);
  });

  it('holds data that was written and not synchronized', async () => {
    const data = Buffer.alloc(3_000_000, 'abc');
    writeFileSync(join(volume.root, 'fresh'), data);
    await using set = provider.create([volume]);
    expect(readFileSync(join(set.rootOf(volume), 'fresh')).equals(data)).toBe(true);
  });

  it('says no, and names them, where subvolumes lie inside', () => {
    mkdirSync(join(volume.root, 'var'));
    btrfs('subvolume', 'create', join(volume.root, 'var', 'machines'));
    btrfs('subvolume', 'create', join(volume.root, 'ünter'));
    expect(nestedSubvolumes(volume.root).sort()).toEqual(['var/machines', 'ünter']);
    const support = provider.supports(volume);
    expect(support).toMatchObject({ supported: false, reason: expect.stringContaining('var/machines') as string });
    expect(() => provider.create([volume])).toThrow(expect.objectContaining({ code: 'SNAPSHOT_FAILED' }));
    expect(ours()).toEqual([]);
  });

  it('lists more nested subvolumes than fit into one answer', () => {
    for (let i = 0; i < 300; i++) btrfs('subvolume', 'create', join(volume.root, `s${String(i)}`));
    expect(new Set(nestedSubvolumes(volume.root)).size).toBe(300);
  });

  it('says no to a folder of a subvolume, to a read-only mount and without rights', () => {
    const inner = join(volume.root, 'inner');
    mkdirSync(inner);
    expect(provider.supports({ ...volume, root: inner })).toMatchObject({
      supported: false,
      reason: expect.stringContaining('only a folder') as string,
    });
    expect(provider.supports({ ...volume, root: join(volume.root, 'none') })).toMatchObject({ supported: false });
    run('mount', '-o', 'remount,ro', volume.root);
    expect(provider.supports(volume)).toMatchObject({ supported: false, reason: expect.stringContaining('read-only') as string });
  });

  it('a full volume is SNAPSHOT_FAILED, and leaves nothing behind', () => {
    try {
      for (let i = 0; i < 200; i++) writeFileSync(join(volume.root, `fill${String(i)}`), Buffer.alloc(1_000_000, i));
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
    let set: SnapshotSet | undefined;
    try {
      set = provider.create([volume]); // metadata may still have room
    } catch (error) {
      expect(error).toMatchObject({ code: 'SNAPSHOT_FAILED' });
    }
    return Promise.resolve(set?.[Symbol.asyncDispose]()).then(() => {
      expect(ours()).toEqual([]);
    });
  });

  it('removes the snapshot of a killed process, and leaves those of running ones and look-alikes', async () => {
    const mine = makeSnapshotFolder(volume.root, id('a'));
    // A process that is gone, taken for none that runs now: same number as ours, other start.
    const dead = makeSnapshotFolder(volume.root, id('b'));
    const owner = JSON.parse(readFileSync(join(dead, 'owner.json'), 'utf8')) as { started: string };
    writeFileSync(join(dead, 'owner.json'), JSON.stringify({ ...owner, started: '1' }));
    // Another container's process.
    const foreign = makeSnapshotFolder(volume.root, id('c'));
    writeFileSync(join(foreign, 'owner.json'), JSON.stringify({ ...owner, started: '1', pidNamespace: 'pid:[1]' }));
    // A user's folder of that name.
    const users = join(volume.root, SNAPSHOT_FOLDER_PREFIX + id('d'));
    mkdirSync(users);
    writeFileSync(join(users, 'thesis.txt'), 'mine');

    expect(removeLeftovers(volume.root)).toEqual([SNAPSHOT_FOLDER_PREFIX + id('b')]);
    expect(existsSync(join(mine, 'volume'))).toBe(true);
    expect(existsSync(join(foreign, 'volume'))).toBe(true);
    expect(readFileSync(join(users, 'thesis.txt'), 'utf8')).toBe('mine');

    // The next set on the volume cleans up by itself.
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const stat = readFileSync(`/proc/${String(child.pid)}/stat`, 'latin1');
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const childs = makeSnapshotFolder(volume.root, id('e'));
    writeFileSync(join(childs, 'owner.json'), JSON.stringify({ ...owner, pid: child.pid, started }));
    {
      await using set = provider.create([volume]);
      expect(existsSync(set.rootOf(volume))).toBe(true);
    }
    expect(existsSync(childs)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    {
      await using set = provider.create([volume]);
      expect(existsSync(set.rootOf(volume))).toBe(true);
    }
    expect(existsSync(childs)).toBe(false);
  });
});

describe('BtrfsSnapshotProvider', () => {
  it('says no to other file systems and systems, with reasons', () => {
    const ext4 = { root: '/', fileSystem: 'ext4', device: '/dev/sda1' };
    expect(provider.supports(ext4)).toEqual({ supported: false, reason: 'ext4 makes no snapshots that Winback knows of' });
    const windows = new BtrfsSnapshotProvider({ ...systemPlatform(), os: 'win32' }, systemRandom);
    expect(windows.supports({ root: 'D:\\', fileSystem: 'btrfs', device: 'D:' })).toMatchObject({ supported: false });
  });
});
