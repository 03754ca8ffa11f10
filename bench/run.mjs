// `npm run bench`: Winback against tar and cp, whole commands, in one run. Prints ratios; below 1 is faster than the peer.
// Scratch space: 10 GB below the system's temporary folder, or WINBACK_BENCH_FOLDER; kept for the next run with --keep.
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHive } from './hives.mjs';
import { startTape } from './iscsi-tape.mjs';
import { compare, median, run } from './measure.mjs';
import { measureRules } from './path-rules.mjs';
import { makeBigFile, makeEmptyFiles, makeMixedTree, mountNtfs } from './trees.mjs';

const winback = [process.execPath, join(import.meta.dirname, '../apps/cli/bin/winback.js')];
const scratch = process.env.WINBACK_BENCH_FOLDER ?? join(tmpdir(), 'winback-bench');
const only = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));
const wanted = (name) => only.length === 0 || only.includes(name);
mkdirSync(scratch, { recursive: true });
const at = (name) => join(scratch, name);
const remove = (...names) => names.forEach((name) => rmSync(at(name), { recursive: true, force: true }));
const backup = (include, target) => [
  ...winback,
  'start',
  'backup',
  '--include',
  include,
  '--backup-target',
  target,
  '--no-snapshot',
  '--quiet',
];

if (wanted('tree')) {
  makeMixedTree(at('tree'));
  const pack = { name: 'winback', command: backup(at('tree'), at('a.bkf')) };
  const tar = { name: 'tar -c', command: ['tar', 'cf', at('b.tar'), '-C', scratch, 'tree'] };
  compare('back up 25,000 files, 1 GB', pack, tar, { before: () => remove('a.bkf', 'b.tar') });
  // The same durability: a backup is on the disk before it is called one.
  const synced = { name: 'tar -c; sync', command: ['sh', '-c', `tar cf ${at('b.tar')} -C ${scratch} tree && sync ${at('b.tar')}`] };
  compare('the same, both flushed to disk', pack, synced, { before: () => remove('a.bkf', 'b.tar') });

  remove('a.bkf', 'b.tar');
  run(pack.command);
  run(tar.command);
  const recover = {
    name: 'winback',
    command: [
      ...winback,
      'start',
      'recovery',
      '--version',
      'latest',
      '--items',
      '/',
      '--recovery-target',
      at('out-a'),
      '--backup-target',
      at('a.bkf'),
      '--quiet',
    ],
  };
  const untar = { name: 'tar -x', command: ['tar', 'xpf', at('b.tar'), '-C', at('out-b')] };
  const before = () => {
    remove('out-a', 'out-b');
    mkdirSync(at('out-b'));
    run(['sync']);
  };
  compare('recover 25,000 files, 1 GB', recover, untar, { before });
  remove('a.bkf', 'b.tar', 'out-a', 'out-b');
}

if (wanted('big')) {
  makeBigFile(at('big'));
  const pack = { name: 'winback', command: backup(at('big'), at('big.bkf')) };
  const before = () => {
    remove('big.bkf', 'big.copy');
    run(['sync']);
  };
  compare('back up one file of 2 GB', pack, { name: 'cp', command: ['cp', at('big'), at('big.copy')] }, { before });
  const synced = { name: 'cp; sync', command: ['sh', '-c', `cp ${at('big')} ${at('big.copy')} && sync ${at('big.copy')}`] };
  compare('the same, both flushed to disk', pack, synced, { before });
  remove('big.bkf', 'big.copy');
}

if (wanted('million')) {
  makeEmptyFiles(at('million'));
  const { seconds, megabytes } = run(backup(at('million'), at('million.bkf')));
  console.log(`back up 1,000,000 empty files                ${seconds.toFixed(1)} s   peak ${megabytes?.toFixed(0) ?? '?'} MB`);
  remove('million.bkf');
}

const walk = (folder, ...how) => ({
  name: 'winback',
  command: [process.execPath, join(import.meta.dirname, 'walk-facts.mjs'), folder, ...how],
});

if (wanted('facts')) {
  makeEmptyFiles(at('facts'), 500_000);
  // The same calls: one statx a file.
  const find = { name: 'find -printf', command: ['find', at('facts'), '-printf', '%s %T@ %A@ %C@ %i %n %U %G %m %y\\n'] };
  compare('facts of 500,000 files', walk(at('facts')), find);
}

if (wanted('ntfs')) {
  const volume = mountNtfs(at('ntfs.img'), at('ntfs'));
  if (typeof volume === 'string') console.log(`all facts of an NTFS volume                  left out: ${volume}`);
  else {
    try {
      makeMixedTree(join(at('ntfs'), 'tree'), 10_000);
      const capture = { name: 'wimcapture', command: ['wimcapture', volume.device, at('ntfs.wim'), '--compress=none'] };
      const before = () => remove('ntfs.wim');
      // wimcapture reads and hashes contents besides, which are in memory here.
      compare('all facts of NTFS, 10,000 files, 500 MB', walk(at('ntfs'), '--all'), capture, { before });
      rmSync(join(at('ntfs'), 'tree'), { recursive: true });
      makeEmptyFiles(at('ntfs'), 50_000);
      compare('all facts of NTFS, 50,000 empty files', walk(at('ntfs'), '--all'), capture, { before });
      const through = walk(at('ntfs'), '--all', '--through-mount');
      compare('the same, through ntfs-3g', through, capture, { rounds: 1, before });
    } finally {
      volume.unmount();
    }
    remove('ntfs.wim', 'ntfs.img', 'ntfs');
  }
}

