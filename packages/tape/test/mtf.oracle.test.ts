import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dir, file, noise, tempFolder, writeSet, type Kept } from './support/target.js';

const READER = process.env['WINBACK_MTF_READER'] ?? '';
const noReader = READER !== '' && existsSync(READER) ? '' : ' (skipped: WINBACK_MTF_READER does not name an MTF reader such as mtftar)';
const noFile = spawnSync('file', ['--version']).status === 0 ? '' : ' (skipped: file(1) is not installed)';

const kept = (): Kept[] => [
  dir(''),
  file('hello.txt', 'hello'),
  file('empty', ''),
  dir('a'),
  dir('a/b'),
  ...[1, 21, 22, 23, 600, 1000, 1024, 5000, 1_500_000].map((size) =>
    file(`a/b/size ${String(size)}`, noise(size, size), { posix: { userId: 1, groupId: 2, mode: 0o100644 } }),
  ),
  dir('ü'),
  file('ü/日本', noise(3000)),
];

describe.skipIf(noReader)(`an independent reader${noReader}`, () => {
  it('lists and extracts every file, byte for byte, from every set', () => {
    const folder = tempFolder();
    const path = join(folder, 'a.bkf');
    writeSet(path, kept());
    writeSet(path, [dir(''), file('second', 'set')]);
    const list = execFileSync(READER, ['-l', '-s', '1', '-f', path], { encoding: 'utf8' }).split('\n');
    for (const { entry } of kept()) if (entry.kind === 'file') expect(list.some((line) => line.endsWith(entry.path))).toBe(true);
    const extract = (set: string): string => {
      const out = join(folder, set);
      mkdirSync(out);
      // It ends with an error where the file ends; what it gives is judged.
      spawnSync(READER, ['-s', set, '-f', path, '-o', `${out}.tar`]);
      execFileSync('tar', ['-x', '--no-same-owner', '-C', out, '-f', `${out}.tar`], { stdio: 'ignore' });
      return join(out, 'data');
    };
    const first = extract('1');
    for (const { entry, streams } of kept()) {
      if (entry.kind === 'file') expect(readFileSync(join(first, entry.path)).equals(streams.at(-1)!.data), entry.path).toBe(true);
    }
    expect(readFileSync(join(extract('2'), 'second'), 'utf8')).toBe('set');
  });
});

describe.skipIf(noFile)(`file(1)${noFile}`, () => {
  it('knows the format, the names and the software', () => {
    const path = join(tempFolder(), 'a.bkf');
    writeSet(path, [dir('')]);
    const text = execFileSync('file', ['-b', path], { encoding: 'utf8' });
    expect(text).toMatch(/NTbackup archive/i);
    expect(text).toMatch(/name: a\.bkf created 2026-03-01 12:34:56 UTC,/);
    expect(text).toMatch(/label: MTF Media Label\|1\.0\|Winback\|/);
    expect(text).toMatch(/software \(0x4257\): Winback \d/);
  });
});
