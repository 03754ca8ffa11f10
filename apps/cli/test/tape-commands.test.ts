import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ERROR_CODES, PLUGIN_API, type DependencyContainer } from '@winback/core';
import {
  ImageChangerDriver,
  ImageTapeDriver,
  TAPE_CHANGER_DRIVER,
  TAPE_DRIVER,
  TapemarkType,
  tapeError,
  TapePartitionMethod,
  TapePositionMethod,
  TapePositionType,
  TapeStatus,
  type ChangerElement,
  type TapeDrive,
  type TapeStatusCode,
} from '@winback/tape';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exitCodeOf } from '../src/exit-codes.js';
import { JobOutput } from '../src/job-output.js';
import { main } from '../src/main.js';
import { tapeAddress, targetUri } from '../src/paths.js';
import { withoutSecrets, withoutSecretsIn } from '../src/secrets.js';
import { tapeHint } from '../src/tape-hints.js';
import { testIo, winback, type TestIo } from './test-io.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'winback-tape-'));
});
afterEach(() => {
  Reflect.deleteProperty(globalThis, 'winbackTestTapes');
  rmSync(home, { recursive: true, force: true });
});

const at = (name: string): string => join(home, name);
const run = (...argv: string[]): ReturnType<typeof winback> => winback(home, 'tape', ...argv);

async function done(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...argv);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}
const json = async (...argv: string[]): Promise<Record<string, unknown>> =>
  JSON.parse(await done(...argv, '--json')) as Record<string, unknown>;

async function refused(code: number, message: string, ...argv: string[]): Promise<string> {
  const result = await run(...argv);
  expect(result.stderr).toContain(message);
  expect(result.stderr).toMatch(/^winback: [^\n]*\n( {2}hint: [^\n]*\n)?$/);
  expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: '' });
  return result.stderr;
}

const random = { fill: (bytes: Uint8Array): void => void bytes.fill(7) };
const images = new ImageTapeDriver(random);
const open = (name: string, mode: 'read' | 'write' = 'write'): TapeDrive =>
  images.open(`image:${at(name)}`, { mode, create: mode === 'write' });

type Item = Uint8Array | '|' | '!';
const block = (length: number, seed = 1): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + seed * 31) & 0xff);

/** Writes blocks, filemarks (|) and setmarks (!). */
function make(name: string, ...items: readonly Item[]): void {
  using drive = open(name);
  put(drive, items);
}
function put(drive: TapeDrive, items: readonly Item[]): void {
  for (const item of items) {
    if (typeof item !== 'string') drive.write(item);
    else drive.writeTapemark(item === '|' ? TapemarkType.FILEMARKS : TapemarkType.SETMARKS, 1);
  }
}
/** What is in a partition. */
function found(name: string, partition = 0): Item[] {
  using drive = open(name, 'read');
  drive.setTapePosition(TapePositionMethod.REWIND, partition, 0);
  const memory = new Uint8Array(1 << 20);
  const items: Item[] = [];
  for (;;) {
    const { bytes, status } = drive.read(memory);
    if (bytes > 0) items.push(memory.slice(0, bytes));
    else if (status === TapeStatus.ERROR_FILEMARK_DETECTED) items.push('|');
    else if (status === TapeStatus.ERROR_SETMARK_DETECTED) items.push('!');
    else return items;
  }
}

