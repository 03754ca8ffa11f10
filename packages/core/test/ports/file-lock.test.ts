import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockByCompanion, lockFile } from '../../src/ports/file-lock.js';
import { systemPlatform } from '../../src/ports/platform.js';

const linux = systemPlatform().os === 'linux';
const hasFlock = spawnSync('flock', ['--version']).status === 0;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe.skipIf(!linux)('lockFile (needs Linux)', () => {
  it('keeps a second handle out until the first is closed', () => {
    const path = join(folder, 'target');
    const first = openSync(path, 'w+');
    const second = openSync(path, 'r+');
    expect(lockFile(first, path)?.kind).toBe('kernel');
    expect(lockFile(second, path)).toBeUndefined();
    closeSync(first);
    expect(lockFile(second, path)?.kind).toBe('kernel');
    closeSync(second);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it.skipIf(!hasFlock)('is what flock(1) respects and takes (needs flock)', async () => {
    const path = join(folder, 'target');
    const fd = openSync(path, 'w+');
    lockFile(fd, path);
    expect(spawnSync('flock', ['-n', path, 'true']).status).toBe(1);
    closeSync(fd);
    expect(spawnSync('flock', ['-n', path, 'true']).status).toBe(0);
    const other = spawn('flock', ['-n', path, 'sh', '-c', 'echo held; read x'], { stdio: ['pipe', 'pipe', 'ignore'] });
    await new Promise((resolve) => other.stdout.once('data', resolve));
    const again = openSync(path, 'r+');
    expect(lockFile(again, path)).toBeUndefined();
    other.kill('SIGKILL');
    other.stdin.end();
    await new Promise((resolve) => other.once('close', resolve));
    expect(lockFile(again, path)).toBeDefined();
    closeSync(again);
  });
});

describe('a lock file beside the target', () => {
  it('keeps a second one out and goes when released', () => {
    const path = join(folder, 'target.lock');
    const lock = lockByCompanion(path);
    expect(readFileSync(path, 'utf8')).toBe(`${process.pid} ${hostname()}\n`);
    expect(lockByCompanion(path)).toBeUndefined();
    lock?.[Symbol.dispose]();
    lock?.[Symbol.dispose]();
    expect(existsSync(path)).toBe(false);
  });

  it('is taken over from a process of this machine that is gone', () => {
    const path = join(folder, 'target.lock');
    const gone = execFileSync(process.execPath, ['-p', 'process.pid']).toString().trim();
    writeFileSync(path, `${gone} ${hostname()}\n`);
    expect(lockByCompanion(path)).toBeDefined();
    expect(readFileSync(path, 'utf8')).toBe(`${process.pid} ${hostname()}\n`);
  });

  it('of another machine, or that cannot be read, stays', () => {
    const path = join(folder, 'target.lock');
    for (const content of [`1 not-${hostname()}\n`, 'garbage', '']) {
      writeFileSync(path, content);
      expect(lockByCompanion(path)).toBeUndefined();
      expect(readFileSync(path, 'utf8')).toBe(content);
    }
  });
});
