import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { TapemarkType, TapePositionMethod, TapeStatus } from '../../src/index.js';
import { imageTapeDriver, unbuilt } from './built.js';

const folder = mkdtempSync(join(tmpdir(), 'winback-full-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const isRoot = process.getuid?.() === 0;
const reason = unbuilt || (isRoot ? '' : ' (needs root)');

it.skipIf(reason !== '').each(['full.wbtape', 'full.tap'])(
  `a disk that becomes full while %s is written: what was written before stays, and writing goes on once there is room${reason}`,
  (name) => {
    const disk = join(folder, `disk of ${name}`);
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', disk]);
    try {
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(8 << 20));
      using drive = imageTapeDriver().open(join(disk, name), { mode: 'write', create: true });
      const size = 100_000;
      const block = (i: number): Uint8Array => new Uint8Array(size).fill(i);
      const expectBlocks = (count: number): void => {
        drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
        const memory = new Uint8Array(size);
        for (let i = 0; i < count; i++) {
          expect(drive.read(memory).bytes).toBe(size);
          if (!Buffer.from(memory).equals(block(i))) throw new TypeError(`block ${String(i)} is another one`);
        }
      };
      let acknowledged = 0;
      expect(() => {
        for (; ; acknowledged++) drive.write(block(acknowledged));
      }).toThrow(expect.objectContaining({ code: 'TAPE_IO', details: expect.objectContaining({ errno: 'ENOSPC' }) as unknown }) as Error);
      const { offset } = drive.getTapePosition(1);
      // More than is written without a thread, and all that had room.
      expect(offset).toBeGreaterThan(250);
      expect(offset).toBeLessThanOrEqual(acknowledged);
      expectBlocks(offset);
      expect(drive.read(new Uint8Array(size)).status).toBe(TapeStatus.ERROR_NO_DATA_DETECTED);
      rmSync(join(disk, 'ballast'));
      drive.setTapePosition(TapePositionMethod.SPACE_END_OF_DATA, 0, 0);
      for (let i = offset; i < offset + 50; i++) drive.write(block(i));
      drive.writeTapemark(TapemarkType.FILEMARKS, 1);
      expectBlocks(offset + 50);
      expect(drive.read(new Uint8Array(size)).status).toBe(TapeStatus.ERROR_FILEMARK_DETECTED);
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  },
);
