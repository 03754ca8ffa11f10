import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemPlatform } from '@winback/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { winback } from './test-io.js';

const linux = systemPlatform().os === 'linux';
const SIZE = 300_000;

describe.skipIf(!linux)(`backups on several cartridges${linux ? '' : ' (files are backed up on Linux)'}`, { timeout: 120_000 }, () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'winback-cartridges-'));
    mkdirSync(join(home, 'files'));
    for (let i = 0; i < 12; i++) writeFileSync(join(home, 'files', `file ${String(i)}`), Buffer.alloc(SIZE, `content ${String(i)} `));
  });
  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
  });

  const run = async (...argv: string[]) => {
    const { code, stdout, stderr } = await winback(home, ...argv);
    return { code, stdout, stderr };
  };
  const backup = (target: string, ...more: string[]) =>
    run('start', 'backup', '--include', 'files', '--backup-target', target, '--no-snapshot', '--quiet', ...more);
  const recovery = (target: string) =>
    run('start', 'recovery', '--version', 'latest', '--items', '/', '--recovery-target', 'out', '--backup-target', target, '--quiet');
  /** Where the recovered files are: the temporary folder can be a volume of its own. */
  const recovered = (): string => {
    const found = readdirSync(join(home, 'out'), { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith('file 0'));
    return join(home, 'out', found ?? '', '..');
  };

  it('go on in the next file, and come back from the first one and from the last', async () => {
    const target = 'tape:image:a.wbtape?capacity=2MiB&warning-zone=256KiB';
    expect(await backup(target)).toEqual({ code: 0, stdout: '', stderr: '' });
    const cartridges = readdirSync(home)
      .filter((name) => name.endsWith('.wbtape'))
      .sort();
    expect(cartridges).toEqual(['a.2.wbtape', 'a.3.wbtape', 'a.wbtape']);
    for (const name of cartridges) expect(statSync(join(home, name)).size).toBeLessThan(2.2e6);
    for (const first of ['a.wbtape', 'a.3.wbtape']) {
      rmSync(join(home, 'out'), { recursive: true, force: true });
      expect(await recovery(`tape:image:${first}`)).toEqual({ code: 0, stdout: '', stderr: '' });
      for (const name of readdirSync(join(home, 'files')))
        expect(readFileSync(join(recovered(), name)).equals(readFileSync(join(home, 'files', name))), name).toBe(true);
    }
    const versions = JSON.parse((await run('get', 'versions', '--backup-target', 'tape:image:a.3.wbtape', '--json')).stdout) as object;
    expect(versions).toMatchObject({ versions: [{ files: 12 }] });
  });

  it('say which cartridge is missing, and write over none', async () => {
    const target = 'tape:image:a.wbtape?capacity=2MiB&warning-zone=256KiB';
    await backup(target);
    rmSync(join(home, 'a.3.wbtape'));
    const missing = await recovery('tape:image:a.wbtape');
    expect(missing.code).toBe(4);
    expect(missing.stderr).toContain('cartridge 3 of the backup is needed');

    writeFileSync(join(home, 'b.2.wbtape'), readFileSync(join(home, 'a.2.wbtape')));
    const before = readFileSync(join(home, 'b.2.wbtape'));
    const refused = await backup('tape:image:b.wbtape?capacity=2MiB&warning-zone=256KiB');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('a blank cartridge is needed');
    expect(readFileSync(join(home, 'b.2.wbtape')).equals(before)).toBe(true);
  });

  it('run the command that changes cartridges, with what it must know', async () => {
    // It moves the full cartridge away, and puts a blank one in its place.
    writeFileSync(join(home, 'change.sh'), `echo "$WINBACK_PURPOSE $WINBACK_MEDIA_SEQUENCE" >>${home}/log; exit 3\n`);
    const failed = await backup('tape:image:c.wbtape?capacity=2MiB&warning-zone=256KiB', '--next-media-command', `sh ${home}/change.sh`);
    expect(failed.code).not.toBe(0);
    expect(failed.stderr).toContain('it ended with 3');
    expect(readFileSync(join(home, 'log'), 'utf8')).toBe('write 2\n');
    expect(existsSync(join(home, 'c.2.wbtape'))).toBe(false);
  });
});
