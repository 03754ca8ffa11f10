import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isWinbackError } from '@winback/core';
import {
  TapeErase,
  TapemarkType,
  TapePositionMethod as To,
  TapePositionType,
  TapePrepare,
  TapeStatus,
  tapeStatusName,
  type TapeStatusCode,
} from '../../../src/api/index.js';
import { refuses } from '../../../src/testing/tape-case.js';
import { tapeDriveCapabilities } from '../../../src/testing/index.js';
import { SkipCase, type StCase } from './case.js';
import { driver, open, SCSI_DEBUG, TGT } from './drives.js';

const options = (): number => Number(readFileSync('/sys/class/scsi_tape/nst0/options', 'latin1'));
const SCSI2LOGICAL = 0x800;

const RULES = '/sys/kernel/debug/scsi_debug/0:0:0:0/error';

/** Makes the next `times` commands of a kind fail with a sense of one's own. */
function failing(times: number, command: number, key: number, asc: number, ascq: number): void {
  if (!existsSync(RULES)) throw new SkipCase('this kernel cannot make commands fail');
  writeFileSync(RULES, `2 ${-times} 0x${command.toString(16)} 0 0 0x2 0x${key.toString(16)} 0x${asc.toString(16)} 0x${ascq.toString(16)}`);
}
function noLongerFailing(command: number): void {
  writeFileSync(RULES, `- 2 0x${command.toString(16)}`);
}

function meets(status: TapeStatusCode, action: () => unknown): void {
  assert.throws(action, (error) => {
    assert.ok(isWinbackError(error), String(error));
    assert.equal(error.details['name'], tapeStatusName(status), error.message);
    return true;
  });
}

