import { closeSync, constants, existsSync, fdatasyncSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cachedBytes } from './cached-bytes.js';
import { alignedMemory, alignedSharedMemory, closeDirect, DIRECT_ALIGNMENT, openDirect, writeFully } from '../../src/io/index.js';

const folder = mkdtempSync(join(tmpdir(), 'winback-direct-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const PAGE = DIRECT_ALIGNMENT;

/** A file's second opening is there where the file system of temporary files has such a thing. */
const takesDirect = (() => {
  const fd = openSync(join(folder, 'probe'), 'w');
  const direct = openDirect(fd);
  closeDirect(direct);
  closeSync(fd);
  return direct !== undefined;
})();
const why = takesDirect ? '' : ' (the file system of temporary files has no direct writing)';

const built = new URL('../../dist/io/direct-file.js', import.meta.url);
const unbuilt = !takesDirect ? why : existsSync(built) ? '' : ' (packages/core is not built: npm run build)';

function filled(memory: ArrayBufferLike): Uint8Array {
  const bytes = new Uint8Array(memory);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31 + (i >> 8)) & 0xff;
  return bytes;
}

describe('writing past the page cache', () => {
  it.skipIf(why !== '').each([
    ['of one thread', alignedMemory],
    ['that threads share', alignedSharedMemory],
  ])(`takes whole pages of memory %s as they are${why}`, (_, memory) => {
    const bytes = filled(memory(16 * PAGE));
    const fd = openSync(join(folder, 'pages'), 'w');
    const file = { fd, direct: openDirect(fd) };
    writeFully(file, bytes, 0, 16 * PAGE, 0);
    writeFully(file, bytes, 4 * PAGE, 8 * PAGE, 20 * PAGE);
    // Memory that does not begin on a page would have been refused.
    expect(file.direct).toBeDefined();
    expect(fstatSync(fd).size).toBe(28 * PAGE);
    expect(cachedBytes(join(folder, 'pages')) ?? 0).toBe(0);
    // Written the ordinary way it is in the cache.
    writeFully({ fd }, bytes, 0, 4 * PAGE, 0);
    expect(cachedBytes(join(folder, 'pages')) ?? 4 * PAGE).toBe(4 * PAGE);
    closeDirect(file.direct);
    closeSync(fd);
    const found = readFileSync(join(folder, 'pages'));
    expect(found.subarray(0, 16 * PAGE).equals(bytes)).toBe(true);
    expect(found.subarray(16 * PAGE, 20 * PAGE).every((byte) => byte === 0)).toBe(true);
    expect(found.subarray(20 * PAGE).equals(bytes.subarray(4 * PAGE, 12 * PAGE))).toBe(true);
  });

  it('gives every byte its place, whatever begins and ends where', () => {
    const bytes = filled(alignedMemory(64 * PAGE));
    const fd = openSync(join(folder, 'mixed'), 'w');
    const file = { fd, direct: openDirect(fd) };
    const expected = Buffer.alloc(64 * PAGE);
    // A small generator of its own, so that a failure comes again.
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff) % below;
    for (let i = 0; i < 300; i++) {
      const unit = i % 3 === 0 ? 1 : PAGE;
      const from = random((32 * PAGE) / unit) * unit;
      const length = (1 + random((16 * PAGE) / unit)) * unit;
      const to = random((40 * PAGE) / unit) * unit;
      writeFully(file, bytes, from, length, to);
      expected.set(bytes.subarray(from, from + length), to);
    }
    fdatasyncSync(fd);
    closeDirect(file.direct);
    closeSync(fd);
    const found = readFileSync(join(folder, 'mixed'));
    expect(found.equals(expected.subarray(0, found.length))).toBe(true);
    expect(expected.subarray(found.length).every((byte) => byte === 0)).toBe(true);
  });

  it('writes what begins anywhere in memory all the same', () => {
    // Most disks refuse such memory, some take it.
    const bytes = filled(new ArrayBuffer(3 * PAGE));
    const fd = openSync(join(folder, 'anywhere'), 'w');
    const direct = openDirect(fd);
    const file = { fd, direct };
    for (let page = 0; page < 3; page++) writeFully(file, bytes, page * PAGE, PAGE, page * PAGE);
    closeDirect(direct);
    closeSync(fd);
    expect(readFileSync(join(folder, 'anywhere')).equals(bytes)).toBe(true);
  });

  it.skipIf(!existsSync('/dev/full'))(`has the errors of the file${existsSync('/dev/full') ? '' : ' (no /dev/full)'}`, () => {
    const fd = openSync('/dev/full', 'w');
    const file = { fd, direct: openDirect(fd) };
    const bytes = new Uint8Array(alignedMemory(PAGE));
    expect(() => {
      writeFully(file, bytes, 0, PAGE, 0);
    }).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    closeDirect(file.direct);
    closeSync(fd);
  });

  it.skipIf(unbuilt !== '')(`is done without where no descriptor is left${unbuilt}`, () => {
    // The most that a process may have open is low here: all are taken.
    const script = `
      const { openDirect } = await import(${JSON.stringify(built.href)});
      const { openSync } = await import('node:fs');
      const fds = [];
      try { for (;;) fds.push(openSync(${JSON.stringify(join(folder, 'many'))}, 'w')); } catch (error) { console.log(error.code, openDirect(fds[0])); }`;
    const run = spawnSync('bash', ['-c', 'ulimit -n 64; exec "$0" --input-type=module -e "$1"', process.execPath, script], {
      encoding: 'utf8',
    });
    expect(run.stdout + run.stderr).toBe('EMFILE undefined\n');
  });

  it('is no matter for what is no file', () => {
    const fd = openSync('/dev/null', constants.O_WRONLY);
    const direct = openDirect(fd);
    const file = { fd, direct };
    writeFully(file, new Uint8Array(alignedMemory(PAGE)), 0, PAGE, 0);
    closeDirect(direct);
    closeSync(fd);
  });
});
