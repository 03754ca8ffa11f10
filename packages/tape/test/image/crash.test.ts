import { isWinbackError } from '@winback/core';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TapemarkType, TapePositionMethod, TapeStatus, type ImageDrive } from '../../src/index.js';
import { contents, driver, newPath, open } from './support/images.js';

const support = join(import.meta.dirname, '../support');
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 3);

async function writeUntilKilled(path: string, files: number, milliseconds: number): Promise<number> {
  const args = ['--import', join(support, 'ts-loader.mjs'), '--conditions', '@winback/source', '--no-warnings'];
  const child = spawn(process.execPath, [...args, join(import.meta.dirname, 'support/write-for-ever.ts'), path, String(files)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  return await new Promise((resolve, reject) => {
    child.stdout.on('data', (data: Buffer) => {
      if (output === '') setTimeout(() => child.kill('SIGKILL'), milliseconds);
      output += data.toString();
    });
    child.on('error', reject);
    child.on('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(Number(output.trimEnd().split('\n').at(-1)));
      else reject(new Error(`the writer ended by itself: ${errors}`));
    });
  });
}

/** Reads files as write-for-ever.ts writes them. @returns the whole ones */
function wholeFiles(drive: ImageDrive): number {
  drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
  const memory = new Uint8Array(200_000);
  for (let file = 1; ; file++) {
    for (let block = 0; ; block++) {
      const { bytes, status } = drive.read(memory);
      if (status === TapeStatus.ERROR_NO_DATA_DETECTED) return file - 1;
      if (status === TapeStatus.ERROR_FILEMARK_DETECTED) {
        expect(block).toBe(file % 7);
        break;
      }
      expect(bytes).toBe((file * 977 + block * 30_011) % 200_000 || 1);
      expect(memory.subarray(0, bytes).every((byte) => byte === (file & 0xff))).toBe(true);
    }
  }
}

for (const name of ['killed.wbtape', 'killed.tap']) {
  it(`a writer that is killed loses nothing before its last mark, and the next one goes on (${name}, ${String(ROUNDS)} rounds)`, async () => {
    const path = newPath(name);
    let files = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const told = await writeUntilKilled(path, files, 3 + ((round * 37) % 60) + Math.random() * 5);
      using drive = open(path);
      files = wholeFiles(drive);
      expect(files).toBeGreaterThanOrEqual(told);
      expect(files).toBeLessThanOrEqual(told + 1);
      // Blocks behind the last mark are whole, and are taken away for the next writer.
      drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
      if (files > 0) drive.setTapePosition(TapePositionMethod.SPACE_FILEMARKS, 0, files);
      drive.eraseTape(0);
    }
  }, 120_000);
}

const block = (seed: number, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + seed) & 0xff);
const mark = (drive: ImageDrive): void => drive.writeTapemark(TapemarkType.FILEMARKS, 1);
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
const [A, B, C, D] = [block(1, 100), block(2, 130), block(3, 64), block(4, 7)] as const;

interface Step {
  readonly name: string;
  readonly run: (drive: ImageDrive) => void;
  /** What is on the tape, once it is done. */
  readonly then: readonly string[];
  /** How many of those were there before; all that were there, where something is appended. */
  readonly kept?: number;
}

const STEPS: readonly Step[] = [
  {
    name: 'first',
    run: (d) => {
      d.write(A);
      mark(d);
    },
    then: [hex(A), 'filemark'],
  },
  {
    name: 'appending',
    run: (d) => {
      d.write(B);
      d.write(C);
      mark(d);
    },
    then: [hex(A), 'filemark', hex(B), hex(C), 'filemark'],
  },
  {
    name: 'appending again',
    run: (d) => {
      d.write(D);
      mark(d);
    },
    then: [hex(A), 'filemark', hex(B), hex(C), 'filemark', hex(D), 'filemark'],
  },
  {
    name: 'writing over',
    run: (d) => {
      d.setTapePosition(TapePositionMethod.LOGICAL_BLOCK, 0, 2);
      d.write(D);
      d.write(B);
      mark(d);
    },
    then: [hex(A), 'filemark', hex(D), hex(B), 'filemark'],
    kept: 2,
  },
  {
    name: 'erasing',
    run: (d) => {
      d.setTapePosition(TapePositionMethod.LOGICAL_BLOCK, 0, 1);
      d.eraseTape(0);
    },
    then: [hex(A)],
    kept: 1,
  },
];

