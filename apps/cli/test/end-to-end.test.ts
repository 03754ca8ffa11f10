import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../src/main.js';
import { testIo, winback } from './test-io.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'winback-cli-'));
  mkdirSync(join(home, 'docs', 'sub'), { recursive: true });
  writeFileSync(join(home, 'docs', 'a.txt'), 'alpha\n');
  writeFileSync(join(home, 'docs', 'sub', 'b.bin'), new Uint8Array(300_000).fill(7));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

interface Doc {
  outcome: string;
  problemCount: number;
  problems: { path: string; code: string; effect: string }[];
  notices: string[];
  error: { code: string; message: string; hint?: string; details: Record<string, unknown> };
  versions: { id: string; time: string; files: number }[];
  items: { path: string; kind: string; size: number }[];
  [key: string]: unknown;
}
const run = (...argv: string[]): ReturnType<typeof winback> => winback(home, ...argv);
async function json(...argv: string[]): Promise<Doc & { code: number }> {
  const { code, stdout } = await run(...argv, '--json');
  return { ...(JSON.parse(stdout) as Doc), code };
}
const backUp = (...more: string[]): ReturnType<typeof winback> =>
  run('start', 'backup', '--include', 'docs', '--backup-target', 'first.bkf', ...more);

describe('backup, versions, items, recovery, verify', () => {
  it('in wbadmin’s spelling, for people', async () => {
    const made = await run('start', 'backup', '-include:docs', '-backupTarget:first.bkf', '-noSnapshot');
    expect(made.code).toBe(0);
    expect(made.stderr).toContain('no snapshot (switched off by --no-snapshot)');
    expect(made.stdout).toMatch(/^Version \d\d\/\d\d\/\d{4}-\d\d:\d\d is complete: 2 files in 2 folders, 300 kB, in /);
    const versions = await run('get', 'versions', '-BACKUPTARGET:first.bkf');
    expect(versions.stdout).toMatch(/^VERSION .*\n\d\d\/\d\d\/\d{4}-\d\d:\d\d +2 +300 kB +complete/);
    const items = await run('get', 'items', '-version:latest', '-backupTarget:first.bkf');
    expect(items.stdout).toContain(`${home}/docs/a.txt\n`);
    expect(items.stdout).toContain(`${home}/docs/sub/\n`);
    const recovered = await run(
      'start',
      'recovery',
      '-version:latest',
      `-items:${home}/docs/sub`,
      '-recoveryTarget:out',
      '-backupTarget:first.bkf',
    );
    expect(recovered).toMatchObject({ code: 0, stdout: expect.stringContaining('Recovered 1 file and 1 folder') as string });
    expect(readFileSync(join(home, 'out', home, 'docs/sub/b.bin'))).toHaveLength(300_000);
    expect(existsSync(join(home, 'out', home, 'docs/a.txt'))).toBe(false);
    expect(await run('verify', '-backupTarget:first.bkf')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^No damage found: 1 version, 2 files in 2 folders, 300 kB/) as string,
    });
  });

  it('as documents', async () => {
    const made = await json('start', 'backup', '--include', 'docs', '--backup-target', 'first.bkf');
    expect(made).toMatchObject({ code: 0, outcome: 'done', problemCount: 0, files: 2, directories: 2, problems: [] });
    expect(made.notices).toHaveLength(1);
    const versions = await json('get', 'versions', '--backup-target', 'first.bkf');
    expect(versions.versions).toMatchObject([{ id: made['version'], number: 1, files: 2, catalog: { include: [join(home, 'docs')] } }]);
    expect(new Date(versions.versions[0]!.time).getTime()).toBeGreaterThan(Date.now() - 120_000);
    const items = await json('get', 'items', '--version', versions.versions[0]!.id, '--backup-target', 'first.bkf');
    expect(items).toMatchObject({ code: 0, count: 4, version: made['version'] });
    expect(items.items.map((i) => [i.path.slice(home.length), i.kind, i.size])).toEqual([
      ['/docs', 'directory', 0],
      ['/docs/a.txt', 'file', 6],
      ['/docs/sub', 'directory', 0],
      ['/docs/sub/b.bin', 'file', 300_000],
    ]);
    const recovered = await json(
      'start',
      'recovery',
      '--version',
      'latest',
      '--items',
      '/',
      '--recovery-target',
      'out',
      '--backup-target',
      'first.bkf',
    );
    expect(recovered).toMatchObject({ code: 0, outcome: 'done', files: 2, skipped: 0 });
    expect(await json('verify', '--backup-target', 'first.bkf', '--compare', 'out')).toMatchObject({ code: 0, different: 0 });
  });

  it('--what-if lists, and touches nothing', async () => {
    const { code, stdout } = await backUp('--what-if', '--exclude', 'sub/');
    expect(code).toBe(0);
    expect(stdout).toContain(`${home}/docs/a.txt\n`);
    expect(stdout).not.toContain('b.bin');
    expect(stdout).toContain('Nothing was written.');
    expect(readdirSync(home)).toEqual(['docs']);
    expect((await json('start', 'backup', '--include', 'docs', '--backup-target', 'first.bkf', '--what-if')).items).toHaveLength(4);
  });

  it('--quiet says nothing when all is well', async () => {
    expect(await backUp('--quiet')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('--progress json is a JSON object a line on stderr', async () => {
    const { stderr, stdout } = await backUp('--progress', 'json');
    const events = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(events.map((e) => e.type)).toEqual(expect.arrayContaining(['notice', 'progress']));
    expect(stdout).toMatch(/^Version /);
  });

  it('a second backup is a second version; --exclude and --overwrite do what they say', async () => {
    await backUp();
    await backUp('--exclude', '*.bin');
    const { versions } = await json('get', 'versions', '--backup-target', 'first.bkf');
    expect(versions.map((v) => v.files)).toEqual([2, 1]);
    mkdirSync(join(home, 'out', home, 'docs'), { recursive: true });
    writeFileSync(join(home, 'out', home, 'docs/a.txt'), 'newer');
    const recover = (how: string): Promise<Doc> =>
      json('start', 'recovery', '-version:latest', '-items:/', '-recoveryTarget:out', '-backupTarget:first.bkf', `-overwrite:${how}`);
    expect(await recover('Skip')).toMatchObject({ outcome: 'done', skipped: 1 });
    expect(readFileSync(join(home, 'out', home, 'docs/a.txt'), 'utf8')).toBe('newer');
    await recover('CreateCopy');
    expect(readdirSync(join(home, 'out', home, 'docs'))).toEqual(['Copy of a.txt', 'a.txt', 'sub']);
    await recover('Overwrite');
    expect(readFileSync(join(home, 'out', home, 'docs/a.txt'), 'utf8')).toBe('alpha\n');
  });
});

describe('names from a backup', () => {
  it('never reach the terminal raw, and are exact in JSON', async () => {
    const hostile = 'x\x1b]0;owned\x07\n\u202etxt.exe';
    writeFileSync(join(home, 'docs', hostile), 'evil');
    execFileSync('touch', [Buffer.concat([Buffer.from(join(home, 'docs/byte-')), Buffer.from([0xff])]) as never], { stdio: 'ignore' });
    await backUp();
    const { stdout } = await run('get', 'items', '-version:latest', '-backupTarget:first.bkf');
    // eslint-disable-next-line no-control-regex -- what must not be there
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
    expect(stdout).toContain('x\\x1b]0;owned\\x07\\n\\u202etxt.exe\n');
    const { items } = await json('get', 'items', '-version:latest', '-backupTarget:first.bkf');
    expect(items.map((i) => i.path)).toContain(`${home}/docs/${hostile}`);
  });
});

describe('exit codes and errors', () => {
  it('4 when the target is missing, with a hint', async () => {
    const { code, stdout, stderr } = await run('get', 'versions', '--backup-target', 'none.bkf');
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^winback: [^\n]*none\.bkf[^\n]*\n {2}hint: /);
    expect((await json('get', 'versions', '--backup-target', 'none.bkf')).error).toMatchObject({ code: 'TARGET_NOT_FOUND' });
  });

  it('2 when nothing serves the target, naming .bkf', async () => {
    for (const target of ['folder', 'nothing:x', home]) {
      const { code, stderr } = await run('start', 'backup', '--include', 'docs', '--backup-target', target);
      expect(code).toBe(2);
      expect(stderr).toMatch(/\n {2}hint: [^\n]*\.bkf/);
    }
    expect(readdirSync(home)).toEqual(['docs']);
  });

  it('1 when an included path, a version or an item does not exist', async () => {
    await backUp();
    const cases: [string[], string][] = [
      [['start', 'backup', '--include', 'nowhere', '--backup-target', 'first.bkf'], 'SOURCE_NOT_FOUND'],
      [['get', 'items', '--version', '01/01/2001-00:00', '--backup-target', 'first.bkf'], 'VERSION_NOT_FOUND'],
      [
        ['start', 'recovery', '--version', 'latest', '--items', '/nowhere', '--recovery-target', 'out', '--backup-target', 'first.bkf'],
        'ITEM_NOT_FOUND',
      ],
    ];
    for (const [argv, errorCode] of cases) expect(await json(...argv)).toMatchObject({ code: 1, error: { code: errorCode } });
    expect((await json('get', 'versions', '--backup-target', 'first.bkf')).versions).toHaveLength(1);
  });

  it('3 when files differ, and lists them', async () => {
    await backUp();
    await run('start', 'recovery', '-version:latest', '-items:/', '-recoveryTarget:out', '-backupTarget:first.bkf');
    writeFileSync(join(home, 'out', home, 'docs/a.txt'), 'ALPHA\n');
    const { code, stdout, stderr } = await run('verify', '--backup-target', 'first.bkf', '--compare', 'out');
    expect(code).toBe(3);
    expect(stderr).toMatch(/docs\/a\.txt.*\[COMPARE_DIFFERENT\]/);
    expect(stdout).toContain('1 file differs');
    expect(stdout).toContain('1 problem: it is listed above');
  });

  it('5 when the backup is damaged', async () => {
    await backUp();
    const file = join(home, 'first.bkf');
    const bytes = readFileSync(file);
    const at = bytes.indexOf(Buffer.alloc(1000, 7)) + 500;
    bytes[at] = 8;
    writeFileSync(file, bytes);
    const result = await json('verify', '--backup-target', 'first.bkf');
    expect(result).toMatchObject({ code: 5, outcome: 'damaged' });
    expect(result.problems[0]).toMatchObject({ code: 'FORMAT_CHECKSUM' });
    expect((await run('tape', 'inspect', 'first.bkf')).code).toBe(5);
    truncateSync(file, statSync(file).size / 2);
    expect((await run('verify', '--backup-target', 'first.bkf')).code).toBe(5);
  });

  it('--snapshot required on a volume that makes none is SNAPSHOT_UNSUPPORTED', async (context) => {
    const made = await json('start', 'backup', '--include', 'docs', '--backup-target', 'first.bkf', '--snapshot', 'required');
    if (made.code === 0) context.skip('the temporary folder is on a volume that makes snapshots');
    expect(made).toMatchObject({ code: 1, error: { code: 'SNAPSHOT_UNSUPPORTED' } });
    expect(existsSync(join(home, 'first.bkf'))).toBe(false);
  });

  it('130 when a job is stopped before it began', async () => {
    const io = testIo(home);
    const stopped = { ...io, onInterrupt: (listener: () => void) => (listener(), () => undefined) };
    expect(await main(['start', 'backup', '--include', 'docs', '--backup-target', 'first.bkf'], stopped)).toBe(130);
    expect(io.stderr.text).toContain('stopping;');
    expect(existsSync(join(home, 'first.bkf'))).toBe(false);
  });

  it('a second Ctrl-C ends the process at once', async () => {
    const io = testIo(home);
    const twice = { ...io, onInterrupt: (listener: () => void) => (listener(), listener(), () => undefined) };
    await main(['start', 'backup', '--include', 'docs', '--backup-target', 'first.bkf'], twice);
    expect(io.exits).toEqual([130]);
  });
});

