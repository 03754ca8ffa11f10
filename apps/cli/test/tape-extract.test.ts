import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testIo, winback } from './test-io.js';
import { main } from '../src/main.js';

/** Files that Windows programs made; they are not ours to publish. */
const SAMPLES = join(process.env['WINBACK_SAMPLES'] ?? join(import.meta.dirname, '../../../../shared/samples'), 'mtf');
const noSamples = existsSync(SAMPLES) ? '' : ' (skipped: WINBACK_SAMPLES names no folder of samples)';

interface Item {
  readonly kind: string;
  readonly file?: string;
  readonly set: number;
  readonly id: string;
  readonly length: number;
  readonly written: number;
  readonly checksum: string;
  readonly compressed: boolean;
  readonly block: { readonly type: string };
  readonly damage?: { readonly code: string };
}

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'winback-extract-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const run = (...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> => winback(home, ...argv);
async function extract(
  ...argv: string[]
): Promise<{ code: number; items: Item[]; streams: number; damage: number; error?: { code: string } }> {
  const { code, stdout } = await run('tape', 'extract', ...argv, '--json');
  return { items: [], ...(JSON.parse(stdout) as object), code } as never;
}
const content = (item: Item | undefined): Buffer => readFileSync(join(home, 'out', item?.file ?? ''));

/** A second reader of stream headers, of nothing but offsets: parts of variable length are put together. */
function streamsOf(bytes: Buffer): { id: string; data: Buffer }[] {
  const out: { id: string; data: Buffer; open: boolean }[] = [];
  let flb = 512;
  for (let at = 0; at < bytes.length;) {
    const type = bytes.toString('latin1', at, at + 4);
    let next = at + bytes.readUInt16LE(at + 8);
    if (type === 'SSET') flb = 1024;
    if (type === 'SFMB') {
      at += flb === 512 ? 512 : bytes.readUInt16LE(at + 8);
      continue;
    }
    for (let id = ''; id !== 'SPAD';) {
      id = bytes.toString('latin1', next, next + 4);
      const media = bytes.readUInt16LE(next + 6);
      const length = Number(bytes.readBigUInt64LE(next + 8));
      const data = bytes.subarray(next + 22, next + 22 + length);
      const last = out.at(-1);
      if (last?.open) last.data = Buffer.concat([last.data, data]);
      else if (id !== 'SPAD' && id !== 'CSUM') out.push({ id, data, open: false });
      if (last?.open || (media & 2) !== 0) out.at(-1)!.open = (media & 4) === 0;
      next += 22 + length;
      if (id !== 'SPAD') next = (next + 3) & ~3;
    }
    at = next;
  }
  return out;
}

/** A backup of two files, compressed or not. */
async function backUp(...options: string[]): Promise<string> {
  const docs = join(home, 'docs');
  mkdirSync(docs, { recursive: true });
  writeFileSync(join(docs, 'a.txt'), 'a tape '.repeat(20_000));
  writeFileSync(join(docs, 'b.txt'), 'a drive '.repeat(2000));
  expect((await run('start', 'backup', '--include', docs, '--backup-target', 'first.bkf', ...options)).code).toBe(0);
  return join(home, 'first.bkf');
}

