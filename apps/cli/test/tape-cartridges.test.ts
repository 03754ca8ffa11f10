import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemPlatform, systemRandom } from '@winback/core';
import { ImageChangerDriver, type NewChanger } from '@winback/tape';
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
  const recovery = (target: string, ...more: string[]) =>
    run(
      'start',
      'recovery',
      '--version',
      'latest',
      '--items',
      '/',
      '--recovery-target',
      'out',
      '--backup-target',
      target,
      '--quiet',
      ...more,
    );
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

  /** Files that were recovered under their own names, whole. */
  const wholeFiles = (): string[] => {
    const folder = recovered();
    const names = readdirSync(join(home, 'files')).filter((name) => existsSync(join(folder, name)));
    for (const name of names) expect(readFileSync(join(folder, name)).equals(readFileSync(join(home, 'files', name))), name).toBe(true);
    return names;
  };

  it('whose next cartridge is missing, or never was, give what is whole, and say which one it is', async () => {
    writeFileSync(join(home, 'files', 'file 0'), 'small');
    const target = 'tape:image:a.wbtape?capacity=2MiB&warning-zone=256KiB';
    expect((await run('start', 'backup', '--include', 'files/file 0', '--backup-target', target, '--no-snapshot', '--quiet')).code).toBe(0);
    expect((await backup(target)).code).toBe(0);
    rmSync(join(home, 'a.2.wbtape'));
    const list = await run('get', 'versions', '--backup-target', 'tape:image:a.wbtape');
    expect([list.code, list.stderr]).toEqual([0, '']);
    expect(list.stdout).toMatch(/complete .*\n.* goes on on cartridge 2, not seen /);
    const document = JSON.parse((await run('get', 'versions', '--backup-target', 'tape:image:a.wbtape', '--json')).stdout) as {
      versions: { id: string; continuesOn?: number }[];
    };
    const [whole, cut] = document.versions;
    expect([whole?.continuesOn, cut?.continuesOn]).toEqual([undefined, 2]);

    const latest = await recovery('tape:image:a.wbtape');
    expect(latest.code).toBe(5);
    expect(latest.stderr).toContain(
      `version ${whole?.id ?? ''} is the newest that is whole: ${cut?.id ?? ''} goes on on cartridge 2, and its end is missing`,
    );
    expect(wholeFiles()).toEqual(['file 0']);

    rmSync(join(home, 'out'), { recursive: true });
    const items = ['--items', '/', '--recovery-target', 'out', '--backup-target', 'tape:image:a.wbtape', '--quiet'];
    const part = await run('start', 'recovery', '--version', '2', ...items);
    expect(part.code).toBe(5);
    expect(part.stderr).toMatch(
      /the set goes on on cartridge 2 of family [0-9a-f]{8}, which is missing: .*cartridge 2 of the backup is needed/,
    );
    const names = wholeFiles();
    expect(names.length).toBeGreaterThan(2);
    expect(names.length).toBeLessThan(12);
    expect((await run('verify', '--backup-target', 'tape:image:a.wbtape', '--quiet')).code).toBe(5);
    expect((await run('verify', '--version', '1', '--backup-target', 'tape:image:a.wbtape', '--quiet')).code).toBe(0);
  });

  it('say which cartridge is missing, and write over none', async () => {
    const target = 'tape:image:a.wbtape?capacity=2MiB&warning-zone=256KiB';
    await backup(target);
    rmSync(join(home, 'a.3.wbtape'));
    const missing = await recovery('tape:image:a.wbtape');
    expect(missing.code).toBe(5);
    expect(missing.stderr).toContain('cartridge 3 of the backup is needed');
    expect(wholeFiles().length).toBeGreaterThan(6);

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

  const newChanger = (parts: NewChanger): void => {
    using _ = new ImageChangerDriver(systemRandom).create(`changer:${join(home, 'library')}`, parts);
  };
  const places = async (): Promise<string[]> => {
    const { elements } = JSON.parse((await run('tape', 'changer', 'changer:library', 'list', '--json')).stdout) as {
      elements: { kind: string; number: number; volumeTag?: string }[];
    };
    return elements.flatMap(({ kind, number, volumeTag }) => (volumeTag === undefined ? [] : [`${kind} ${String(number)}: ${volumeTag}`]));
  };

  it('come from a changer, for every job that goes through sets', async () => {
    newChanger({ drives: 2, slots: 4, capacity: 1_800_000 });
    expect((await run('tape', 'changer', 'changer:library', 'load', '1', '1')).code).toBe(0);
    const target = 'tape:image:library/drive1';
    const changer = ['--changer', 'changer:library?drive=1'];
    expect(await backup(target, ...changer)).toEqual({ code: 0, stdout: '', stderr: '' });
    const after = ['drive 1: WB0003L1', 'slot 1: WB0001L1', 'slot 2: WB0002L1', 'slot 4: WB0004L1'];
    expect(await places()).toEqual(after);
    expect(await recovery(target, ...changer)).toEqual({ code: 0, stdout: '', stderr: '' });
    for (const name of readdirSync(join(home, 'files')))
      expect(readFileSync(join(recovered(), name)).equals(readFileSync(join(home, 'files', name))), name).toBe(true);
    expect(await run('verify', '--backup-target', target, '--quiet', ...changer)).toEqual({ code: 0, stdout: '', stderr: '' });
    const items = await run('get', 'items', '--version', 'latest', '--backup-target', target, ...changer);
    expect([items.code, items.stdout.match(/file \d+/g)?.length]).toEqual([0, 12]);
    expect(await places()).toEqual(after);

    process.env['WINBACK_CHANGER'] = `changer:${join(home, 'library')}?drive=1`;
    try {
      expect(await run('verify', '--backup-target', target, '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' });
    } finally {
      Reflect.deleteProperty(process.env, 'WINBACK_CHANGER');
    }
  });

  it('stand in a changer of files that a command makes', async () => {
    const made = await run('tape', 'changer', 'changer:library', 'create', '3', '2', '--capacity', '4MiB');
    expect(made.stdout).toMatch(/drive +1 +257 +empty[^]*slot +3 +4098 +full +WB0003L1/);
    expect(await places()).toEqual(['slot 1: WB0001L1', 'slot 2: WB0002L1', 'slot 3: WB0003L1']);
    expect((await run('tape', 'changer', 'changer:library', 'load', '2', '1')).code).toBe(0);
    expect((await run('tape', 'parameters', 'image:library/drive1', '--json')).stdout).toContain(`"capacity": ${String(4 << 20)}`);
    const wrong: [words: string[], says: RegExp, code: number][] = [
      [['changer:library', 'create', '3'], /which it is already/, 1],
      [['changer:none', 'create', '0'], /0 slots.*\n.*from 1 to/, 1],
      [['changer:none', 'create', '99999999'], /from 1 to/, 1],
      [['changer:none', 'create'], /create SLOTS \[DRIVES\]/, 2],
      [['changer:none', 'create', '2', '--capacity', 'much'], /"much" is no size/, 2],
      [['changer:library', 'list', '--capacity', '1MiB'], /cartridges that are made/, 2],
      [['iscsi://127.0.0.1/iqn.x/1', 'create', '2'], /making a changer[^]*changer:FOLDER create/, 1],
      [['changer:none', 'list'], /create SLOTS/, 4],
    ];
    for (const [words, says, code] of wrong) {
      const { stderr, ...ended } = await run('tape', 'changer', ...words);
      expect({ words, stderr, code: ended.code }).toEqual({ words, stderr: expect.stringMatching(says) as string, code });
    }
    expect(existsSync(join(home, 'none'))).toBe(false);
  });

  it('come from a changer from the first one on, for every command that opens a target', async () => {
    newChanger({ drives: 1, slots: 4, capacity: 1_800_000 });
    const target = 'tape:image:library/drive0';
    const changer = ['--changer', 'changer:library'];
    const unload = async (): Promise<void> => {
      expect((await run('tape', 'changer', 'changer:library', 'unload')).code).toBe(0);
    };
    const after = ['drive 0: WB0003L1', 'slot 1: WB0001L1', 'slot 2: WB0002L1', 'slot 4: WB0004L1'];
    expect(await backup(target, ...changer)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await places()).toEqual(after);
    for (const argv of [
      ['get', 'versions', '--json'],
      ['get', 'items', '--version', 'latest', '--json'],
      ['verify', '--json'],
      ['start', 'recovery', '--version', 'latest', '--items', '/', '--recovery-target', 'out', '--json'],
    ]) {
      await unload();
      const { code, stdout } = await run(...argv, '--backup-target', target, ...changer);
      expect(code, stdout).toBe(0);
      expect(await places()).toEqual(after);
    }
    for (const name of readdirSync(join(home, 'files')))
      expect(readFileSync(join(recovered(), name)).equals(readFileSync(join(home, 'files', name))), name).toBe(true);
    await unload();
    // Another one is begun behind it, by what the environment says.
    process.env['WINBACK_CHANGER'] = `changer:${join(home, 'library')}`;
    try {
      const { code, stdout } = await run('get', 'versions', '--json', '--backup-target', target);
      expect([code, (JSON.parse(stdout) as { versions: unknown[] }).versions.length]).toEqual([0, 1]);
      await unload();
      // Sets cannot be taken off a tape, so no cartridge is looked for.
      const refused = await run('delete', 'backup', '--keep-versions', '1', '--backup-target', target);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('sets cannot be taken off a tape')]);
      expect((await places())[0]).toBe('slot 1: WB0001L1');
    } finally {
      Reflect.deleteProperty(process.env, 'WINBACK_CHANGER');
    }

    writeFileSync(join(home, 'files', 'new'), 'new');
    const one = (...more: string[]) =>
      run('start', 'backup', '--include', 'files/new', '--backup-target', target, '--no-snapshot', '--quiet', ...more);
    expect(await one('--changer', 'changer:library?slot=4')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await places())[0]).toBe('drive 0: WB0004L1');
    await unload();
    const several = await run('get', 'versions', '--backup-target', target, ...changer);
    expect(several.code).toBe(4);
    expect(several.stderr).toMatch(
      /2 cartridges could be the one to begin with: slot 3 \(WB0003L1\): number 3 of family .*slot 4 \(WB0004L1\): number 1 of/,
    );
    expect(several.stderr).toContain("--changer 'ADDRESS?slot=3'");
    expect((await one(...changer)).code).toBe(4);
    const named = await run(
      'get',
      'items',
      '--version',
      'latest',
      '--backup-target',
      target,
      '--changer',
      'changer:library?barcode=WB0004L1',
    );
    expect([named.code, named.stdout.includes('new')]).toEqual([0, true]);
    const wrong = await run('get', 'versions', '--backup-target', target, '--changer', 'changer:library?barcode=WB0009L1');
    expect([wrong.code, wrong.stderr.includes('WB0009L1')]).toEqual([1, true]);
  });

  it('are refused at once from a changer that is none, or has no such drive', async () => {
    newChanger({ drives: 1, slots: 1 });
    for (const [changer, words] of [
      ['changer:nowhere', 'TAPE_NOT_FOUND'],
      ['changer:library?drive=1', 'drive 1 of the changer, which has 1'],
      ['/dev/null', 'no loaded driver of changers serves'],
    ] as const) {
      const { code, stderr, stdout } = await run(
        'start',
        'backup',
        '--include',
        'files',
        '--backup-target',
        'tape:image:a.wbtape',
        '--no-snapshot',
        '--json',
        '--changer',
        changer,
      );
      expect(code).not.toBe(0);
      expect(stdout + stderr).toContain(words);
    }
    const both = await backup('tape:image:a.wbtape', '--changer', 'changer:library', '--next-media-command', 'true');
    expect(both.code).toBe(2);
  });
});
