import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemPlatform } from '@winback/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../bin/winback.js', import.meta.url));
const built = existsSync(fileURLToPath(new URL('../dist/main.js', import.meta.url)));

let home: string;
beforeEach((context) => {
  if (!built) context.skip('needs a build: npm run build');
  if (systemPlatform().os !== 'linux') context.skip('needs Linux');
  home = mkdtempSync(join(tmpdir(), 'winback-tape-process-'));
  mkdirSync(join(home, 'small'));
  writeFileSync(join(home, 'small', 'file'), 'content');
});
afterEach(() => {
  if (home) rmSync(home, { recursive: true, force: true });
});

const winback = (...args: readonly string[]): string => execFileSync(process.execPath, [program, ...args], { cwd: home, encoding: 'utf8' });
const backup = (folder: string): string[] => ['start', 'backup', '--include', folder, '--no-snapshot', '--backup-target', 'tape:a.wbtape'];
const versions = (): unknown[] =>
  (JSON.parse(winback('get', 'versions', '--backup-target', 'tape:a.wbtape', '--json')) as { versions: unknown[] }).versions;

/** The drive works in a thread of its own in each of these. */
describe('jobs on cartridges, as processes', () => {
  it.each(['SIGINT', 'SIGKILL'] as const)(
    'one that is stopped by %s leaves the sets before it, and the next one goes on',
    async (signal) => {
      winback(...backup('small'), '--quiet');
      mkdirSync(join(home, 'large'));
      // Far more than is written before the signal.
      for (const name of ['1', '2', '3', '4']) writeFileSync(join(home, 'large', name), Buffer.alloc(150_000_000, name));
      const child = spawn(process.execPath, [program, ...backup('large'), '--progress', 'json'], {
        cwd: home,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        if (!said.includes('"buffer":') && (said += text).includes('"buffer":')) child.kill(signal);
      });
      const [code, by] = (await once(child, 'exit')) as [number | null, string | null];
      expect([code, by]).toEqual(signal === 'SIGINT' ? [130, null] : [null, 'SIGKILL']);
      expect(versions()).toHaveLength(1);
      winback(...backup('small'), '--quiet');
      expect(versions()).toHaveLength(2);
      expect(winback('verify', '--backup-target', 'tape:a.wbtape')).toMatch(/^No damage found: 2 versions/);
    },
  );

  it('sets on several cartridges come back', () => {
    mkdirSync(join(home, 'many'));
    for (let i = 0; i < 300; i++) writeFileSync(join(home, 'many', String(i)), Buffer.alloc(50_000 + i * 500, `file ${String(i)} `));
    const target = ['--backup-target', 'tape:b.wbtape?capacity=12MiB'];
    expect(winback('start', 'backup', '--include', 'many', '--no-snapshot', ...target)).toContain('through a buffer of 32 MiB');
    expect(existsSync(join(home, 'b.3.wbtape'))).toBe(true);
    winback(
      'start',
      'recovery',
      '--version',
      'latest',
      '--items',
      '/',
      '--recovery-target',
      'out',
      '--backup-target',
      'tape:b.wbtape',
      '--quiet',
    );
    for (let i = 0; i < 300; i++)
      expect(readFileSync(join(home, 'out', home, 'many', String(i))).equals(readFileSync(join(home, 'many', String(i))))).toBe(true);
  });
});
