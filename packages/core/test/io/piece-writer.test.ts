import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { closeDirect, openDirect } from '../../src/io/direct-file.js';
import { PIECE_SIZE } from '../../src/io/piece-ring.js';
import { cachedBytes } from './cached-bytes.js';

// A thread can be started from built code only.
const built = new URL('../../dist/io/piece-writer.js', import.meta.url);
const { PieceWriter } = existsSync(built)
  ? ((await import(built.href)) as typeof import('../../src/io/piece-writer.js'))
  : await import('../../src/io/piece-writer.js');
const unbuilt = existsSync(built) ? '' : ' (packages/core is not built: npm run build)';

describe('writing pieces while the next ones fill', () => {
  const folder = mkdtempSync(join(tmpdir(), 'winback-pieces-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** Writes pieces of changing lengths, far more than the ring holds, and gives what was written. */
  function fill(writer: InstanceType<typeof PieceWriter>, pieces: number, hash = createHash('sha256')): string {
    const memory = Buffer.from(writer.memory);
    let position = 0;
    for (let i = 0; i < pieces; i++) {
      const length = PIECE_SIZE - (i % 5) * 1000;
      memory.fill(`piece ${i} `, writer.start, writer.start + length);
      hash.update(memory.subarray(writer.start, writer.start + length));
      writer.submit(length, position);
      position += length;
    }
    return hash.digest('hex');
  }

  it.skipIf(unbuilt !== '')(`gives every byte to the file, in its place${unbuilt}`, async () => {
    const path = join(folder, 'long');
    const fd = openSync(path, 'w');
    const writer = new PieceWriter(fd);
    const sum = fill(writer, 90);
    writer.drain();
    await writer.syncs();
    writer.close();
    closeSync(fd);
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(sum);
  });

  it.skipIf(unbuilt !== '')(`writes whole pieces past the page cache, behind the first ones${unbuilt}`, () => {
    const path = join(folder, 'direct');
    const fd = openSync(path, 'w');
    const direct = openDirect(fd);
    const writer = new PieceWriter(fd, { syncEarly: false });
    for (let i = 0; i < 40; i++) writer.submit(PIECE_SIZE, i * PIECE_SIZE);
    writer.drain();
    if (direct !== undefined) expect(cachedBytes(path) ?? 0).toBeLessThan(10 * PIECE_SIZE);
    writer.close();
    closeDirect(direct);
    closeSync(fd);
    expect(statSync(path).size).toBe(40 * PIECE_SIZE);
  });

  it.skipIf(unbuilt !== '' || !existsSync('/dev/full'))(
    `tells a full disk to whoever fills the next piece, with its name${unbuilt || (existsSync('/dev/full') ? '' : ' (no /dev/full)')}`,
    () => {
      const fd = openSync('/dev/full', 'w');
      const writer = new PieceWriter(fd);
      expect(() => {
        fill(writer, 30);
        writer.drain();
      }).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
      writer.discard();
      closeSync(fd);
    },
  );

  it.skipIf(unbuilt !== '')(`after an error in the thread nothing more is written${unbuilt}`, async () => {
    const path = join(folder, 'failed');
    const fd = openSync(path, 'w');
    const writer = new PieceWriter(fd);
    fill(writer, 12);
    writer.drain();
    await writer.syncs();
    const { size } = statSync(path);
    expect(() => {
      writer.submit(PIECE_SIZE * 100, size); // more than there is in memory
      writer.submit(PIECE_SIZE, size);
      writer.drain();
    }).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
    writer.discard();
    closeSync(fd);
    expect(statSync(path).size).toBe(size);
  });

  it.skipIf(unbuilt !== '')(`writes the pieces itself when the thread never begins${unbuilt}`, async () => {
    const path = join(folder, 'alone');
    const fd = openSync(path, 'w');
    let started = 0;
    const writer = new PieceWriter(fd, { startThread: () => started++, patience: 20 });
    const sum = fill(writer, 40);
    writer.drain();
    await writer.syncs();
    writer.close();
    closeSync(fd);
    expect(started).toBe(1);
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(sum);
  });
});