async function backUp(target: string, bytes = 100_000): Promise<void> {
  mkdirSync(at('docs'), { recursive: true });
  writeFileSync(at('docs/a'), block(bytes, 3));
  const { code, stderr } = await winback(
    home,
    'start',
    'backup',
    '--include',
    'docs',
    '--backup-target',
    target,
    '--no-snapshot',
    '--quiet',
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

/** A plugin of the configuration that registers what a test says. */
function plugIn(register: (container: DependencyContainer) => void): void {
  Object.assign(globalThis, { winbackTestTapes: register });
  const plugin = `export default { name: 'test-tapes', api: ${String(PLUGIN_API)}, register: (c) => globalThis.winbackTestTapes(c) };\n`;
  writeFileSync(at('plugin.mjs'), plugin);
  writeFileSync(at('winback.config.json'), JSON.stringify({ plugins: ['./plugin.mjs'] }));
}

/** A drive at `test:`, and how often it was closed. */
function plugInDrive(make: () => Partial<TapeDrive>): { closed: number } {
  const seen = { closed: 0 };
  plugIn((container) => {
    container.register(TAPE_DRIVER, {
      useValue: {
        name: 'test',
        description: 'test:',
        claims: (address) => address.startsWith('test:'),
        probe: () => ({ available: true }),
        open: () => ({ name: 'test', ...make(), [Symbol.dispose]: () => seen.closed++ }) as TapeDrive,
      },
    });
  });
  return seen;
}

/** An image whose drive differs in some of its answers. */
const differing = (name: string, differences: (drive: TapeDrive) => Partial<TapeDrive>, mode: 'read' | 'write' = 'read'): TapeDrive => {
  const drive = open(name, mode);
  const other: Record<PropertyKey, unknown> = { ...differences(drive) };
  return new Proxy(drive, {
    get(target, key) {
      if (key in other) return other[key];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
};
function plugInDiffering(name: string, differences: (drive: TapeDrive) => Partial<TapeDrive>): void {
  plugIn((container) => {
    container.register(TAPE_DRIVER, {
      useValue: {
        name: 'test',
        description: 'test:',
        claims: (address) => address.startsWith('test:'),
        probe: () => ({ available: true }),
        open: (_, { mode }) => differing(name, differences, mode),
      },
    });
  });
}

describe('addresses', () => {
  it.each([
    ['tape:/dev/nst0', '/dev/nst0'],
    ['/dev/nst0', '/dev/nst0'],
    ['image:a.wbtape', 'image:/home/me/a.wbtape'],
    ['TAPE:image:/x/a', 'image:/x/a'],
    ['changer:library', 'changer:/home/me/library'],
    ['tape:a.wbtape?capacity=20MiB', '/home/me/a.wbtape?capacity=20MiB'],
    ['../a.tap', '/home/a.tap'],
    [String.raw`\\.\TAPE0`, String.raw`\\.\TAPE0`],
    ['tape:tape1', 'tape1'],
    ['iscsi://host/iqn.2026-01.a:b/0', 'iscsi://host/iqn.2026-01.a:b/0'],
    ['tape:acme:3', 'acme:3'],
  ])('%s is %s, as drive and as target', (text, address) => {
    expect(tapeAddress(text, '/home/me')).toBe(address);
    expect(targetUri(`tape:${text.replace(/^tape:/i, '')}`, '/home/me')).toBe(`tape:${address}`);
  });

  it.each(['', 'tape:', 'image:', 'tape:image:'])('%j is none', async (text) => {
    await refused(2, 'DRIVE is empty', 'status', text);
  });

  it('that no driver serves are wrong usage, missing ones missing targets', async () => {
    expect(await refused(2, 'no loaded driver of tapes serves "acme:3"', 'status', 'acme:3')).toContain('hint: ');
    expect(await refused(4, 'ERROR_FILE_NOT_FOUND', 'status', 'image:none')).toContain('format --yes');
    const { code, stdout } = await run('status', 'none.wbtape', '--json');
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'TAPE_NOT_FOUND', hint: expect.any(String) as string } });
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('secrets', () => {
  it.each([
    ['iscsi://me%secret@host/iqn.a/0', 'iscsi://***@host/iqn.a/0'],
    ['x "iscsi://me%sec@ret@host:1/iqn.a/0": y', 'x "iscsi://***@host:1/iqn.a/0": y'],
    ['tape:iscsi://me%sec ret@host/iqn.a/0', 'tape:iscsi://***@host/iqn.a/0'],
    ['iscsi://me%sec/ret@host/iqn.a/0', 'iscsi://***@host/iqn.a/0'],
    ['iscsi://me%s@e c@r@et@host/iqn.a/0', 'iscsi://***@host/iqn.a/0'],
    ['iscsi://host/iqn.a/0', 'iscsi://host/iqn.a/0'],
    ['me@host', 'me@host'],
  ])('%s is shown as %s', (text, shown) => {
    expect(withoutSecrets(text)).toBe(shown);
    expect(withoutSecretsIn({ a: [text, 1], b: { c: text, d: undefined } })).toEqual({ a: [shown, 1], b: { c: shown, d: undefined } });
  });

  it.each(['status', 'inventory', 'rewind', 'position'])('of a URL are not shown by %s, whatever happens', async (command) => {
    for (const address of ['acme://me%secret@host/x/0', 'tape:iscsi://me%secret@[bad/iqn.a/0', 'iscsi://me%sec/secret@host/iqn.a/0']) {
      for (const argv of [
        [command, address],
        [command, address, '--json'],
      ]) {
        const { code, stdout, stderr } = await run(...argv);
        expect(code).not.toBe(0);
        expect(stderr).not.toContain('secret');
        expect(stdout).not.toContain('secret');
      }
    }
    const { stderr } = await winback(home, 'get', 'versions', '--backup-target', 'tape:acme://me%secret@host/x/0');
    expect(stderr).toContain('acme://***@host');
  });

  it('of a target are not shown with problems of the target', () => {
    const io = testIo(home);
    const output = new JobOutput(io, { json: true }, undefined);
    const target = 'tape:iscsi://me%secret@host/iqn.a/0';
    output.onEvent({ type: 'problem', path: target, code: 'TARGET_DAMAGED', message: `${target}: damaged`, effect: 'incomplete' });
    output.finish({}, '');
    expect(io.stderr.text).toContain('tape:iscsi://***@host/iqn.a/0: damaged');
    expect(io.stdout.text + io.stderr.text).not.toContain('secret');
  });
});

describe('status', () => {
  it('of a cartridge in a file is ready', async () => {
    make('a.wbtape');
    expect(await done('status', 'a.wbtape')).toBe(`${at('a.wbtape')}: ready (NO_ERROR, 0)\n`);
    expect(await json('status', 'tape:image:a.wbtape')).toEqual({
      drive: at('a.wbtape'),
      status: 0,
      name: 'NO_ERROR',
      ready: true,
      message: 'ready',
    });
  });

  it.each<[TapeStatusCode, number, string]>([
    [TapeStatus.ERROR_NO_MEDIA_IN_DRIVE, 4, 'test: there is no cartridge in the drive (ERROR_NO_MEDIA_IN_DRIVE, 1112)'],
    [TapeStatus.ERROR_NOT_READY, 4, 'test: the drive is not ready (ERROR_NOT_READY, 21)'],
    [TapeStatus.ERROR_CLEANER_CARTRIDGE_INSTALLED, 4, 'a cleaning cartridge is in the drive (ERROR_CLEANER_CARTRIDGE_INSTALLED, 4340)'],
    [TapeStatus.ERROR_MEDIA_CHANGED, 1, 'the cartridge may have been changed (ERROR_MEDIA_CHANGED, 1110)'],
    [TapeStatus.ERROR_DEVICE_REQUIRES_CLEANING, 1, '1165'],
  ])('%d ends with %d', async (status, exitCode, words) => {
    const seen = plugInDrive(() => ({ getTapeStatus: () => status }));
    const { code, stdout, stderr } = await run('status', 'test:');
    expect({ code, stderr }).toEqual({ code: exitCode, stderr: '' });
    expect(stdout).toContain(words);
    expect(stdout).toContain('\n  hint: ');
    expect(JSON.parse((await run('status', 'test:', '--json')).stdout)).toMatchObject({ status, ready: false });
    expect(seen.closed).toBe(2);
  });

  it('exit codes follow from the codes of tapes', () => {
    const special = Object.keys(ERROR_CODES).filter((code) => code.startsWith('TAPE_') && exitCodeOf(code) !== 1);
    expect(special).toEqual(['TAPE_CLEANER_CARTRIDGE', 'TAPE_LOCKED', 'TAPE_NO_MEDIA_IN_DRIVE', 'TAPE_NOT_FOUND', 'TAPE_NOT_READY']);
    expect(special.map((code) => exitCodeOf(code))).toEqual([4, 4, 4, 4, 4]);
    expect(exitCodeOf('TAPE_IO', { name: 'ERROR_CRC' })).toBe(5);
    expect(exitCodeOf('TAPE_IO', { name: 'ERROR_IO_DEVICE' })).toBe(1);
    for (const code of special) expect(tapeHint(code), code).toBeDefined();
  });

  it('of a drive that another process has is locked', async () => {
    make('a.wbtape');
    using held = open('a.wbtape');
    expect(await refused(4, 'ERROR_SHARING_VIOLATION', 'status', 'a.wbtape')).toContain('hint: wait');
    expect(held.name).toBe(at('a.wbtape'));
  });

  it('names in messages are escaped', async () => {
    const seen = plugInDrive(() => ({ name: 'a\x1b[2J', getTapeStatus: () => 0 }));
    expect(await done('status', 'test:')).toBe('a\\x1b[2J: ready (NO_ERROR, 0)\n');
    expect(seen.closed).toBe(1);
  });
});

describe('parameters', () => {
  it('are printed with features by name, and as a document', async () => {
    make('a.wbtape?capacity=64MiB', block(1000));
    const text = await done('parameters', 'a.wbtape');
    for (const words of [/compression +off\n/, /block size +variable/, /write-protected +no/, /capacity +67,108,864 bytes \(67.1 MB\)/])
      expect(text).toMatch(words);
    for (const name of ['ERASE_SHORT', 'GET_LOGICAL_BLK', 'WRITE_SETMARKS', 'SEQUENTIAL_FMKS']) expect(text).toContain(name);
    expect(await json('parameters', 'a.wbtape')).toMatchObject({
      drive: at('a.wbtape'),
      parameters: {
        compression: false,
        maximumPartitionCount: 16,
        features: {
          low: expect.arrayContaining(['ERASE_LONG']) as string[],
          high: expect.arrayContaining(['WRITE_FILEMARKS']) as string[],
        },
      },
      media: { blockSize: 0, partitionCount: 1, writeProtected: false, capacity: 67_108_864 },
    });
  });

  it('that are given are set, others stay', async () => {
    make('a.wbtape?capacity=64MiB');
    const given = ['--compression', 'on', '--report-setmarks', 'Off', '--eot-warning-zone', '4096', '--block-size', '512'];
    expect(await json('parameters', 'a.wbtape', ...given)).toMatchObject({
      parameters: { compression: true, reportSetmarks: false, eotWarningZoneSize: 4096 },
      media: { blockSize: 512 },
    });
    expect(await json('parameters', 'a.wbtape')).toMatchObject({
      parameters: { compression: true, reportSetmarks: false, eotWarningZoneSize: 4096 },
    });
    expect(await json('parameters', 'a.wbtape', '--block-size', 'Variable')).toMatchObject({ media: { blockSize: 0 } });
    expect(await json('parameters', 'a.wbtape', '-compression:off')).toMatchObject({
      parameters: { compression: false, reportSetmarks: false },
    });
  });

  it('that the drive cannot take are refused', async () => {
    make('a.wbtape');
    await refused(1, 'ERROR_NOT_SUPPORTED', 'parameters', 'a.wbtape', '--ecc', 'on');
    await refused(2, 'Expected one of on, off', 'parameters', 'a.wbtape', '--padding', 'maybe');
    await refused(2, 'Expected a number', 'parameters', 'a.wbtape', '--block-size', 'x');
    await refused(1, 'ERROR_INVALID_BLOCK_LENGTH', 'parameters', 'a.wbtape', '--block-size', '99999999');
  });

  it('of a drive without a cartridge are printed too', async () => {
    using drive = open('a.wbtape');
    const parameters = drive.getDriveParameters();
    plugInDrive(() => ({
      getDriveParameters: () => parameters,
      getMediaParameters: () => {
        throw tapeError(TapeStatus.ERROR_NO_MEDIA_IN_DRIVE, 'test', 'asking');
      },
    }));
    expect(await done('parameters', 'test:')).toContain('none that is ready');
    expect(await json('parameters', 'test:')).toMatchObject({ media: null });
  });
});

describe('position, rewind and seek', () => {
  beforeEach(() => make('a.wbtape', block(10), block(20), '|', block(30), '!', '|', '|', block(40)));

  it('tell where the tape stands', async () => {
    expect(await done('position', 'a.wbtape')).toBe(`${at('a.wbtape')}\n  absolute  block 0\n  logical   partition 1, block 0\n`);
    expect(await json('position', 'a.wbtape')).toEqual({
      drive: at('a.wbtape'),
      absolute: { partition: 0, offset: 0 },
      logical: { partition: 1, offset: 0 },
    });
    expect(await done('rewind', 'a.wbtape')).toBe(`${at('a.wbtape')} is rewound, at partition 1, block 0.\n`);
  });

  it.each<[string[], number]>([
    [['--block', '3'], 3],
    [['--block', '3', '--partition', '1'], 3],
    [['--block', '4', '--absolute'], 4],
    [['--blocks', '2'], 2],
    [['--filemarks', '1'], 3],
    [['--setmarks', '1'], 5],
    [['--sequential-setmarks', '1'], 5],
    [['--sequential-filemarks', '1'], 3],
    [['--end-of-data'], 8],
    [['-endOfData'], 8],
  ])('seek %j', async (argv, offset) => {
    expect(await json('seek', 'a.wbtape', ...argv)).toMatchObject({ logical: { partition: 1, offset } });
    expect(await done('seek', 'a.wbtape', ...argv)).toContain(`is at partition 1, block ${String(offset)}.\nA cartridge in a file`);
  });

  it('moves back too', async () => {
    await refused(1, 'ERROR_BEGINNING_OF_MEDIA', 'seek', 'a.wbtape', '--blocks', '-2');
    await refused(1, 'ERROR_BEGINNING_OF_MEDIA', 'seek', 'a.wbtape', '--filemarks', '-1');
  });

  it.each<[string[], number, string]>([
    [[], 2, 'it is not said where to go'],
    [['--block', '1', '--blocks', '1'], 2, '--block cannot be used with --blocks'],
    [['--filemarks', '1', '--end-of-data'], 2, 'cannot be used with'],
    [['--filemarks', '1', '--absolute'], 2, '--absolute goes with --block'],
    [['--block', '1', '--absolute', '--partition', '1'], 2, 'no partition'],
    [['--filemarks', '1', '--partition', '1'], 2, '--partition goes with'],
    [['--block', '-1'], 2, '--block is less than 0'],
    [['--block', 'x'], 2, 'Expected a whole number'],
    [['--block', '9'], 1, 'ERROR_NO_DATA_DETECTED'],
    [['--block', '0', '--partition', '2'], 1, 'ERROR_DEVICE_NOT_PARTITIONED'],
    [['--blocks', '3'], 1, 'ERROR_FILEMARK_DETECTED'],
    [['--setmarks', '2'], 1, 'ERROR_NO_DATA_DETECTED'],
  ])('seek %j ends with %d', async (argv, code, message) => {
    await refused(code, message, 'seek', 'a.wbtape', ...argv);
  });

  it('of a drive that only counts itself is the pseudo-logical one', async () => {
    plugInDiffering('a.wbtape', (drive) => ({
      getTapePosition: (type) => {
        if (type !== 2) throw tapeError(TapeStatus.ERROR_NOT_SUPPORTED, 'test', 'asking');
        return drive.getTapePosition(type);
      },
    }));
    expect(await done('position', 'test:')).toContain('  pseudo-logical  partition 1, block 0\n');
    plugInDiffering('a.wbtape', () => ({
      getTapePosition: () => {
        throw tapeError(TapeStatus.ERROR_NOT_SUPPORTED, 'test', 'asking');
      },
    }));
    await refused(1, 'ERROR_NOT_SUPPORTED', 'position', 'test:');
    expect(await done('rewind', 'test:')).toContain('does not tell');
  });
});

describe('mark', () => {
  it('writes marks of all kinds behind everything', async () => {
    make('a.wbtape', block(10));
    expect(await done('mark', 'a.wbtape', '--end-of-data')).toBe(`${at('a.wbtape')}: 1 filemark written, now at partition 1, block 2.\n`);
    expect(await json('mark', 'a.wbtape', '--type', 'setmarks', '--count', '2', '--end-of-data')).toMatchObject({
      type: 'setmarks',
      count: 2,
      logical: { offset: 4 },
    });
    await done('mark', 'a.wbtape', '--type', 'ShortFilemarks', '--end-of-data');
    await done('mark', 'a.wbtape', '--type', 'long-filemarks', '--end-of-data');
    expect(found('a.wbtape')).toEqual([block(10), '|', '!', '!', '|', '|']);
  });

  it('loses nothing unless it is told to', async () => {
    make('blank.wbtape');
    await done('mark', 'blank.wbtape');
    expect(found('blank.wbtape')).toEqual(['|']);
    for (const [name, first] of [
      ['block', block(10)],
      ['large', block(400_000)],
      ['filemark', '|'],
      ['setmark', '!'],
    ] as const) {
      make(`${name}.wbtape`, first, block(20));
      expect(await refused(2, 'marks at partition 1, block 0 lose what follows them', 'mark', `${name}.wbtape`)).toContain('--end-of-data');
      expect(found(`${name}.wbtape`)).toEqual([first, block(20)]);
      await done('mark', `${name}.wbtape`, '--count', '0');
      expect(found(`${name}.wbtape`)).toEqual([first, block(20)]);
      await done('mark', `${name}.wbtape`, '--yes');
      expect(found(`${name}.wbtape`)).toEqual(['|']);
    }
  });

  it('leaves a tape where it stood, and asks where that is not told', async () => {
    make('a.wbtape', block(10), '|', block(20));
    const stands: number[] = [];
    plugInDiffering('a.wbtape', (drive) => {
      drive.setTapePosition(TapePositionMethod.LOGICAL_BLOCK, 0, 1);
      return {
        [Symbol.dispose]() {
          stands.push(drive.getTapePosition(TapePositionType.LOGICAL).offset);
          drive[Symbol.dispose]();
        },
      };
    });
    await refused(2, 'marks at partition 1, block 1 lose', 'mark', 'test:');
    expect(stands).toEqual([1]);
    plugInDiffering('a.wbtape', () => ({
      getTapePosition: () => {
        throw tapeError(TapeStatus.ERROR_NOT_SUPPORTED, 'test', 'asking');
      },
    }));
    await refused(2, 'does not tell where it stands', 'mark', 'test:');
  });

  it('refuses what makes no sense', async () => {
    make('a.tap', block(10));
    await refused(1, 'ERROR_NOT_SUPPORTED', 'mark', 'a.tap', '--type', 'setmarks', '--end-of-data');
    await refused(2, 'Expected one of filemarks, setmarks', 'mark', 'a.tap', '--type', 'x');
    await refused(2, 'cannot be used with', 'mark', 'a.tap', '--yes', '--end-of-data');
    expect(found('a.tap')).toEqual([block(10)]);
  });
});

describe('erase, format and partition', () => {
  const commands = [
    ['erase', 'erasing', ['erase', 'a.wbtape']],
    ['long', 'erasing', ['erase', 'a.wbtape', '--long']],
    ['format', 'formatting', ['prepare', 'a.wbtape', 'format']],
    ['partition', 'dividing', ['partition', 'a.wbtape', '--method', 'select', '--count', '2']],
  ] as const;

  it.each(commands)('%s: without --yes it only tells what would be lost', async (_, what, argv) => {
    await backUp('tape:a.wbtape');
    await backUp('tape:a.wbtape');
    const before = readFileSync(at('a.wbtape'));
    expect(await refused(2, `${what} loses 2 sets (`, ...argv)).toContain('hint: with --yes');
    const { stdout } = await run(...argv, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE', details: { lost: { kind: 'sets', sets: 2 } } } });
    expect(readFileSync(at('a.wbtape')).equals(before)).toBe(true);
    expect(await done(...argv, '--yes')).toContain('Lost: 2 sets (');
    expect(await json('inventory', 'a.wbtape')).toMatchObject({ blank: true, sets: [] });
    expect(await json(...argv, '--yes')).toMatchObject({ lost: { kind: 'blank', sets: 0 } });
  });

  it.each(commands)('%s: what is in no known format is lost as well', async (_, what, argv) => {
    for (const items of [[block(1000)], [block(512)], ['|', block(512)], ['!']] as Item[][]) {
      make('a.wbtape', ...items);
      await refused(2, `${what} loses what is on the cartridge (`, ...argv);
      expect(found('a.wbtape')).toEqual(items);
      await done(...argv, '--yes');
      expect(found('a.wbtape')).toEqual([]);
      rmSync(at('a.wbtape'));
    }
  });

  it('format makes a cartridge in a file, erase and partition do not', async () => {
    await refused(4, 'ERROR_FILE_NOT_FOUND', 'erase', 'a.wbtape', '--yes');
    await refused(4, 'ERROR_FILE_NOT_FOUND', 'partition', 'a.wbtape', '--method', 'fixed', '--yes');
    await refused(4, 'ERROR_FILE_NOT_FOUND', 'prepare', 'a.wbtape', 'format');
    expect(readdirSync(home)).toEqual([]);
    await done('prepare', 'a.wbtape?capacity=30MiB', 'format', '--yes');
    expect(await json('parameters', 'a.wbtape')).toMatchObject({ media: { capacity: 30 * 2 ** 20 } });
  });

  it('partition divides by all methods', async () => {
    make('a.wbtape?capacity=100MiB');
    expect(await json('partition', 'a.wbtape', '--method', 'select', '--count', '3', '--yes')).toMatchObject({ partitionCount: 3 });
    expect(await json('partition', 'a.wbtape', '--method', 'initiator', '--count', '2', '--size', '10', '--yes')).toMatchObject({
      partitionCount: 2,
    });
    await json('seek', 'a.wbtape', '--block', '0', '--partition', '2');
    await done('rewind', 'a.wbtape', '--partition', '2');
    await done('partition', 'a.wbtape', '--method', 'fixed', '--yes');
    await refused(2, 'takes --count', 'partition', 'a.wbtape', '--method', 'select', '--yes');
    await refused(2, 'takes --size', 'partition', 'a.wbtape', '--method', 'initiator', '--count', '2', '--yes');
    await refused(2, '--size goes with', 'partition', 'a.wbtape', '--method', 'select', '--count', '2', '--size', '2', '--yes');
    await refused(1, 'ERROR_INVALID_PARAMETER', 'partition', 'a.wbtape', '--method', 'select', '--count', '99', '--yes');
    await refused(2, "required option '--method", 'partition', 'a.wbtape', '--yes');
  });

  it('erase takes the partition that is named', async () => {
    using drive = open('a.wbtape?capacity=100MiB');
    drive.createTapePartition(TapePartitionMethod.SELECT, 2, 0);
    put(drive, [block(512)]);
    drive.setTapePosition(TapePositionMethod.REWIND, 2, 0);
    put(drive, [block(512, 2)]);
    drive[Symbol.dispose]();
    await done('erase', 'a.wbtape', '--partition', '2', '--yes');
    expect([found('a.wbtape', 1), found('a.wbtape', 2)]).toEqual([[block(512)], []]);
  });

  it.each(['load', 'unload', 'tension', 'lock', 'unlock'])('prepare %s changes nothing on the cartridge', async (operation) => {
    make('a.wbtape', block(512));
    expect(await json('prepare', 'a.wbtape', operation)).toEqual({ drive: at('a.wbtape'), operation });
    expect(found('a.wbtape')).toEqual([block(512)]);
  });

  it('prepare knows six operations', async () => {
    make('a.wbtape');
    await refused(2, 'Allowed choices are load, unload', 'prepare', 'a.wbtape', 'shake');
  });
});

describe('inventory', () => {
  it('lists the sets with what the cartridge is', async () => {
    await backUp('tape:a.wbtape');
    await backUp('tape:image:a.wbtape');
    const versions = JSON.parse((await winback(home, 'get', 'versions', '--backup-target', 'tape:a.wbtape', '--json')).stdout) as {
      versions: { id: string }[];
    };
    const inventory = await json('inventory', 'tape:a.wbtape');
    expect(inventory).toMatchObject({ blank: false, sequence: 1, blockSize: 65_536, filemarks: 5, problems: [] });
    const sets = inventory['sets'] as { id: string; blocks: number; firstBlock: number }[];
    expect(sets.map(({ id }) => id)).toEqual(versions.versions.map(({ id }) => id));
    expect(sets).toMatchObject([
      { number: 1, state: 'complete', continued: false, goesOn: false, firstBlock: 2 },
      { number: 2, state: 'complete', firstBlock: 2 + (sets[0]?.blocks ?? 0) },
    ]);
    expect((inventory['blocks'] as number) + 5).toBe(2 + (sets[0]?.blocks ?? 0) + (sets[1]?.blocks ?? 0));
    const text = await done('inventory', 'a.wbtape');
    expect(text).toContain(`cartridge 1 of family ${String(inventory['family'])}, 2 sets, `);
    expect(text).toMatch(/VERSION \(UTC\) +FROM BLOCK +BLOCKS +FILES +SIZE +STATE/);
    for (const { id } of sets) expect(text).toContain(id);
  });

  it('tells sets that go on on another cartridge', async () => {
    await backUp('tape:image:a.wbtape?capacity=4MiB&warning-zone=1MiB', 5_000_000);
    const [first, second] = [await json('inventory', 'a.wbtape'), await json('inventory', 'a.2.wbtape')];
    expect(first).toMatchObject({ sequence: 1, problems: [], sets: [{ goesOn: true, continued: false }] });
    expect(second).toMatchObject({ sequence: 2, family: first['family'], problems: [], sets: [{ continued: true }] });
    expect(await done('inventory', 'a.wbtape')).toContain('goes on on cartridge 2');
    expect(await done('inventory', 'a.2.wbtape')).toContain('from cartridge 1');
  });

  it('tells what is damaged, foreign or blank', async () => {
    make('blank.wbtape');
    expect(await done('inventory', 'blank.wbtape')).toBe(`${at('blank.wbtape')} is blank.\n`);
    make('foreign.wbtape', block(512));
    await refused(1, 'is not in Microsoft Tape Format', 'inventory', 'foreign.wbtape');
    await backUp('tape:a.wbtape');
    const items = found('a.wbtape');
    make('unfinished.wbtape', ...items.slice(0, 5));
    const { code, stdout, stderr } = await run('inventory', 'unfinished.wbtape', '--json');
    expect(code).toBe(5);
    expect(stderr).toContain('was never finished');
    expect(JSON.parse(stdout)).toMatchObject({ sets: [{ state: 'unfinished' }], problems: [{ code: 'TARGET_DAMAGED' }] });
  });

  it('leaves the block size of the drive as it was', async () => {
    await backUp('tape:a.wbtape');
    const sizes: number[] = [];
    plugInDiffering('a.wbtape', (drive) => {
      drive.setMediaParameters({ blockSize: 512 });
      return {
        setMediaParameters: ({ blockSize }) => {
          sizes.push(blockSize);
          drive.setMediaParameters({ blockSize });
        },
      };
    });
    expect(await done('inventory', 'test:')).toContain('1 set');
    expect(sizes.at(-1)).toBe(512);
    expect(sizes.length).toBeGreaterThan(1);
  });
});

describe('inspect', () => {
  it('lists the blocks and streams of a cartridge as those of a file', async () => {
    await backUp('tape:a.wbtape');
    await backUp('tape:a.wbtape');
    await backUp('file.bkf');
    const types = async (name: string): Promise<string[]> => {
      const { items, damage } = (await json('inspect', name)) as { items: { kind: string; type?: string; id?: string }[]; damage: number };
      expect(damage).toBe(0);
      // On tapes sets have a catalog, with a second end behind it.
      return items
        .filter(({ kind }) => kind !== 'entry')
        .map(({ type, id }) => type ?? id ?? '')
        .filter((type) => /^(TAPE|SSET|VOLB|DIRB|FILE|ESET|SFMB|STAN)$/.test(type))
        .filter((type, i, all) => type !== 'ESET' || all[i - 1] !== 'ESET');
    };
    const [tape, file] = [await types('tape:a.wbtape'), await types('file.bkf')];
    expect(tape.filter((type) => type === 'SFMB').length).toBe(5);
    expect(tape.slice(0, file.length)).toEqual(file);
    expect(tape.slice(file.length)).toEqual(file.slice(2));
    make('blank.wbtape');
    expect(await done('inspect', 'blank.wbtape')).toBe('0 blocks, 0 streams, no damage.\n');
    await refused(4, 'ERROR_FILE_NOT_FOUND', 'inspect', 'image:none');
  });
});

describe('copy', () => {
  const ITEMS: Item[] = [block(10), block(65_536, 2), '|', '|', block(1, 3), '!', block(700_000, 4), '|'];

  it('copies every block and mark', async () => {
    make('a.wbtape', ...ITEMS);
    const before = readFileSync(at('a.wbtape'));
    const text = await done('copy', 'a.wbtape', 'image:b.wbtape');
    expect(text).toMatch(/^\S+a\.wbtape is copied to \S+b\.wbtape: 4 blocks \(766 kB\), 3 filemarks, 1 setmark, in .* \(.*B\/s\)\.\n$/);
    expect(found('b.wbtape')).toEqual(ITEMS);
    expect(readFileSync(at('a.wbtape')).equals(before)).toBe(true);
    expect(await json('copy', 'b.wbtape', 'c.wbtape', '--verify')).toMatchObject({
      from: at('b.wbtape'),
      to: at('c.wbtape'),
      blocks: 4,
      bytes: 765_547,
      filemarks: 3,
      setmarks: 1,
      verified: true,
    });
  });

  it('keeps sets, between formats of images too', async () => {
    await backUp('tape:a.wbtape');
    await done('copy', 'a.wbtape', 'b.tap', '--verify');
    await done('copy', 'b.tap', 'c.wbtape', '--verify');
    expect(found('c.wbtape')).toEqual(found('a.wbtape'));
    const strip = ({ drive: _drive, ...rest }: Record<string, unknown>): unknown => rest;
    expect(strip(await json('inventory', 'c.wbtape'))).toEqual(strip(await json('inventory', 'a.wbtape')));
    const verified = await winback(home, 'verify', '--backup-target', 'tape:c.wbtape', '--quiet');
    expect(verified).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('copies nothing over something, unless it is told to', async () => {
    make('a.wbtape', ...ITEMS);
    for (const other of [[block(512)], ['|']] as Item[][]) {
      make('b.wbtape', ...other);
      expect(await refused(2, 'is not blank', 'copy', 'a.wbtape', 'b.wbtape')).toContain('--overwrite');
      expect(found('b.wbtape')).toEqual(other);
      await done('copy', 'a.wbtape', 'b.wbtape', '--overwrite', '--verify');
      expect(found('b.wbtape')).toEqual(ITEMS);
      make('blank.wbtape');
      await done('copy', 'blank.wbtape', 'b.wbtape', '--overwrite');
      expect(found('b.wbtape')).toEqual([]);
    }
    await backUp('tape:sets.wbtape');
    await refused(2, 'holds 1 set', 'copy', 'a.wbtape', 'sets.wbtape');
  });

  it('copies setmarks where the drive does not report them, and leaves it so', async () => {
    make('a.wbtape', ...ITEMS);
    await done('parameters', 'a.wbtape', '--report-setmarks', 'off');
    await done('copy', 'a.wbtape', 'b.wbtape', '--verify');
    expect(found('b.wbtape')).toEqual(ITEMS);
    expect(await json('parameters', 'a.wbtape')).toMatchObject({ parameters: { reportSetmarks: false } });
  });

  it('copies all partitions, between cartridges that are divided alike', async () => {
    using drive = open('a.wbtape?capacity=100MiB');
    drive.createTapePartition(TapePartitionMethod.SELECT, 2, 0);
    put(drive, ITEMS);
    drive.setTapePosition(TapePositionMethod.REWIND, 2, 0);
    put(drive, [block(5, 9), '|']);
    drive[Symbol.dispose]();
    expect(await refused(1, 'has 1 partitions', 'copy', 'a.wbtape', 'b.wbtape')).toContain('winback tape partition');
    await done('partition', 'b.wbtape', '--method', 'select', '--count', '2', '--yes');
    expect(await json('copy', 'a.wbtape', 'b.wbtape', '--verify')).toMatchObject({ blocks: 5, filemarks: 4 });
    expect([found('b.wbtape', 1), found('b.wbtape', 2)]).toEqual([ITEMS, [block(5, 9), '|']]);
    // What is only in the second one is something too.
    await done('erase', 'b.wbtape', '--partition', '1', '--yes');
    await refused(2, 'is not blank', 'copy', 'a.wbtape', 'b.wbtape');
  });

  it('says what is there when it fails', async () => {
    make('a.wbtape', ...Array.from({ length: 40 }, (_, i) => block(65_536, i)));
    const full = await run('copy', 'a.wbtape', 'b.wbtape?capacity=1MiB&warning-zone=64KiB');
    expect(full.code).toBe(1);
    expect(full.stderr).toMatch(
      /b\.wbtape holds the first 1\d blocks \([^)]*\), 0 filemarks of .*a\.wbtape\.\nwinback: .*ERROR_EOM_OVERFLOW/,
    );
    make('marks.wbtape', block(1), '!');
    const simh = await run('copy', 'marks.wbtape', 'b.tap');
    expect(simh.code).toBe(1);
    expect(simh.stderr).toContain('cannot keep setmarks');
    await refused(4, 'ERROR_FILE_NOT_FOUND', 'copy', 'none.wbtape', 'new.wbtape');
    await refused(2, 'the same drive', 'copy', 'image:a.wbtape', 'tape:image:./a.wbtape');
    expect(readdirSync(home)).not.toContain('new.wbtape');
  });

  it('ends with 5 where the medium cannot be read, and with 1 where the drive fails', async () => {
    make('a.wbtape', block(10), block(20), block(30));
    for (const [status, code] of [
      [TapeStatus.ERROR_CRC, 5],
      [TapeStatus.ERROR_IO_DEVICE, 1],
    ] as const) {
      plugInDiffering('a.wbtape', (drive) => {
        let reads = 0;
        return {
          read(into) {
            if (reads++ === 2) throw tapeError(status, 'test', 'reading a block');
            return drive.read(into);
          },
        };
      });
      const result = await run('copy', 'test:', `b${String(code)}.wbtape`);
      expect(result.code).toBe(code);
      expect(result.stderr).toContain('holds the first 2 blocks (30 B)');
      expect(found(`b${String(code)}.wbtape`)).toEqual([block(10), block(20)]);
    }
  });

  it('notices a drive that reads nothing for ever', async () => {
    make('a.wbtape', block(10));
    plugInDiffering('a.wbtape', () => ({ read: () => ({ bytes: 0, status: TapeStatus.NO_ERROR }) }));
    const { code, stderr } = await run('copy', 'test:', 'b.wbtape');
    expect(code).toBe(1);
    expect(stderr).toContain('of which nothing came');
  });

  it('notices counts that differ, and with --verify bytes', async () => {
    make('a.wbtape', ...ITEMS);
    plugInDiffering('lost.wbtape', (drive) => ({
      write: (data) => (data.length === 1 ? { bytes: 1, status: TapeStatus.NO_ERROR } : drive.write(data)),
    }));
    const lost = await run('copy', 'a.wbtape', 'test:');
    expect(lost.code).toBe(5);
    expect(lost.stderr).toContain('counts 7 blocks and marks, and 8 were copied');
    make('other.wbtape');
    plugInDiffering('other.wbtape', (drive) => ({ write: (data) => drive.write(data.length === 1 ? block(1, 8) : data) }));
    const other = await run('copy', 'a.wbtape', 'test:', '--verify');
    expect(other.code).toBe(5);
    expect(other.stderr).toContain('does not hold what was copied to it');
  });

  it('copies fixed blocks between drives that know no others', async () => {
    const blocks = Array.from({ length: 5 }, (_, i) => block(2048, i));
    make('a.wbtape', ...blocks.slice(0, 3), '|', ...blocks.slice(3));
    plugInDiffering('a.wbtape', (drive) => ({
      getDriveParameters() {
        const parameters = drive.getDriveParameters();
        return { ...parameters, defaultBlockSize: 2048, featuresLow: parameters.featuresLow & ~0x800 };
      },
    }));
    expect(await json('copy', 'test:', 'b.wbtape', '--verify')).toMatchObject({ blocks: 5, filemarks: 1, bytes: 10_240 });
    expect(found('b.wbtape')).toEqual([...blocks.slice(0, 3), '|', ...blocks.slice(3)]);
  });

  it('stops in good order, and shows how far it is', async () => {
    make('a.wbtape', ...Array.from({ length: 50 }, (_, i) => block(1000, i)));
    const slow = (then: (io: TestIo) => void, io: TestIo): void =>
      plugInDiffering('a.wbtape', (drive) => {
        let reads = 0;
        return {
          read(into) {
            const end = performance.now() + 10;
            while (performance.now() < end);
            if (++reads === 25) then(io);
            return drive.read(into);
          },
        };
      });
    const io = testIo(home);
    slow((one) => one.interrupt(), io);
    expect(await main(['tape', 'copy', 'test:', 'b.wbtape'], io)).toBe(130);
    expect(io.stderr.text).toMatch(/holds the first \d+ blocks .*\nwinback: the copy was stopped\n$/);
    expect(found('b.wbtape').length).toBeLessThan(50);
    const bar = testIo(home, { tty: true });
    slow(() => undefined, bar);
    expect(await main(['tape', 'copy', 'test:', 'c.wbtape'], bar)).toBe(0);
    expect(bar.stderr.text).toMatch(/^\rcopying {2}[\d.]+ kB {2}[\d.]+ kB\/s {2}\d+ blocks and marks/);
    expect(bar.stderr.text.endsWith('\r\x1b[K')).toBe(true);
    const lines = testIo(home);
    slow(() => undefined, lines);
    expect(await main(['tape', 'copy', 'test:', 'd.wbtape', '--progress', 'json'], lines)).toBe(0);
    const [line = ''] = lines.stderr.text.split('\n');
    expect(JSON.parse(line)).toMatchObject({ type: 'progress', progress: { phase: 'copying', blocks: expect.any(Number) as number } });
  });
});

describe('changer', () => {
  let elements: ChangerElement[];
  let moves: string[];
  beforeEach(() => {
    elements = [
      { kind: 'transfer', address: 1, full: false },
      { kind: 'drive', address: 256, full: true, volumeTag: 'A00001', source: 1001 },
      { kind: 'drive', address: 257, full: false },
      { kind: 'slot', address: 1001, full: false },
      { kind: 'slot', address: 1002, full: true, volumeTag: 'A0\x1b[2J' },
      { kind: 'slot', address: 1003, full: true },
    ];
    moves = [];
    plugIn((container) => {
      container.register(TAPE_CHANGER_DRIVER, {
        useValue: {
          name: 'test',
          claims: (address) => address.startsWith('test:'),
          open: (address) => ({
            name: address,
            elements: () => elements,
            move: (from, to) => void moves.push(`${String(from)} ${String(to)}`),
            [Symbol.dispose]: () => void moves.push('closed'),
          }),
        },
      });
    });
  });

  it('lists what is where', async () => {
    expect(await done('changer', 'tape:test:', 'list')).toBe(`test:
  ELEMENT   NUMBER  ADDRESS         LABEL
  transfer       0        1  empty
  drive          0      256  full   A00001     from slot 1
  drive          1      257  empty
  slot           1     1001  empty
  slot           2     1002  full   A0\\x1b[2J
  slot           3     1003  full
`);
    expect(await json('changer', 'test:', 'list')).toMatchObject({
      changer: 'test:',
      elements: [{ kind: 'transfer' }, { kind: 'drive', number: 0, source: 1001 }, { number: 1 }, { kind: 'slot', number: 1 }, {}, {}],
    });
    expect(moves).toEqual(['closed', 'closed']);
  });

  it.each<[string[], string, string]>([
    [['load', '2', '1'], '1002 257', 'moved from slot 2 to drive 1'],
    [['unload'], '256 1001', 'A00001 moved from drive 0 to slot 1'],
    [['unload', '0'], '256 1001', 'moved from drive 0 to slot 1'],
    [['unload', '0', '1'], '256 1001', 'moved from drive 0 to slot 1'],
    [['move', '1003', '1'], '1003 1', 'the cartridge moved from slot 3 to transfer 0'],
  ])('%j', async (argv, move, words) => {
    expect(await done('changer', 'test:', ...argv)).toContain(words);
    expect(moves).toEqual([move, 'closed']);
    expect(await json('changer', 'test:', ...argv)).toMatchObject({ from: { full: true }, to: { full: false } });
  });

  it.each<[string[], number, string]>([
    [['load', '1', '1'], 4, 'slot 1 is empty'],
    [['load', '2'], 1, 'drive 0 is full'],
    [['load', '9'], 1, 'there is no slot 9'],
    [['load', '2', '7'], 1, 'there is no drive 7'],
    [['unload', '1'], 4, 'drive 1 is empty'],
    [['unload', '0', '3'], 1, 'slot 3 is full'],
    [['move', '5', '6'], 1, 'there is no element with the address 5'],
    [['move', '1'], 2, 'move was given 1 numbers'],
    [['load'], 2, 'load was given 0 numbers'],
    [['list', '1'], 2, 'list was given 1 numbers'],
    [['load', 'x'], 2, '"x" is no number'],
    [['shake'], 2, 'Allowed choices are list, move, load, unload'],
  ])('%j ends with %d', async (argv, code, message) => {
    await refused(code, message, 'changer', 'test:', ...argv);
    expect(moves.filter((move) => move !== 'closed')).toEqual([]);
  });

  it('asks for a slot where it does not know the one that a cartridge came from', async () => {
    elements = [
      { kind: 'drive', address: 1, full: true },
      { kind: 'slot', address: 2, full: false },
    ];
    expect(await refused(2, 'does not know where its cartridge came from', 'changer', 'test:', 'unload')).toContain('unload 0 SLOT');
    elements = [
      { kind: 'drive', address: 1, full: true, source: 2 },
      { kind: 'slot', address: 2, full: true },
    ];
    await refused(2, 'slot 1, where its cartridge came from, is full', 'changer', 'test:', 'unload');
    await refused(2, 'no loaded driver of changers serves', 'changer', 'acme:', 'list');
  });

  it('moves cartridges between the slots and drives of a simulated one', async () => {
    new ImageChangerDriver(random).create(`changer:${at('library')}`, { drives: 2, slots: 3, cartridges: 2, capacity: 2 ** 26 });
    await refused(4, 'ERROR_NO_MEDIA_IN_DRIVE', 'position', 'image:library/drive0');
    expect((await run('status', 'image:library/drive0')).code).toBe(4);
    await done('changer', 'changer:library', 'load', '2');
    expect(await done('status', 'image:library/drive0')).toContain('ready');
    await done('mark', 'image:library/drive0', '--count', '3');
    expect(await done('changer', 'changer:library', 'list')).toMatch(/drive +0 +256 +full +WB0002L1 +from slot 2\n/);
    await done('changer', 'changer:library', 'unload', '0', '3');
    await done('changer', 'changer:library', 'load', '3', '1');
    expect(found('library/WB0002L1.wbtape')).toEqual(['|', '|', '|']);
    expect(await json('changer', 'changer:library', 'unload', '1')).toMatchObject({ to: { kind: 'slot', number: 3 } });
    await refused(4, 'ERROR_FILE_NOT_FOUND', 'changer', 'changer:none', 'list');
  });
});