/** What is st's own: names, options, rights, and errors that the kernel is made to meet. */
export const driverCases: readonly StCase[] = [
  {
    name: 'drives say what they can',
    run() {
      using simulated = open(SCSI_DEBUG);
      assert.deepEqual(tapeDriveCapabilities(simulated.getDriveParameters()), [
        'fixed-blocks', 'variable-blocks', 'erase-short', 'erase-long', 'initiator-partitions', 'tell-absolute', 'tell', 'compression',
        'load-unload', 'tension', 'lock', 'format', 'set-block-size', 'seek-absolute', 'seek', 'space-end-of-data', 'space-blocks',
        'space-filemarks', 'reverse', 'write-filemarks',
      ]); // prettier-ignore
      using tgt = open(TGT);
      assert.deepEqual(tapeDriveCapabilities(tgt.getDriveParameters()), [
        'fixed-blocks', 'variable-blocks', 'load-unload', 'tension', 'lock', 'set-block-size', 'space-end-of-data', 'space-blocks',
        'space-filemarks', 'reverse', 'write-filemarks',
      ]); // prettier-ignore
      refuses('TAPE_UNSUPPORTED', () => tgt.getTapePosition(TapePositionType.LOGICAL));
    },
  },
  {
    name: 'a drive is for one process; a device that rewinds is the same drive',
    run() {
      {
        using drive = open(SCSI_DEBUG);
        assert.equal(drive.name, '/dev/nst0');
        drive.setTapePosition(To.REWIND, 0, 0);
        drive.write(new Uint8Array(1024));
        refuses('TAPE_LOCKED', () => driver.open('/dev/nst0', { mode: 'read' }));
        refuses('TAPE_LOCKED', () => driver.open('/dev/st0', { mode: 'write' }));
      }
      for (let i = 0; i < 2; i++) {
        using drive = driver.open('/dev/st0', { mode: 'read' });
        assert.equal(drive.getTapePosition(TapePositionType.LOGICAL).offset, 1, 'not rewound');
      }
      refuses('TAPE_NOT_FOUND', () => driver.open('/dev/nst77', { mode: 'read' }));
    },
  },
  {
    name: "st's options are ours while a drive is open, and as before afterwards",
    run() {
      const before = options();
      assert.equal(before & SCSI2LOGICAL, 0);
      {
        using _ = open(SCSI_DEBUG);
        assert.equal(options() & (SCSI2LOGICAL | 7), SCSI2LOGICAL);
      }
      assert.equal(options(), before);
    },
  },
  {
    name: 'nothing is written to a drive that is opened for reading',
    run() {
      using drive = open(SCSI_DEBUG, 'read');
      drive.setTapePosition(To.REWIND, 0, 0);
      refuses('TAPE_WRITE_PROTECT', () => drive.write(new Uint8Array(1024)));
      refuses('TAPE_WRITE_PROTECT', () => drive.writeTapemark(TapemarkType.FILEMARKS, 1));
      refuses('TAPE_WRITE_PROTECT', () => drive.eraseTape(TapeErase.SHORT));
      refuses('TAPE_WRITE_PROTECT', () => drive.prepareTape(TapePrepare.FORMAT));
      refuses('TAPE_WRITE_PROTECT', () => drive.createTapePartition(2, 1, 0));
    },
  },
  {
    name: 'a drive without a cartridge is opened, says so, and takes the next one',
    run() {
      {
        using drive = open(SCSI_DEBUG);
        drive.prepareTape(TapePrepare.UNLOAD);
      }
      using drive = open(SCSI_DEBUG);
      assert.notEqual(drive.getTapeStatus(), TapeStatus.NO_ERROR);
      assert.throws(() => drive.getMediaParameters(), isWinbackError);
      assert.throws(() => drive.write(new Uint8Array(1024)), isWinbackError);
      assert.throws(() => drive.setTapePosition(To.REWIND, 0, 0), isWinbackError);
      drive.prepareTape(TapePrepare.LOAD);
      assert.equal(drive.getTapeStatus(), TapeStatus.NO_ERROR);
      drive.setTapePosition(To.REWIND, 0, 0);
      assert.equal(drive.write(new Uint8Array(1024)).bytes, 1024);
    },
  },
  {
    name: 'a user without rights of root reads and writes all the same, with addresses instead of positions',
    run() {
      chmodSync('/dev/nst0', 0o666);
      process.seteuid?.(65_534);
      try {
        using drive = driver.open('/dev/nst0', { mode: 'write' });
        const capabilities = tapeDriveCapabilities(drive.getDriveParameters());
        assert.ok(capabilities.includes('tell-absolute') && !capabilities.includes('tell'));
        drive.setTapePosition(To.REWIND, 0, 0);
        drive.eraseTape(TapeErase.SHORT);
        assert.equal(drive.read(new Uint8Array(1024)).status, TapeStatus.ERROR_NO_DATA_DETECTED);
        drive.write(new Uint8Array(1024));
        drive.writeTapemark(TapemarkType.FILEMARKS, 1);
        drive.setTapePosition(To.REWIND, 0, 0);
        assert.equal(drive.read(new Uint8Array(4096)).bytes, 1024);
        assert.equal(drive.read(new Uint8Array(4096)).status, TapeStatus.ERROR_FILEMARK_DETECTED);
        assert.equal(drive.read(new Uint8Array(4096)).status, TapeStatus.ERROR_NO_DATA_DETECTED);
      } finally {
        process.seteuid?.(0);
        chmodSync('/dev/nst0', 0o600);
      }
      refusesWithoutRights();
    },
  },
  {
    name: 'a bad place on the tape is ERROR_CRC, and an error of the drive ERROR_IO_DEVICE',
    run() {
      using drive = open(SCSI_DEBUG);
      drive.setTapePosition(To.REWIND, 0, 0);
      for (let i = 0; i < 4; i++) drive.write(new Uint8Array(1024));
      for (const [key, status] of [
        [3, TapeStatus.ERROR_CRC],
        [4, TapeStatus.ERROR_IO_DEVICE],
      ] as const) {
        drive.setTapePosition(To.REWIND, 0, 0);
        failing(2, 0x08, key, 0x11, 0);
        meets(status, () => drive.read(new Uint8Array(1024)));
        noLongerFailing(0x08);
        drive.setTapePosition(To.REWIND, 0, 0);
        assert.equal(drive.read(new Uint8Array(1024)).bytes, 1024);
      }
    },
  },
  {
    name: 'another cartridge, and a reset, are told once by the status',
    run() {
      using drive = open(SCSI_DEBUG);
      for (const [asc, status] of [
        [0x28, TapeStatus.ERROR_MEDIA_CHANGED],
        [0x29, TapeStatus.ERROR_BUS_RESET],
      ] as const) {
        failing(1, 0x00, 6, asc, 0);
        assert.equal(tapeStatusName(drive.getTapeStatus()), tapeStatusName(status));
        noLongerFailing(0x00);
        assert.equal(drive.getTapeStatus(), TapeStatus.NO_ERROR);
        drive.setTapePosition(To.REWIND, 0, 0);
      }
    },
  },
  {
    name: 'a reset between two calls loses the position, which the next call says, and is found again by rewinding',
    run() {
      using drive = open(SCSI_DEBUG);
      drive.setTapePosition(To.REWIND, 0, 0);
      drive.write(new Uint8Array(1024));
      failing(1, 0x0a, 6, 0x29, 0);
      assert.throws(() => drive.write(new Uint8Array(1024)), isWinbackError);
      noLongerFailing(0x0a);
      drive.setTapePosition(To.REWIND, 0, 0);
      assert.equal(drive.read(new Uint8Array(4096)).bytes, 1024);
    },
  },
];

function refusesWithoutRights(): void {
  process.seteuid?.(65_534);
  try {
    refuses('TAPE_ACCESS_DENIED', () => driver.open('/dev/nst0', { mode: 'write' }));
    refuses('TAPE_ACCESS_DENIED', () => driver.open('/dev/nst0', { mode: 'read' }));
  } finally {
    process.seteuid?.(0);
  }
}
