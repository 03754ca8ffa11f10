import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCipheriv } from 'node:crypto';
import { noTgt, Tgt } from '@winback/tape/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../bin/winback.js', import.meta.url));
const built = existsSync(fileURLToPath(new URL('../dist/main.js', import.meta.url)));
const why = noTgt || (built ? '' : ' (skipped: needs a build: npm run build)');

/** Bytes that nothing makes smaller. */
const noise = (bytes: number, seed: number): Buffer =>
  createCipheriv('aes-256-ctr', Buffer.alloc(32, seed), Buffer.alloc(16)).update(Buffer.alloc(bytes));

/** Cartridges of tgt hold 64 MB. */
const FILES = Array.from({ length: 8 }, (_, i) => ({ name: `f${i}`, data: noise(10_000_000 + i * 1013, i + 1) }));

describe.skipIf(why)(`jobs on cartridges of tgt, over iSCSI, as processes${why}`, { timeout: 240_000 }, () => {
  const home = mkdtempSync(join(tmpdir(), 'winback-tape-iscsi-'));
  let tgt: Tgt;
  let drive: string;
  let changer: string;

  beforeAll(async () => {
    mkdirSync(join(home, 'files'));
    for (const { name, data } of FILES) writeFileSync(join(home, 'files', name), data);
    // It gets cartridge n from slot n, as long as there are any.
    const winback = `'${process.execPath}' '${program}' tape changer "$CHANGER"`;
    const script = `set -e; [ "$WINBACK_MEDIA_SEQUENCE" -le 4 ]; ${winback} unload; ${winback} load "$WINBACK_MEDIA_SEQUENCE"`;
    writeFileSync(join(home, 'change.sh'), script);
    tgt = await Tgt.start();
  });
  beforeEach(async () => {
    await tgt.kill();
    rmSync(join(tgt.folder, 'library'), { recursive: true, force: true });
    await tgt.run();
    ({ drive, changer } = tgt.addLibrary());
  });
  afterAll(async () => {
    await tgt.end();
    rmSync(home, { recursive: true });
  });

  function winback(...args: readonly string[]): { code: number | null; stdout: string; stderr: string } {
    const env = { ...process.env, CHANGER: changer };
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { cwd: home, encoding: 'utf8', env });
    return { code: status, stdout, stderr };
  }
  const done = (...args: readonly string[]): string => {
    const { code, stdout, stderr } = winback(...args);
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
    return stdout;
  };
  const backup = (...how: readonly string[]): string[] => [
    'start',
    'backup',
    '--include',
    'files',
    '--no-snapshot',
    '--quiet',
    '--backup-target',
    `tape:${drive}`,
    ...how,
  ];
  const recovery = (...how: readonly string[]): string[] => [
    'start',
    'recovery',
    '--version',
    'latest',
    '--items',
    '/',
    '--recovery-target',
    'out',
    '--quiet',
    '--backup-target',
    `tape:${drive}`,
    ...how,
  ];
  function isBack(): void {
    for (const { name, data } of FILES) expect(readFileSync(join(home, 'out', home, 'files', name)).equals(data), name).toBe(true);
    rmSync(join(home, 'out'), { recursive: true });
  }

  it('a changer gets every cartridge, for a backup, one behind it, the list and a recovery', () => {
    const how = ['--changer', changer];
    done(...backup(...how));
    done(...backup(...how));
    done('tape', 'changer', changer, 'unload');
    const { versions } = JSON.parse(done('get', 'versions', '--json', '--backup-target', `tape:${drive}`, ...how)) as {
      versions: unknown[];
    };
    // tgt's drive tells no position, so the cartridge that is in it is all that is looked at: it has the end of the second set.
    expect(versions).toHaveLength(1);
    done('tape', 'changer', changer, 'unload');
    done(...recovery(...how));
    isBack();
  });

  it('a command gets the next one; a set whose last cartridge never came is passed over, which is said', () => {
    const how = ['--next-media-command', `sh '${join(home, 'change.sh')}'`];
    done('tape', 'changer', changer, 'load', '1');
    for (let i = 0; i < 3; i++) expect(winback(...backup(...how))).toMatchObject({ code: 0 });
    expect(winback(...recovery(...how))).toMatchObject({ code: 0 });
    isBack();
    // The fourth is filled, and there is no fifth.
    const failed = winback(...backup(...how));
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('changed none') as string });
    const recovered = winback(...recovery(...how));
    expect(recovered).toMatchObject({ code: 5, stderr: expect.stringContaining('is the newest that is whole') as string });
    isBack();
  });
});