describe('delete backup', () => {
  it('says why a .bkf file keeps its versions, or deletes', async () => {
    await backUp();
    await backUp();
    const result = await json('delete', 'backup', '--keep-versions', '1', '--backup-target', 'first.bkf');
    const left = (await json('get', 'versions', '--backup-target', 'first.bkf')).versions.length;
    expect([result.code, left]).toEqual(result.code === 0 ? [0, 1] : [1, 2]);
    if (result.code !== 0) expect(result.error).toMatchObject({ code: 'TARGET_UNSUPPORTED', hint: expect.any(String) as string });
  });
});

describe('plugins', () => {
  it('are listed, with those of the configuration', async () => {
    writeFileSync(join(home, 'mine.mjs'), `export default { name: 'mine', api: 1, register() {} };`);
    writeFileSync(join(home, 'winback.config.json'), '{"plugins": ["./mine.mjs"]}');
    const { stdout, code } = await run('plugin', 'list');
    expect(code).toBe(0);
    for (const text of ['@winback/tape/plugin', './mine.mjs', 'mtf:', 'portable', 'btrfs']) expect(stdout).toContain(text);
    const listed = await json('plugin', 'list');
    expect(listed['plugins']).toHaveLength(6);
  });

  it('that are wrong end the command with 2, before anything is done', async () => {
    writeFileSync(join(home, 'winback.config.json'), '{"plugins": ["./none.mjs"]}');
    const { code, stderr } = await backUp();
    expect(code).toBe(2);
    expect(stderr).toContain('plugin ./none.mjs: not found');
    writeFileSync(join(home, 'other.json'), '{"plugins": ["a",]}');
    expect(await json('plugin', 'list', '--config', 'other.json')).toMatchObject({
      code: 2,
      error: { code: 'CONFIG_INVALID', details: { line: 1, column: 18 } },
    });
    expect(existsSync(join(home, 'first.bkf'))).toBe(false);
  });
});