describe.skipIf(noSamples)(`tape extract of real .bak files${noSamples}`, () => {
  it.each(['northwind-1.bak', 'northwind-2.bak'])('takes every stream out of %s', async (name) => {
    const { code, items, damage } = await extract(join(SAMPLES, name), '--output', 'out');
    expect([code, damage]).toEqual([0, 0]);
    const expected = streamsOf(readFileSync(join(SAMPLES, name))).filter((s) => !['APAD', 'OTCP'].includes(s.id));
    expect(items.map((i) => [i.id, i.length, i.written])).toEqual(expected.map((s) => [s.id, s.data.length, s.data.length]));
    items.forEach((item, i) => {
      expect(content(item).equals(expected[i]!.data), item.file).toBe(true);
    });
    expect(items.map((i) => i.id)).toEqual(expect.arrayContaining(['RAID', 'MQCI', 'MQDA', 'MQTL', 'TSMP']));
    expect(readdirSync(join(home, 'out'))).toHaveLength(items.length);
  });

  it('takes out only what is asked for, in private files', async () => {
    const { items } = await extract(join(SAMPLES, 'northwind-1.bak'), '--output', 'out', '--stream', 'mqda', 'APAD', '--set', '1');
    expect(items.map((i) => [i.id, i.length, i.file])).toEqual([
      ['APAD', 918, '1-00004-MSDA-1-APAD.bin'],
      ['MQDA', 3_997_698, '1-00004-MSDA-2-MQDA.bin'],
      ['APAD', 386, '1-00005-MSTL-1-APAD.bin'],
    ]);
    expect(statSync(join(home, 'out')).mode & 0o777).toBe(0o700);
    expect(statSync(join(home, 'out', items[1]!.file!)).mode & 0o777).toBe(0o600);
  });

  it('gives what can be read of a file that was cut', async () => {
    const cut = readFileSync(join(SAMPLES, 'northwind-1.bak')).subarray(0, 0x3d_2000);
    writeFileSync(join(home, 'cut.bak'), cut);
    const { code, items } = await extract('cut.bak', '--output', 'out');
    expect(code).toBe(5);
    expect(items.filter((i) => i.kind === 'stream' && !i.damage).map((i) => i.id)).toEqual(['RAID', 'MQCI', 'MQDA']);
    expect(items.at(-1)!.kind).toBe('damage');
  });
});