/** The bytes of `after` up to `cut`, and of `before` from there on. */
const torn = (before: Buffer, after: Buffer, cut: number): Buffer => Buffer.concat([after.subarray(0, cut), before.subarray(cut)]);

/** Bytes at which both differ, and the ones next to them. */
function cuts(before: Buffer, after: Buffer): number[] {
  const all = new Set<number>([Math.min(before.length, after.length), after.length]);
  for (let i = 0; i < after.length; i++) if (before[i] !== after[i]) all.add(i).add(i + 1);
  return [...all];
}

describe('a write that is torn at any byte', () => {
  const scratch = newPath('torn-copy.wbtape');
  it('of a cartridge that is being made leaves one that can be made', () => {
    const path = newPath('made.wbtape');
    open(path)[Symbol.dispose]();
    const whole = readFileSync(path);
    for (let cut = 0; cut < whole.length; cut += 7) {
      writeFileSync(scratch, whole.subarray(0, cut));
      using drive = open(scratch);
      expect(contents(drive)).toEqual([]);
    }
  });

  // Twice: in one session of the drive, and with a new one for each step.
  for (const sessions of ['one session', 'a session for each']) {
    const path = newPath('torn.wbtape');
    let drive: ImageDrive | undefined;
    let items: readonly string[] = [];
    for (const { name, run, then, kept } of STEPS) {
      it(`of ${name} keeps what was on the disk before, ${sessions}`, () => {
        if (sessions !== 'one session') drive?.[Symbol.dispose]();
        if (!drive || sessions !== 'one session') drive = open(path);
        drive.setTapePosition(TapePositionMethod.SPACE_END_OF_DATA, 0, 0);
        const before = readFileSync(path);
        run(drive);
        const after = readFileSync(path);
        const check = (bytes: Buffer, what: string): void => {
          writeFileSync(scratch, bytes);
          using copy = open(scratch);
          const found = contents(copy);
          const asBefore = found.length === items.length && found.every((item, i) => item === items[i]);
          const least = kept ?? items.length;
          const onTheWay = found.length >= least && found.length <= then.length && found.every((item, i) => item === then[i]);
          expect(asBefore || onTheWay, `${what}: ${found.length} items`).toBe(true);
          // And it can be written to, without anything old coming back.
          copy.write(C);
          mark(copy);
          expect(contents(copy)).toEqual([...found, hex(C), 'filemark']);
        };
        const places = cuts(before, after);
        for (const cut of places) check(torn(before, after, cut), `cut at ${cut}`);
        // What is appended may reach the disk before the header does.
        if (kept === undefined)
          for (const cut of places) check(torn(after, Buffer.concat([before, after.subarray(before.length)]), cut), `late up to ${cut}`);
        expect(contents(drive)).toEqual(then);
        items = then;
      });
    }
  }
});

describe('an image that is cut off', () => {
  for (const name of ['cut.wbtape', 'cut.tap']) {
    it(`at any byte has what is whole before it, or says that it is no cartridge (${name})`, () => {
      const path = newPath(name);
      {
        using drive = open(path);
        for (const data of [A, B, C, D]) drive.write(data);
        mark(drive);
        drive.write(A);
      }
      const whole = readFileSync(path);
      const all = [hex(A), hex(B), hex(C), hex(D), 'filemark', hex(A)];
      const cut = newPath(name);
      for (let length = 0; length <= whole.length; length += length < 8192 && name.endsWith('wbtape') ? 61 : 1) {
        writeFileSync(cut, whole.subarray(0, length));
        try {
          using drive = driver.open(cut, { mode: 'write' });
          const found = contents(drive);
          expect(found).toEqual(all.slice(0, found.length));
          if (length === whole.length) expect(found).toEqual(all);
          if (name.endsWith('.wbtape')) continue;
          drive.setTapePosition(TapePositionMethod.SPACE_END_OF_DATA, 0, 0);
          drive.write(D);
          mark(drive);
          expect(contents(drive)).toEqual([...found, hex(D), 'filemark']);
        } catch (error) {
          if (!isWinbackError(error, 'TAPE_IO')) throw error;
        }
      }
    });
  }
});
