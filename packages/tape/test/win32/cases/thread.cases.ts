import assert from 'node:assert/strict';
import { TapeErase, TapemarkType, TapePositionMethod, TapeStatus } from '../../../src/index.js';
import { openThreaded } from '../../../src/threaded/open-threaded.js';
import { windowsTapeDriver } from '../../../src/win32/windows-tape-driver.js';
import { SkipCase, type WindowsCase } from '../case.js';

const SIZE = 65_536;
const block = (seed: number): Uint8Array => new Uint8Array(SIZE).fill(seed);

/** Wine's TAPE0 in a thread of its own. */
export const threadCases: readonly WindowsCase[] = [
  {
    name: 'Wine’s TAPE0 in a thread: what is put into the buffer is on the tape, and is read ahead',
    run() {
      const missing = process.env['WINBACK_NO_TAPE'];
      if (missing !== undefined) throw new SkipCase(missing);
      using drive = openThreaded(windowsTapeDriver(), 'TAPE0', { mode: 'write' });
      const { buffer } = drive;
      assert.ok(buffer, 'the drive has no thread');
      drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
      drive.eraseTape(TapeErase.SHORT);
      for (let i = 0; i < 100; i++) assert.equal(buffer.put(block(i)), undefined);
      assert.equal(buffer.drain(), undefined);
      drive.writeTapemark(TapemarkType.FILEMARKS, 1);
      drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
      const into = new Uint8Array(SIZE);
      for (let i = 0; i < 100; i++) {
        assert.deepEqual(drive.read(into), { bytes: SIZE, status: TapeStatus.NO_ERROR });
        assert.ok(Buffer.from(into).equals(block(i)), `block ${String(i)}`);
      }
    },
  },
];
