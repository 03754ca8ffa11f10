import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addAll,
  catalog,
  description,
  dir,
  file,
  noise,
  now,
  openTarget,
  readSet,
  tempFolder,
  volume,
  writeSet,
} from './support/target.js';

const mountable = process.geteuid?.() === 0 && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
const reason = mountable ? '' : ' (skipped: needs root and the right to mount a tmpfs)';
const code = (expected: string): Error => expect.objectContaining({ code: expected }) as Error;

describe.skipIf(!mountable)(`a full disk${reason}`, () => {
  let disk: string;
  beforeAll(() => {
    disk = join(tempFolder(), 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'none', disk]);
  });
  afterAll(() => {
    execFileSync('umount', [disk]);
  });

  it('is TARGET_FULL; the sets that were there stay, and so does the room', () => {
    const path = join(disk, 'a.bkf');
    writeSet(path, [dir(''), file('n', 'one')]);
    const bytes = readFileSync(path);
    const target = openTarget(path, 'append');
    const writer = target.createSet(description);
    writer.beginVolume(volume);
    expect(() => {
      addAll(writer, [dir(''), ...Array.from({ length: 8 }, (_, i) => file(`big${String(i)}`, noise(700_000, i)))]);
    }).toThrow(code('TARGET_FULL'));
    now(writer.abort());
    target.close();
    expect(readFileSync(path)).toEqual(bytes);
    writeSet(path, [dir(''), file('n', 'two')]);
    expect(readSet(path, '1').files[1]!.streams[0]!.data.toString()).toBe('one');
    expect(readSet(path, '2').files[1]!.streams[0]!.data.toString()).toBe('two');
  });

  it('while committing loses that set alone', () => {
    const path = join(disk, 'b.bkf');
    const target = openTarget(path, 'append');
    const writer = target.createSet(description);
    writer.beginVolume(volume);
    addAll(writer, [dir(''), file('big', noise(1_900_000))]);
    const problems = Array.from({ length: 10_000 }, (_, i) => ({
      path: 'x'.repeat(200),
      code: String(i),
      message: '',
      effect: 'skipped' as const,
    }));
    expect(() => writer.commit(catalog(undefined, { problems }))).toThrow(code('TARGET_FULL'));
    now(writer.abort());
    target.close();
    expect(existsSync(path)).toBe(false);
  });
});