if (wanted('hive')) {
  makeHive(at('SYSTEM'));
  const registry = (...args) => ({ name: 'winback', command: [...winback, 'registry', ...args, '--hive', at('SYSTEM')] });
  const before = () => remove('hive.reg');
  const hivex = { name: 'hivexregedit', command: ['hivexregedit', '--export', at('SYSTEM'), '\\'] };
  compare('export a hive of 43,200 keys', registry('export', '--output', at('hive.reg')), hivex, { before });
  const one = 'ControlSet001\\Services\\group 0\\Interface 0';
  compare('get the values of one of its keys', registry('get', one), { name: 'winback --version', command: [...winback, '--version'] });
  remove('SYSTEM', 'hive.reg');
}

if (wanted('rules')) {
  // Windows' own entries; a backup asks for every file.
  const { rate, one } = measureRules();
  console.log(
    `paths against FilesNotToBackup of Windows     ${rate.toFixed(0)} a millisecond   one pattern as RegExp ${one.toFixed(0)}   ratio ${(one / rate).toFixed(2)}`,
  );
}

if (wanted('tape-iscsi')) {
  const tape = startTape(at('tape-iscsi'));
  if (typeof tape === 'string') console.log(`an iSCSI tape drive                          left out: ${tape}`);
  else {
    try {
      for (const [name, size] of [
        ['64 KiB', 65_536],
        ['1 MiB', 1_048_576],
      ]) {
        const mine = { name: 'winback', command: tape.winback(2048, size) };
        const c = { name: 'C on libiscsi', command: tape.c(2048, size) };
        compare(`iSCSI tape, rate of 2 GB there and back, ${name}`, mine, c, { rounds: 3, gigabytes: 4, told: true });
      }
    } finally {
      tape.stop();
    }
  }
}

if (wanted('tape-image')) {
  for (const [size, bytes] of [
    ['64k', 65_536],
    ['1M', 1 << 20],
  ]) {
    const tape = (what) => ({
      name: 'winback',
      command: [process.execPath, join(import.meta.dirname, 'tape-image.mjs'), what, at('tape.wbtape'), String(bytes), '2048'],
    });
    const count = (2 ** 31 / bytes).toString();
    const write = ['dd', 'if=/dev/zero', `of=${at('tape.raw')}`, `bs=${size}`, `count=${count}`, 'conv=fdatasync'];
    const before = (side) => {
      remove(side === 'a' ? 'tape.wbtape' : 'tape.raw');
      run(['sync']);
    };
    compare(`write a cartridge of 2 GB, blocks of ${size}`, tape('write'), { name: 'dd conv=fdatasync', command: write }, { before });
    const read = { name: 'dd', command: ['dd', `if=${at('tape.raw')}`, 'of=/dev/null', `bs=${size}`] };
    compare(`read it, in the cache`, tape('read'), read);
    // As root the files are read from the disk.
    if (process.getuid?.() === 0)
      compare('read it, from the disk', tape('read'), read, { before: () => run(['sh', '-c', 'sync; echo 3 > /proc/sys/vm/drop_caches']) });
  }
  remove('tape.wbtape', 'tape.raw');
}

if (wanted('tape')) {
  for (const [what, make] of [
    ['25,000 files, 1 GB', () => makeMixedTree(at('tree'))],
    ['one file of 2 GB', () => makeBigFile(at('tree/big'))],
  ]) {
    remove('tree');
    mkdirSync(at('tree'));
    make();
    const gigabytes = what.startsWith('one') ? 2.147 : 1;
    const target = `tape:image:${at('a.wbtape')}`;
    const pack = { name: 'winback', command: backup(at('tree'), target) };
    const tar = { name: 'tar -c; sync', command: ['sh', '-c', `tar cf ${at('b.tar')} -C ${scratch} tree && sync ${at('b.tar')}`] };
    compare(`back up ${what} to a cartridge`, pack, tar, { before: () => remove('a.wbtape', 'b.tar'), gigabytes });
    remove('a.wbtape', 'b.tar');
    run(pack.command);
    run(tar.command);
    const [version, items, out] = [
      ['--version', 'latest'],
      ['--items', '/'],
      ['--recovery-target', at('out-a')],
    ];
    const recover = {
      name: 'winback',
      command: [...winback, 'start', 'recovery', ...version, ...items, ...out, '--backup-target', target, '--quiet'],
    };
    const untar = { name: 'tar -x', command: ['tar', 'xpf', at('b.tar'), '-C', at('out-b')] };
    const before = () => {
      remove('out-a', 'out-b');
      mkdirSync(at('out-b'));
    };
    compare(`recover ${what} from it`, recover, untar, { before, gigabytes });
    remove('tree', 'out-a', 'out-b', 'a.wbtape', 'b.tar');
  }
}

if (wanted('version')) {
  const times = Array.from({ length: 6 }, () => run([...winback, '--version']).seconds).slice(1);
  console.log(`winback --version                            ${(median(times) * 1000).toFixed(0)} ms`);
}

if (!process.argv.includes('--keep')) rmSync(scratch, { recursive: true, force: true });
