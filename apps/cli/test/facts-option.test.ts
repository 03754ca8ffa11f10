import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { winback } from './test-io.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'winback-facts-'));
  mkdirSync(join(home, 'docs'));
  for (const name of ['windows.txt', 'plain.txt']) writeFileSync(join(home, 'docs', name), name);
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

/** A file of Windows, as it is kept on a file system of Linux. */
const setWindowsFacts = (): boolean =>
  [
    ['user.winback.ntfs_attrib', '0x22000000'],
    ['user.winback.ntfs_dos_name', '0x57494e444f577e312e545854'],
  ].every(([name = '', value = '']) => spawnSync('setfattr', ['-n', name, '-v', value, join(home, 'docs/windows.txt')]).status === 0);

const recover = (...more: string[]): ReturnType<typeof winback> => {
  const recovery = ['start', 'recovery', '--version', 'latest', '--items', '/', '--recovery-target', 'out', '--backup-target', 'a.bkf'];
  return winback(home, ...recovery, '--overwrite', 'overwrite', ...more);
};

describe('start recovery --facts', () => {
  it('counts files with facts in another form, and lists them when asked to', async (context) => {
    if (!setWindowsFacts()) context.skip('needs setfattr and a file system with extended attributes');
    expect(await winback(home, 'start', 'backup', '--include', 'docs', '--backup-target', 'a.bkf')).toMatchObject({ code: 0 });
    const quiet = await recover();
    expect(quiet).toMatchObject({ code: 0 });
    expect(quiet.stdout).toContain(
      'Kept in another form, from which they can be given back: facts of 1 file or folder (--facts report lists them).\n',
    );
    expect(quiet.stderr).not.toContain('RECOVERY_CONVERTED');
    const told = await recover('--facts', 'report');
    expect(told).toMatchObject({ code: 0 });
    expect(told.stderr).toMatch(
      /note: .*docs\/windows\.txt: kept in another form: its attributes, .*its short name \[RECOVERY_CONVERTED\]\n/,
    );
    expect(told.stderr).not.toContain('plain.txt');
    const { stdout } = await recover('-facts:report', '--json');
    const { converted, problemCount, problems } = JSON.parse(stdout) as {
      converted: number;
      problemCount: number;
      problems: { code: string }[];
    };
    expect({ converted, problemCount, codes: problems.map(({ code }) => code) }).toEqual({
      converted: 1,
      problemCount: 0,
      codes: ['RECOVERY_CONVERTED'],
    });
    const kept = execFileSync('getfattr', [
      '-n',
      'user.winback.ntfs_dos_name',
      '--only-values',
      join(home, 'out', home, 'docs/windows.txt'),
    ]);
    expect(kept.toString()).toBe('WINDOW~1.TXT');
  });

  it('refuses other words', async () => {
    expect(await recover('--facts', 'lose')).toMatchObject({ code: 2 });
  });
});