describe('tape extract', () => {
  it('gives the same of a compressed file as of another, with checksums right', async () => {
    const hash = (item: Item): string => createHash('sha1').update(content(item)).digest('hex');
    const taken: unknown[] = [];
    for (const options of [[], ['--compress']]) {
      const path = await backUp(...options);
      const { code, items } = await extract(path, '--output', 'out', '--stream', 'STAN');
      expect(code).toBe(0);
      expect(items.map((i) => i.checksum)).toEqual(['right', 'right']);
      expect(items.map((i) => i.compressed)).toEqual(options.length > 0 ? [true, true] : [false, false]);
      taken.push(items.map((i) => [i.length, hash(i)]));
      rmSync(join(home, 'out'), { recursive: true });
      rmSync(path);
    }
    expect(taken[1]).toEqual(taken[0]);
  });

  it('reports a damaged stream, keeps what it could read of it under a name that says so, and writes the rest', async () => {
    const path = await backUp();
    const bytes = readFileSync(path);
    bytes[bytes.indexOf('a tape a tape') + 70_000]! ^= 1;
    writeFileSync(path, bytes);
    const { code, items, damage } = await extract(path, '--output', 'out', '--stream', 'STAN');
    expect([code, damage]).toEqual([5, 1]);
    expect(items.map((i) => [i.checksum, i.damage?.code, i.written])).toEqual([
      ['wrong', 'FORMAT_CHECKSUM', 140_000],
      ['right', undefined, 16_000],
    ]);
    expect(items[0]!.file).toMatch(/\.bin\.damaged$/);
    expect(readdirSync(join(home, 'out')).sort()).toEqual(items.map((i) => i.file).sort());
    const { stderr, code: again } = await run('tape', 'extract', path, '--output', 'other', '--stream', 'STAN');
    expect(again).toBe(5);
    expect(stderr).toMatch(/^STAN at byte \d+: .*checksum.*\[FORMAT_CHECKSUM\]\n$/);
  });

  it('never writes over anything, nor through a link', async () => {
    const path = await backUp();
    const [first] = (await extract(path, '--output', 'out', '--stream', 'STAN')).items;
    const before = content(first);
    expect(await extract(path, '--output', 'out', '--stream', 'STAN')).toMatchObject({ code: 2, error: { code: 'USAGE' } });
    expect(content(first).equals(before)).toBe(true);
    for (const suffix of ['', '.damaged']) {
      rmSync(join(home, 'out'), { recursive: true });
      mkdirSync(join(home, 'out'));
      symlinkSync(join(home, 'elsewhere'), join(home, 'out', `${first!.file!}${suffix}`));
      expect((await extract(path, '--output', 'out', '--stream', 'STAN')).code).toBe(2);
      expect(existsSync(join(home, 'elsewhere'))).toBe(false);
    }
  });

  it('makes harmless names of whatever ids a file holds', async () => {
    const path = await backUp();
    const bytes = readFileSync(path);
    const head = bytes.indexOf('STAN');
    for (const id of ['../x', '/etc', 'a\\b:', '.. .', '*?"|']) {
      bytes.write(id, head, 'latin1');
      let sum = 0;
      for (let i = 0; i < 20; i += 2) sum ^= bytes.readUInt16LE(head + i);
      bytes.writeUInt16LE(sum, head + 20);
      writeFileSync(path, bytes);
      const { code, items } = await extract(path, '--output', 'out', '--stream', id);
      expect(code).toBe(0);
      expect(items.map((i) => [i.id, i.file])).toEqual([[id, expect.stringMatching(/^[A-Za-z0-9_-]+\.bin$/)]]);
      expect(readdirSync(join(home, 'out'))).toEqual([items[0]!.file]);
      rmSync(join(home, 'out'), { recursive: true });
    }
    expect(readdirSync(home).sort()).toEqual(['docs', 'first.bkf']);
  });

  it('ends well wherever the file ends', async () => {
    const path = await backUp('--compress');
    const bytes = readFileSync(path);
    for (let size = 0; size < bytes.length; size += 211) {
      writeFileSync(path, bytes.subarray(0, size));
      const { code } = await extract(path, '--output', 'out');
      expect([0, 1, 5], String(size)).toContain(code);
      rmSync(join(home, 'out'), { recursive: true, force: true });
    }
  });

  it('says so where nothing is found, or cannot be written', async () => {
    const path = await backUp();
    expect(await extract(path, '--output', 'out', '--stream', 'MQDA')).toMatchObject({ code: 2, error: { code: 'USAGE' } });
    expect(existsSync(join(home, 'out'))).toBe(false);
    expect(await extract('none.bkf', '--output', 'out')).toMatchObject({ code: 4, error: { code: 'TARGET_NOT_FOUND' } });
    writeFileSync(join(home, 'file'), '');
    chmodSync(join(home, 'file'), 0o400);
    expect(await extract(path, '--output', 'file/out')).toMatchObject({ code: 1, error: { code: 'TARGET_IO' } });
    expect((await run('tape', 'extract', path)).code).toBe(2);
  });

  it('stops on Ctrl-C and leaves no half file', async () => {
    const path = await backUp();
    const io = testIo(home);
    const ended = main(['tape', 'extract', path, '--output', 'out', '--stream', 'STAN', '--json'], io);
    const stop = setInterval(() => {
      if (existsSync(join(home, 'out'))) io.interrupt();
    }, 0);
    const code = await ended;
    clearInterval(stop);
    const { interrupted, items } = JSON.parse(io.stdout.text) as { interrupted: boolean; items?: Item[] };
    expect(code).toBe(interrupted ? 130 : 0);
    expect(existsSync(join(home, 'out')) ? readdirSync(join(home, 'out')) : []).toHaveLength((items ?? []).length);
  });
});

describe('tape inspect', () => {
  it('names compressed streams with what they hold', async () => {
    await backUp('--compress');
    const { stdout } = await run('tape', 'inspect', 'first.bkf');
    expect(stdout).toMatch(/STAN {2}[\d,]+ bytes {2}.*compressed.* lzs of 140,000 bytes, \d+%/);
  });
});
