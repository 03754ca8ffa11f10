import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { closeDirect, openDirect } from '../../src/io/direct-file.js';
import { cachedBytes } from '../io/cached-bytes.js';
import { DIRECT_FROM, RING_SIZE } from '../../src/volume/portable/content/queue-memory.js';

// A thread can be started from built code only.
const built = new URL('../../dist/volume/portable/content/content-queue.js', import.meta.url);
const linux = process.platform === 'linux';
const missing = !linux ? ' (needs Linux)' : existsSync(built) ? '' : ' (packages/core is not built: npm run build)';
const { ContentQueue } =
  missing === ''
    ? ((await import(built.href)) as typeof import('../../src/volume/portable/content/content-queue.js'))
    : await import('../../src/volume/portable/content/content-queue.js');

describe('content on its way to the disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'winback-content-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const times = (i: number) => ({ lastWrite: 1_700_000_000_000_000_001n + BigInt(i), lastAccess: 1_600_000_000_000_000_002n });

  /** Files of many sizes, some of several pieces, some larger than the whole ring. */
  const sizes = Array.from({ length: 600 }, (_, i) => (i % 97 === 0 ? RING_SIZE + 12_345 : (i * 7919) % (i % 10 === 0 ? 900_000 : 9000)));
  const contentOf = (i: number): Buffer => Buffer.alloc(sizes[i] ?? 0, `file ${i} `);

  function fill(queue: InstanceType<typeof ContentQueue>, prefix: string): void {
    sizes.forEach((size, i) => {
      const path = join(folder, `${prefix}-${i}`);
      const fd = openSync(path, 'wx');
      const data = contentOf(i);
      const half = Math.floor(size / 3);
      queue.write(fd, data.subarray(0, half), 0, path);
      queue.write(fd, data.subarray(half), half, path);
      queue.finish(fd, times(i), path);
    });
  }

  function check(prefix: string): void {
    sizes.forEach((_, i) => {
      const path = join(folder, `${prefix}-${i}`);
      // Before it is read, which changes the time of last access.
      const { mtimeNs, atimeNs } = statSync(path, { bigint: true });
      expect([mtimeNs, atimeNs]).toEqual([times(i).lastWrite, times(i).lastAccess]);
      expect(readFileSync(path).equals(contentOf(i)), path).toBe(true);
    });
  }

  it.skipIf(missing !== '')(`arrives whole, with its times, in a thread${missing}`, () => {
    const queue = new ContentQueue();
    fill(queue, 'thread');
    queue.close();
    expect(queue.failures()).toEqual([]);
    check('thread');
  });

  it.skipIf(missing !== '').each([
    ['in a thread', undefined],
    ['without one', () => undefined],
  ])(`of a file that is long enough to be written directly arrives whole, however it comes, %s${missing}`, (_, startThread) => {
    const queue = new ContentQueue(startThread, 20);
    const path = join(folder, 'long');
    const fd = openSync(path, 'w');
    const direct = openDirect(fd);
    const content = Buffer.alloc(DIRECT_FROM + 3 * RING_SIZE + 777);
    for (let i = 0; i + 4 <= content.length; i += 4) content.writeUInt32LE((i * 2_654_435_761) >>> 0, i);
    const pieces = [1_000_000, 65_536 - 22, 1, 4096, 3_000_001, 511];
    for (let at = 0, i = 0; at < content.length; i++) {
      const length = Math.min(pieces[i % pieces.length]!, content.length - at);
      queue.write(fd, content.subarray(at, at + length), at, path);
      at += length;
      // Whoever drains cuts a piece short.
      if (i % 37 === 36) queue.drain();
    }
    queue.drain();
    if (direct !== undefined) expect(cachedBytes(path) ?? 0).toBeLessThan(DIRECT_FROM + 2 * RING_SIZE);
    closeDirect(direct);
    // What was written once may be written over, and a file may have a hole.
    queue.write(fd, Buffer.from('over'), DIRECT_FROM + 2, path);
    content.write('over', DIRECT_FROM + 2);
    const far = content.length + 10_000_000;
    queue.write(fd, content.subarray(0, 2_000_000), far, path);
    queue.finish(fd, times(1), path);
    queue.close();
    expect(queue.failures()).toEqual([]);
    const found = readFileSync(path);
    expect(found.length).toBe(far + 2_000_000);
    expect(found.subarray(0, content.length).equals(content)).toBe(true);
    expect(found.subarray(content.length, far).every((byte) => byte === 0)).toBe(true);
    expect(found.subarray(far).equals(content.subarray(0, 2_000_000))).toBe(true);
  });

  it.skipIf(missing !== '')(`arrives whole when the thread never begins${missing}`, () => {
    let started = 0;
    const queue = new ContentQueue(() => started++, 20);
    fill(queue, 'alone');
    queue.close();
    expect(started).toBe(1);
    expect(queue.failures()).toEqual([]);
    check('alone');
  });

  it.skipIf(missing !== '')(`names each file that failed, and why, and goes on${missing}`, () => {
    const queue = new ContentQueue();
    const good: string[] = [];
    for (let i = 0; i < 300; i++) {
      const full = i % 100 === 50;
      const path = full ? '/dev/full' : join(folder, `mixed-${i}`);
      const fd = openSync(path, full ? 'r+' : 'wx');
      queue.write(fd, Buffer.alloc(5000, 'x'), 0, path);
      queue.finish(fd, { lastWrite: 0n }, path);
      if (!full) good.push(path);
    }
    queue.drain();
    const failures = queue.failures();
    expect(failures).toEqual(Array.from({ length: 3 }, () => ({ path: '/dev/full', errno: 28, what: 'content' })));
    expect(queue.failures()).toEqual([]);
    queue.close();
    for (const path of good) expect(statSync(path).size).toBe(5000);
  });

  it.skipIf(missing !== '')(`a file given up half way is its owner's again after a drain${missing}`, () => {
    const queue = new ContentQueue();
    const path = join(folder, 'half');
    const fd = openSync(path, 'wx');
    queue.write(fd, Buffer.alloc(RING_SIZE * 2, 'y'), 0, path);
    queue.drain();
    closeSync(fd);
    expect(statSync(path).size).toBe(RING_SIZE * 2);
    queue.close();
  });
});