describe('tape inspect', () => {
  it('lists blocks and streams', async () => {
    await backUp();
    const { code, stdout } = await run('tape', 'inspect', 'first.bkf');
    expect(code).toBe(0);
    for (const word of ['TAPE', 'SSET', 'VOLB', 'DIRB', 'FILE', 'ESET', 'STAN', 'name=a.txt', 'no damage']) expect(stdout).toContain(word);
    const doc = await json('tape', 'inspect', 'first.bkf');
    expect(doc.items.length).toBe(Number(doc['blocks']) + Number(doc['streams']));
    expect(doc['damage']).toBe(0);
  });

  it('of what is no tape file, or missing, is an error', async () => {
    expect((await run('tape', 'inspect', 'docs/a.txt')).code).toBeGreaterThan(0);
    expect((await json('tape', 'inspect', 'none.bkf')).error.code).toBe('TARGET_NOT_FOUND');
    expect((await run('tape', 'inspect')).code).toBe(2);
  });
});

describe('driver check', () => {
  it('holds a driver to the contract on scratch media, and leaves nothing', async () => {
    const { code, stdout } = await run('driver', 'check', 'scratch.bkf');
    expect(stdout).toMatch(/passed {3}\S.*\n/);
    expect(stdout).toMatch(/mtf: \d+ passed, \d+ skipped, 0 failed\.\n$/);
    expect(code).toBe(0);
    expect(readdirSync(home)).toEqual(['docs']);
  });

  it('does not touch what is there', async () => {
    await backUp();
    const before = readFileSync(join(home, 'first.bkf'));
    expect(await json('driver', 'check', 'first.bkf')).toMatchObject({ code: 2, error: { code: 'USAGE' } });
    expect(readFileSync(join(home, 'first.bkf')).equals(before)).toBe(true);
  });
});

describe('tour', () => {
  it('runs every step for real and cleans up', async () => {
    const { code, stdout } = await run('tour');
    expect(code).toBe(0);
    expect(stdout.match(/^\$ winback /gm)).toHaveLength(6);
    const [, folder = ''] = /scratch folder, (.*)\n/.exec(stdout) ?? [];
    expect(folder).toContain('winback-tour-');
    expect(existsSync(folder)).toBe(false);
  });
});
