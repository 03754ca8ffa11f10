import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemPlatform } from '@winback/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../src/main.js';
import { testIo, winback } from './test-io.js';

const isLinux = systemPlatform().os === 'linux';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'winback-volume-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const at = (name: string): string => join(home, name);
const sh = (script: string): string =>
  execFileSync('bash', ['-euc', script], { cwd: home, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const hasXattrs = (): boolean => {
  try {
    sh('touch probe; setfattr -n user.winback -v x probe; rm probe');
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
};

const run = (...argv: string[]): ReturnType<typeof winback> => winback(home, 'volume', ...argv);

/** The streams of a file, through stdout. */
async function streamsOf(path: string, ...more: string[]): Promise<Buffer> {
  const io = testIo(home);
  const code = await main(['volume', 'read-streams', path, ...more], io);
  expect({ code, stdout: io.stdout.text, stderr: io.stderr.text }).toEqual({ code: 0, stdout: '', stderr: '' });
  return Buffer.concat(io.stdout.bytes);
}

/** Makes a file from streams, through stdin. */
async function make(path: string, stdin: Iterable<Uint8Array>, ...more: string[]) {
  const io = testIo(home, { stdin });
  const code = await main(['volume', 'write-streams', path, ...more], io);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

/** One stream by winbase.h: id, attributes, name and data. */
function stream(id: number, data: string | Uint8Array = '', name = '', attributes = 0): Buffer {
  const head = Buffer.alloc(20);
  const [bytes, nameBytes] = [Buffer.from(data), Buffer.from(name, 'utf16le')];
  head.writeUInt32LE(id, 0);
  head.writeUInt32LE(attributes, 4);
  head.writeUInt32LE(bytes.length, 8);
  head.writeUInt32LE(nameBytes.length, 16);
  return Buffer.concat([head, nameBytes, bytes]);
}

interface Doc {
  outcome: string;
  problemCount: number;
  problems: { path: string; code: string; effect: string; message: string }[];
  items: { stream: string; bytes: number; attributes: string[]; offset?: number; name?: string }[];
  error: { code: string; details: Record<string, unknown> };
  [key: string]: unknown;
}
async function json(...argv: string[]): Promise<Doc & { code: number }> {
  const { code, stdout } = await run(...argv, '--json');
  return { ...(JSON.parse(stdout) as Doc), code };
}

describe.skipIf(!isLinux)('volume read-streams and write-streams (needs Linux)', () => {
  it('copy a sparse file of 20 MB with its holes and facts', async (context) => {
    sh(
      `truncate -s 20M big; printf begin | dd of=big conv=notrunc status=none; printf end | dd of=big bs=1 seek=15000000 conv=notrunc status=none; chmod 640 big`,
    );
    const xattrs = hasXattrs();
    if (xattrs) sh('setfattr -n user.comment -v "of 20 MB" big');
    const streams = await streamsOf('big');
    expect(streams.length).toBeLessThan(100_000);
    for (const size of [1, 100, 1_000_000]) {
      const name = `copy${size}`;
      expect(await make(name, pieces(streams, size))).toEqual({
        code: 0,
        stdout: `Made ${at(name)} from ${String(streams.length).replace(/(\d+)(\d{3})$/, '$1,$2')} bytes of streams.\n`,
        stderr: '',
      });
      expect(readFileSync(at(name)).equals(readFileSync(at('big')))).toBe(true);
      expect(statSync(at(name)).blocks).toBe(statSync(at('big')).blocks);
      expect(statSync(at(name)).mode).toBe(statSync(at('big')).mode);
      expect(await streamsOf(name)).toEqual(streams);
      if (xattrs) expect(sh(`getfattr --only-values -n user.comment ${name}`)).toBe('of 20 MB');
    }
    if (!xattrs) context.skip('the rest ran; needs a file system with extended attributes in the folder for temporary files');
  });

  it('through files: one that is there already is left alone', async () => {
    writeFileSync(at('a.txt'), 'alpha\n');
    const written = await json('read-streams', 'a.txt', '--output', 'a.streams');
    expect(written).toMatchObject({ code: 0, outcome: 'done', path: at('a.txt'), output: at('a.streams'), problemCount: 0 });
    expect(statSync(at('a.streams')).size).toBe(written['bytes']);
    expect(readFileSync(at('a.streams'))).toEqual(await streamsOf('a.txt'));
    const again = await run('read-streams', 'a.txt', '--output', 'a.streams');
    expect(again).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('is there already') as string });
    expect(await run('read-streams', 'a.txt', '--output', 'a.txt')).toMatchObject({ code: 2 });
    expect(readFileSync(at('a.txt'), 'utf8')).toBe('alpha\n');
    expect(await json('write-streams', 'b.txt', '--input', 'a.streams')).toMatchObject({
      code: 0,
      outcome: 'done',
      written: true,
      recoveredAs: at('b.txt'),
      bytes: written['bytes'],
      leftOut: [],
    });
    expect(readFileSync(at('b.txt'), 'utf8')).toBe('alpha\n');
    expect(await run('read-streams', 'a.txt', '--output', '/dev/null')).toMatchObject({ code: 0 });
  });

  it('take a folder and a link as themselves', async () => {
    mkdirSync(at('folder'), { mode: 0o751 });
    writeFileSync(at('folder/inside'), 'not a part of it');
    symlinkSync('../away', at('link'));
    expect(await make('folder2', [await streamsOf('folder')], '--directory')).toMatchObject({ code: 0, stderr: '' });
    expect(statSync(at('folder2')).mode).toBe(statSync(at('folder')).mode);
    expect(readdirSync(at('folder2'))).toEqual([]);
    expect(await make('link2', [await streamsOf('link')])).toMatchObject({ code: 0, stderr: '' });
    expect(readlinkSync(at('link2'))).toBe('../away');
    // without --directory it is a file, since streams do not say what they are of
    expect(await make('file', [await streamsOf('folder')])).toMatchObject({ code: 0 });
    expect(lstatSync(at('file')).isFile()).toBe(true);
  });

  it('makes a copy, overwrites or leaves alone what is there', async () => {
    for (const name of ['a', 'b', 'c']) writeFileSync(at(name), 'old');
    const streams = [stream(1, 'new')];
    expect(await make('a', streams)).toMatchObject({ code: 0, stdout: expect.stringContaining(at('Copy of a')) as string });
    expect(await make('b', streams, '--overwrite', 'overwrite')).toMatchObject({ code: 0 });
    expect(await make('c', streams, '--overwrite', 'skip')).toEqual({
      code: 0,
      stdout: `${at('c')} is there already, and was left alone.\n`,
      stderr: '',
    });
    expect(['a', 'Copy of a', 'b', 'c'].map((name) => readFileSync(at(name), 'utf8'))).toEqual(['old', 'new', 'new', 'old']);
  });

  it('a file that is made is one of now', async () => {
    const before = Date.now() - 1000;
    await make('new', [stream(1, 'x')]);
    expect(statSync(at('new')).mtimeMs).toBeGreaterThan(before);
  });

  it('says what to do about what could not be applied', async () => {
    const alternate = stream(4, Buffer.alloc(70_000, 1), ':big:$DATA');
    const { code, stderr } = await make('a', [stream(1, 'content'), alternate]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^incomplete: .*\ba: .* \(Recover to a volume with NTFS to keep them\.\) \[RECOVERY_FACT\]$/m);
  });

  it('lists what could not be applied, and ends with 3', async () => {
    const bytes = Buffer.concat([stream(6, 'old'), stream(1, 'content'), stream(77, '?'), stream(10, 'log')]);
    const { code, stdout, stderr } = await make('a', [bytes]);
    expect({ code, stdout }).toEqual({
      code: 3,
      stdout: `Made ${at('a')} from 94 bytes of streams.\n3 problems: they are listed above (on stderr).\n`,
    });
    expect([...stderr.matchAll(/^incomplete: .* the stream (\S+) of/gm)].map(([, id]) => id)).toEqual([
      'PROPERTY_DATA',
      '0x4d',
      'TXFS_DATA',
    ]);
    expect(readFileSync(at('a'), 'utf8')).toBe('content');
    writeFileSync(at('streams'), bytes);
    const doc = await json('write-streams', 'b', '--input', 'streams');
    expect(doc).toMatchObject({ code: 3, outcome: 'with-problems', problemCount: 3 });
    expect(doc['leftOut']).toEqual([
      { id: 6, offset: 0, reason: 'not-kept' },
      { id: 77, offset: 50, reason: 'unknown' },
      { id: 10, offset: 71, reason: 'not-kept' },
    ]);
    expect(doc.problems[0]).toMatchObject({ path: at('b'), code: 'FORMAT_UNSUPPORTED', effect: 'incomplete' });
  });

  it('leaves security descriptors out when told to', async () => {
    const bytes = Buffer.concat([stream(3, new Uint8Array(20), '', 2), stream(1, 'x')]);
    writeFileSync(at('streams'), bytes);
    const doc = await json('write-streams', 'a', '--input', 'streams', '--no-security');
    expect(doc).toMatchObject({ code: 0, problemCount: 0, leftOut: [{ id: 3, offset: 0, reason: 'security' }] });
    expect(await streamsOf('a', '--no-security')).toEqual(await streamsOf('a'));
  });

  it('input that is damaged or cut short ends with 5 and leaves nothing, not even where something was', async () => {
    writeFileSync(at('old'), 'old');
    const bytes = Buffer.concat([stream(1, 'content'), stream(4, 'more', ':x:$DATA')]);
    for (const length of [1, 19, 22, 30, 50, bytes.length - 1]) {
      expect(await make('new', pieces(bytes.subarray(0, length), 4))).toMatchObject({ code: 5, stdout: '' });
      expect(await make('old', [bytes.subarray(0, length)], '--overwrite', 'overwrite')).toMatchObject({ code: 5 });
    }
    writeFileSync(at('streams'), bytes.subarray(0, 22));
    expect(await json('write-streams', 'new', '--input', 'streams')).toMatchObject({
      code: 5,
      error: { code: 'FORMAT_SHORT', details: { struct: 'WIN32_STREAM_ID', field: 'size', offset: 22 } },
    });
    expect(readdirSync(home).sort()).toEqual(['old', 'streams']);
    expect(readFileSync(at('old'), 'utf8')).toBe('old');
  });

  it('a terminal is no place for bytes, and a document none beside them', async () => {
    writeFileSync(at('a'), 'x');
    for (const argv of [
      ['read-streams', 'a'],
      ['write-streams', 'b'],
    ]) {
      const io = testIo(home, { tty: true });
      expect(await main(['volume', ...argv], io)).toBe(2);
      expect(io.stderr.text).toContain('is a terminal');
      expect(io.stdout.bytes).toEqual([]);
    }
    expect(await run('read-streams', 'a', '--json')).toMatchObject({ code: 2 });
    expect(await run('read-streams', 'a', '--list', '--output', 'b')).toMatchObject({ code: 2 });
    expect(existsSync(at('b'))).toBe(false);
  });

  it.each([
    [['read-streams', 'nowhere', '--list'], 'SOURCE_NOT_FOUND'],
    [['facts', 'nowhere/at/all'], 'SOURCE_NOT_FOUND'],
    [['write-streams', 'nowhere/a', '--input', 'streams'], 'SOURCE_NOT_FOUND'],
    [['write-streams', 'a', '--input', 'nowhere'], 'SOURCE_NOT_FOUND'],
    [['write-streams', 'a', '--input', '.'], 'SOURCE_UNREADABLE'],
  ])('%j says what is missing', async (argv, code) => {
    writeFileSync(at('streams'), stream(1, 'x'));
    expect(await json(...argv)).toMatchObject({ code: 1, error: { code } });
    expect(readdirSync(home)).toEqual(['streams']);
  });

  it('an empty path is a variable that was not set', async () => {
    for (const argv of [
      ['read-streams', ''],
      ['write-streams', ''],
      ['facts', ''],
    ]) {
      expect(await run(...argv)).toMatchObject({ code: 2 });
    }
  });

  it('an output that takes no more ends with 1, and a reader that goes away with 0', async () => {
    writeFileSync(at('a'), new Uint8Array(1_000_000));
    expect(await run('read-streams', 'a', '--output', '/dev/full')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ENOSPC') as string,
    });
    const io = testIo(home);
    io.stdout.close();
    expect(await main(['volume', 'read-streams', 'a'], io)).toBe(0);
  });

  it('Ctrl-C takes back what was written', async () => {
    writeFileSync(at('a'), new Uint8Array(2_000_000).fill(1));
    const streams = await streamsOf('a');
    const interrupt: { now?: () => void } = {};
    const stdin = (function* () {
      yield streams.subarray(0, 1_000_000);
      interrupt.now?.();
      yield streams.subarray(1_000_000);
    })();
    const writing = testIo(home, { stdin });
    interrupt.now = () => writing.interrupt();
    expect(await main(['volume', 'write-streams', 'b'], writing)).toBe(130);
    expect(writing.stderr.text).toBe('winback: stopped by the user\n');
    const reading = testIo(home);
    const atOnce = (listener: () => void): (() => void) => {
      listener();
      return () => undefined;
    };
    expect(await main(['volume', 'read-streams', 'a', '--output', 'out'], { ...reading, onInterrupt: atOnce })).toBe(130);
    expect(readdirSync(home)).toEqual(['a']);
  });
});

describe.skipIf(!isLinux)('volume read-streams --list (needs Linux)', () => {
  it('of a sparse file', async () => {
    sh('truncate -s 10M s; printf x | dd of=s bs=1 seek=4194304 conv=notrunc status=none');
    const block = Number(sh('stat -f -c %S .'));
    const { items, ...rest } = await json('read-streams', 's', '--list');
    expect(items.slice(1)).toEqual([
      { stream: 'DATA', id: 1, attributes: ['SPARSE'], bytes: 0 },
      { stream: 'SPARSE_BLOCK', id: 9, attributes: ['SPARSE'], bytes: block, offset: 4_194_304 },
      { stream: 'SPARSE_BLOCK', id: 9, attributes: ['SPARSE'], bytes: 0, offset: 10_485_760 },
    ]);
    expect(rest).toMatchObject({ code: 0, path: at('s'), streams: 4, interrupted: false });
    const { stdout } = await run('read-streams', 's', '--list');
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['STREAM', 'ATTRIBUTES', 'BYTES', 'NAME'],
      ['EA_DATA', expect.any(String)],
      ['DATA', 'SPARSE', '0'],
      ['SPARSE_BLOCK', 'SPARSE', block.toLocaleString('en'), 'at 4,194,304'],
      ['SPARSE_BLOCK', 'SPARSE', '0', 'at 10,485,760'],
      [''],
    ]);
  });

  it('does not let names reach a terminal raw', async (context) => {
    const named = Buffer.concat([stream(1, 'x'), stream(4, 'alternate', ':\u001b[2J\u202e:$DATA')]);
    await make('a', [named]);
    const { stdout } = await run('read-streams', 'a', '--list');
    if (!stdout.includes('ALTERNATE_DATA'))
      context.skip('needs a file system that keeps alternate streams in the folder for temporary files');
    expect(stdout).toContain(':\\x1b[2J\\u202e:$DATA');
    expect((await run('facts', 'a')).stdout).not.toContain('\u001b');
    expect((await json('read-streams', 'a', '--list')).items.at(-1)?.name).toBe(':\u001b[2J\u202e:$DATA');
  });
});

