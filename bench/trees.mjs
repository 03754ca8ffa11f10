// Trees to measure with: the same on every machine.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Small, seeded, good enough for bytes that do not compress and sizes that vary. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
}

/** About 25,000 files and 1 GB in 1,000 folders: mostly small, some of some megabytes, as real trees are. */
export function makeMixedTree(root, files = 25_000) {
  if (existsSync(join(root, 'complete'))) return;
  const random = generator(1);
  const noise = Buffer.alloc(16 * 1024 * 1024);
  for (let i = 0; i < noise.length; i += 4) noise.writeUInt32LE(random(), i);
  for (let i = 0; i < files; i++) {
    const folder = join(root, `d${i % 40}`, `e${i % 1000}`);
    if (i < 1000) mkdirSync(folder, { recursive: true });
    const kind = random() % 100;
    const size = kind < 70 ? random() % 8_192 : kind < 95 ? random() % 100_000 : kind < 99 ? random() % 1_000_000 : random() % 3_200_000;
    writeFileSync(join(folder, `file-${i}.bin`), noise.subarray(random() % 1024, 1024 + size));
  }
  writeFileSync(join(root, 'complete'), '');
}

/** Empty files, 1,000 in a folder. */
export function makeEmptyFiles(root, files = 1_000_000) {
  if (existsSync(join(root, 'complete'))) return;
  for (let i = 0; i < files; i++) {
    const folder = join(root, `d${Math.floor(i / 1000)}`);
    if (i % 1000 === 0) mkdirSync(folder, { recursive: true });
    closeSync(openSync(join(folder, `f${i}`), 'w'));
  }
  writeFileSync(join(root, 'complete'), '');
}

export function makeBigFile(path, bytes = 2 ** 31) {
  if (existsSync(path)) return;
  const random = generator(2);
  const piece = Buffer.alloc(4 * 1024 * 1024);
  for (let i = 0; i < piece.length; i += 4) piece.writeUInt32LE(random(), i);
  const fd = openSync(path, 'w');
  for (let at = 0; at < bytes; at += piece.length) writeSync(fd, piece);
  closeSync(fd);
}

/** An NTFS volume in a file, mounted by ntfs-3g; or why there is none. */
export function mountNtfs(image, folder) {
  const steps = [
    ['truncate', '-s', '2G', image],
    ['mkntfs', '-q', '-F', '-f', image],
    ['mkdir', '-p', folder],
    ['mount', '-t', 'ntfs-3g', '-o', 'loop', image, folder],
    ['wimcapture', '--version'],
  ];
  for (const [program, ...args] of steps) {
    const { status, error } = spawnSync(program, args, { stdio: 'ignore', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
    if (status !== 0) return error ? `needs ${program}` : `${program} failed; it needs root`;
  }
  const device = spawnSync('findmnt', ['-n', '-o', 'SOURCE', folder], { encoding: 'utf8' }).stdout.trim();
  return { device, unmount: () => spawnSync('umount', [folder]) };
}
