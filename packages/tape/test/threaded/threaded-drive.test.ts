import { isWinbackError } from '@winback/core';
import { runSuite } from '@winback/core/testing';
import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TapemarkType, TapePositionMethod, TapeStatus, type TapeDrive, type TapeDriver } from '../../src/index.js';
import { ALL_HARNESS_CAPABILITIES, tapeDriveCapabilities, tapeDriveSuite } from '../../src/testing/index.js';
import { answer, step } from '../support/random-calls.js';
import { imageTapeDriver, openThreaded, unbuilt } from './built.js';

const RUNS = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 300) / 10);

const folder = mkdtempSync(join(tmpdir(), 'winback-thread-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const newPath = (name: string): string => join(folder, `${String(++count)} ${name}`);
const driver = imageTapeDriver();
const open = (address: string): TapeDrive => openThreaded(driver, address, { mode: 'write', create: true });

function bufferOf(drive: TapeDrive): NonNullable<TapeDrive['buffer']> {
  const { buffer } = drive;
  if (!buffer) throw new TypeError('this drive has no thread');
  return buffer;
}
const block = (i: number, size = 4096): Uint8Array => new Uint8Array(size).fill(i & 0xff);
const sleep = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const rewind = (drive: TapeDrive): void => drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);

describe.skipIf(unbuilt !== '')(`a drive in a thread of its own${unbuilt}`, () => {
  const address = (): string => join(folder, `${String(count)} suite.wbtape?capacity=20MiB`);
  using probe = driver.open(address(), { mode: 'write', create: true });
  const capabilities = tapeDriveCapabilities(probe.getDriveParameters(), [...ALL_HARNESS_CAPABILITIES, 'small-cartridge']);
  runSuite({ describe, it }, tapeDriveSuite, 'image in a thread', capabilities, () => {
    count++;
    let drive = open(address());
    bufferOf(drive);
    return {
      get drive() {
        return drive;
      },
      capabilities: new Set(capabilities),
      reopen() {
        drive[Symbol.dispose]();
        drive = openThreaded(driver, address(), { mode: 'write' });
        return drive;
      },
      dispose: () => drive[Symbol.dispose](),
    };
  });

  it(`does what the drive itself does, whatever it is told (${String(RUNS)} runs of up to 80 calls)`, () => {
    const readOn = fc.integer({ min: 2, max: 6 }).map((times): [string, (drive: TapeDrive) => unknown] => [
      `read on ${String(times)}`,
      (drive) => {
        const memory = new Uint8Array(400_000);
        return Array.from({ length: times }, () => {
          const { bytes, status } = drive.read(memory);
          return [status, Buffer.from(memory.subarray(0, bytes)).toString('base64')];
        });
      },
    ]);
    const steps = fc.array(fc.oneof({ weight: 4, arbitrary: step }, { weight: 1, arbitrary: readOn }), { maxLength: 80 });
    fc.assert(
      fc.property(steps, (calls) => {
        const [path, other] = [newPath('x.wbtape'), newPath('y.wbtape')];
        let drive = open(path);
        let plain: TapeDrive = driver.open(other, { mode: 'write', create: true });
        try {
          for (const [index, [what, run]] of calls.entries()) {
            if (what === 'reopen' && drive.getTapeStatus() === 0) {
              drive[Symbol.dispose]();
              plain[Symbol.dispose]();
              drive = openThreaded(driver, path, { mode: 'write' });
              plain = driver.open(other, { mode: 'write' });
            } else expect([index, what, answer(drive, run)]).toEqual([index, what, answer(plain, run)]);
          }
        } finally {
          drive[Symbol.dispose]();
          plain[Symbol.dispose]();
          rmSync(path);
          rmSync(other);
        }
      }),
      { numRuns: RUNS },
    );
  }, 600_000);

  it('writes in order what is put into its buffer, far more than that holds, and reads it ahead', () => {
    using drive = open(newPath('long.wbtape'));
    const buffer = bufferOf(drive);
    const blocks = (3 * buffer.size) / 65_536;
    for (let i = 0; i < blocks; i++) {
      expect(buffer.put(block(i, 65_536))).toBeUndefined();
      expect(buffer.filled).toBeLessThanOrEqual(buffer.size);
    }
    expect(buffer.drain()).toBeUndefined();
    expect(buffer.filled).toBe(0);
    drive.writeTapemark(TapemarkType.FILEMARKS, 1);
    rewind(drive);
    const memory = new Uint8Array(65_536);
    for (let i = 0; i < blocks; i++) {
      // The drive reads on while its user does something else.
      for (let tries = 0; i === 3 && buffer.filled === 0 && tries < 5000; tries++) sleep(1);
      if (i === 3) expect(buffer.filled).toBeGreaterThan(0);
      expect(drive.read(memory)).toEqual({ bytes: 65_536, status: TapeStatus.NO_ERROR });
      if (memory[0] !== (i & 0xff) || memory[65_535] !== (i & 0xff)) throw new TypeError(`block ${String(i)} holds ${String(memory[0])}`);
    }
    expect(drive.read(memory).status).toBe(TapeStatus.ERROR_FILEMARK_DETECTED);
    expect(drive.getTapePosition(1).offset).toBe(blocks + 1);
  });

  it('gives back at the warning what is not on the tape, and no block is there twice or missing', () => {
    for (let zone = 9; zone < 40; zone += 3) {
      using drive = open(newPath(`small.wbtape?capacity=300KiB&warning-zone=${String(zone * 1024)}`));
      const buffer = bufferOf(drive);
      let put = 0;
      let stop: ReturnType<typeof buffer.put>;
      while (!stop) stop = buffer.put(block(put++));
      const written = put - stop.unwritten.length / 4096;
      expect(drive.getTapePosition(1).offset).toBe(written);
      for (let i = 0; i < put - written; i++) expect(stop.unwritten[i * 4096]).toBe((written + i) & 0xff);
      // Where it goes on is for the program to say: here, on the same cartridge.
      expect(drive.write(block(written)).status).toBe(TapeStatus.ERROR_END_OF_MEDIA);
      rewind(drive);
      const memory = new Uint8Array(4096);
      for (let i = 0; i <= written; i++) {
        expect(drive.read(memory).bytes).toBe(4096);
        expect(memory[0]).toBe(i & 0xff);
      }
      expect(drive.read(memory).status).toBe(TapeStatus.ERROR_NO_DATA_DETECTED);
    }
  });

  it('has all that was put on the tape before any other call, also behind the warning', () => {
    using drive = open(newPath('marks.wbtape?capacity=300KiB&warning-zone=100KiB'));
    const buffer = bufferOf(drive);
    let put = 0;
    while (!buffer.put(block(put++)));
    rewind(drive);
    drive.eraseTape(0);
    for (let i = 0; i < 60; i++) {
      const stop = buffer.put(block(i));
      if (stop) for (let at = 0; at < stop.unwritten.length; at += 4096) drive.write(stop.unwritten.subarray(at, at + 4096));
      if (stop) break;
    }
    expect(answer(drive, (d) => d.writeTapemark(TapemarkType.FILEMARKS, 1))).toBe(TapeStatus.ERROR_END_OF_MEDIA);
  });

  it('tells an error of the drive to whoever puts the next block or waits, and can be used behind it', () => {
    using drive = open(newPath('full.wbtape?capacity=64KiB&warning-zone=0'));
    const buffer = bufferOf(drive);
    const error = answer(drive, () => {
      for (let i = 0; i < 100; i++) buffer.put(block(i));
      return buffer.drain();
    });
    expect(error).toBe(TapeStatus.ERROR_EOM_OVERFLOW);
    expect(buffer.filled).toBe(0);
    rewind(drive);
    expect(drive.read(new Uint8Array(4096)).bytes).toBe(4096);
  });

  it('opens nothing that is not there, with the error of the drive', () => {
    try {
      openThreaded(driver, newPath('none.wbtape'), { mode: 'read' });
      expect.unreachable();
    } catch (error) {
      expect(isWinbackError(error, 'TAPE_NOT_FOUND')).toBe(true);
      expect(error).toMatchObject({ details: { status: TapeStatus.ERROR_FILE_NOT_FOUND } });
    }
  });

  it('does not go back to where its user stands when only its status is asked for: the cartridge may be another one', () => {
    const changed = newPath('changed');
    const inThread = { module: new URL('changed-drive.mjs', import.meta.url).href, make: 'make' };
    using drive = openThreaded({ inThread } as TapeDriver, changed, { mode: 'read' });
    const memory = new Uint8Array(1000);
    // It has read on to the filemark meanwhile.
    for (let i = 1; i <= 2; i++) expect([drive.read(memory).bytes, memory[0]]).toEqual([1000, i]);
    for (let tries = 0; bufferOf(drive).filled === 0 && tries < 5000; tries++) sleep(1);
    writeFileSync(changed, '');
    expect(drive.getTapeStatus()).toBe(TapeStatus.NO_ERROR);
    rewind(drive);
    expect([drive.read(memory).bytes, memory[0]]).toEqual([1000, 1]);
  });

  it('is ready no more once it is closed', () => {
    const drive = open(newPath('closed.wbtape'));
    drive[Symbol.dispose]();
    drive[Symbol.dispose]();
    expect(drive.getTapeStatus()).toBe(TapeStatus.ERROR_NOT_READY);
    expect(() => drive.read(new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'TAPE_NOT_READY' }));
  });
});