describe.skipIf(!isLinux)('volume facts (needs Linux)', () => {
  it('of a file, in words', async () => {
    sh('truncate -s 10M s; printf x | dd of=s bs=1 seek=4194304 conv=notrunc status=none; chmod 4750 s; ln s other');
    utimesSync(at('s'), 0, 1_000_000_000.25);
    if (hasXattrs()) sh('setfattr -n user.comment -v hello s; setfattr -n user.bytes -v 0x00ff s');
    const block = Number(sh('stat -f -c %S .')).toLocaleString('en');
    const { code, stdout, stderr } = await run('facts', 's');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/) as [string, string]);
    const facts = Object.fromEntries(rows);
    expect(facts).toMatchObject({
      path: at('s'),
      kind: 'file',
      attributes: 'archive, sparse-file',
      size: '10,485,760 bytes',
      'last written': '2001-09-09T01:46:40.2500000Z',
      links: '2',
      mode: '04750 rwsr-x---',
      owner: `user ${String(statSync(at('s')).uid)}, group ${String(statSync(at('s')).gid)}`,
      stream: `DATA (SPARSE): 10,485,760 bytes, ${block} of them in 1 range: 4,194,304 to ${(4_194_304 + Number(block.replaceAll(',', ''))).toLocaleString('en')}`,
    });
    if (hasXattrs()) {
      expect(rows.filter(([name]) => name === 'POSIX attribute').map(([, value]) => value)).toEqual([
        'user.comment = "hello"',
        'user.bytes 2 bytes 00ff',
      ]);
    }
  });

  it('as a document', async () => {
    symlinkSync('../some where', at('link'));
    const doc = await json('facts', 'link');
    expect(doc).toMatchObject({
      code: 0,
      outcome: 'done',
      path: at('link'),
      kind: 'symbolic-link',
      attributes: ['reparse-point'],
      linkTarget: '../some where',
      reparsePoint: { tag: 0xa000_001d, name: 'LX_SYMLINK', target: '../some where' },
      volume: { driver: 'portable' },
      posix: { userId: lstatSync(at('link')).uid, mode: lstatSync(at('link')).mode },
      problems: [],
    });
    expect(doc['times']).toMatchObject({ lastWrite: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}(\d\d)?Z$/) as string });
    expect(doc['fileId']).toBe(String(lstatSync(at('link'), { bigint: true }).ino));
    mkdirSync(at('folder'));
    expect(await json('facts', 'folder')).toMatchObject({ kind: 'directory', attributes: ['directory'] });
    expect((await run('facts', 'folder')).stdout).toMatch(/\nkind +folder\n/);
  });

  it('of names and values that somebody else chose are safe to print', async () => {
    writeFileSync(at('\u001b[31mred\n'), '');
    const { code, stdout } = await run('facts', '\u001b[31mred\n');
    expect(code).toBe(0);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('\\x1b[31mred\\n');
  });

  it('--quiet says nothing but problems', async () => {
    writeFileSync(at('a'), '');
    expect(await run('facts', 'a', '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await run('read-streams', 'a', '--list', '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});
