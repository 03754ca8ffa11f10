import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TapemarkType, TapePositionMethod as To, TapePositionType, TapeStatus, type TapeDrive } from '../../../src/api/index.js';
import type { StCase } from './case.js';
import { open, SCSI_DEBUG, TGT, type StDrive } from './drives.js';

const run = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: 'latin1' });
const mt = (drive: StDrive, ...args: string[]): string => run('mt-st', '-f', drive.path, ...args);
const told = (drive: StDrive): number => Number(/At block (\d+)/.exec(mt(drive, 'tell'))?.[1]);

const block = (seed: number, size = 2048): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * 7 + seed) & 0xff);
const marks = (drive: TapeDrive, count = 1): void => drive.writeTapemark(TapemarkType.FILEMARKS, count);

function begin(drive: TapeDrive): void {
  drive.setTapePosition(To.REWIND, 0, 0);
  drive.setMediaParameters({ blockSize: 0 });
}

function readAll(drive: TapeDrive, size: number): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  const memory = new Uint8Array(size);
  for (;;) {
    const { bytes, status } = drive.read(memory);
    if (status === TapeStatus.ERROR_FILEMARK_DETECTED) return blocks;
    assert.equal(status, TapeStatus.NO_ERROR);
    blocks.push(memory.slice(0, bytes));
  }
}

/** Some files, in a folder that is removed afterwards. */
function withFiles(use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'winback-'));
  try {
    mkdirSync(join(folder, 'tree'));
    for (let i = 0; i < 5; i++) writeFileSync(join(folder, 'tree', `file-${i}`), block(i, 1000 * 3 ** i));
    use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const archive = (folder: string, to: string): string => run('tar', '-b', '20', '-C', folder, '-cf', to, '--sort=name', 'tree');

/** mt and tar, and we: each reads what the other wrote. */
export const toolCases: readonly StCase[] = [
  {
    name: 'mt tells the positions that we tell, and we those that mt goes to',
    run() {
      {
        using drive = open(SCSI_DEBUG);
        begin(drive);
        for (let i = 0; i < 3; i++) drive.write(block(i));
        marks(drive);
        drive.write(block(4));
        marks(drive, 2);
        assert.deepEqual(drive.getTapePosition(TapePositionType.LOGICAL), { partition: 1, offset: 7 });
      }
      assert.equal(told(SCSI_DEBUG), 7);
      mt(SCSI_DEBUG, 'seek', '4');
      {
        using drive = open(SCSI_DEBUG);
        assert.equal(drive.getTapePosition(TapePositionType.LOGICAL).offset, 4);
        assert.deepEqual(drive.read(new Uint8Array(4096)), { bytes: 2048, status: TapeStatus.NO_ERROR });
        drive.setTapePosition(To.LOGICAL_BLOCK, 0, 1);
      }
      assert.equal(told(SCSI_DEBUG), 1);
    },
  },
  {
    name: 'mt counts the filemarks that we wrote, and no other: none is written by closing or moving',
    run() {
      {
        using drive = open(SCSI_DEBUG);
        begin(drive);
        drive.write(block(1));
        marks(drive);
        drive.write(block(2));
      }
      mt(SCSI_DEBUG, 'eod');
      assert.equal(told(SCSI_DEBUG), 3);
      {
        using drive = open(SCSI_DEBUG);
        drive.write(block(3));
        drive.setTapePosition(To.REWIND, 0, 0);
      }
      mt(SCSI_DEBUG, 'eod');
      assert.equal(told(SCSI_DEBUG), 4);
      mt(SCSI_DEBUG, 'rewind');
      mt(SCSI_DEBUG, 'fsf', '1');
      assert.equal(told(SCSI_DEBUG), 2);
      assert.match(mt(SCSI_DEBUG, 'status'), /File number=1, block number=0/);
    },
  },
  {
    name: 'mt writes filemarks and sets block sizes, and we find them',
    run() {
      mt(SCSI_DEBUG, 'rewind');
      mt(SCSI_DEBUG, 'setblk', '512');
      mt(SCSI_DEBUG, 'weof', '3');
      using drive = open(SCSI_DEBUG);
      assert.equal(drive.getMediaParameters().blockSize, 512);
      assert.equal(drive.getTapePosition(TapePositionType.LOGICAL).offset, 3);
      drive.setTapePosition(To.SPACE_FILEMARKS, 0, -2);
      assert.equal(drive.getTapePosition(TapePositionType.LOGICAL).offset, 1);
      for (let i = 0; i < 2; i++) assert.equal(drive.read(new Uint8Array(512)).status, TapeStatus.ERROR_FILEMARK_DETECTED);
      assert.equal(drive.read(new Uint8Array(512)).status, TapeStatus.ERROR_NO_DATA_DETECTED);
      drive.setMediaParameters({ blockSize: 0 });
    },
  },
  {
    name: 'we read an archive of tar: its blocks, byte for byte, and the filemark behind it',
    run: () =>
      withFiles((folder) => {
        mt(TGT, 'rewind');
        mt(TGT, 'setblk', '0');
        archive(folder, TGT.path);
        archive(folder, join(folder, 'expected.tar'));
        mt(TGT, 'rewind');
        using drive = open(TGT, 'read');
        const blocks = readAll(drive, 65_536);
        assert.ok(blocks.length > 1 && blocks.every(({ length }) => length === 10_240));
        assert.ok(Buffer.concat(blocks).equals(readFileSync(join(folder, 'expected.tar'))));
      }),
  },
  {
    name: 'tar reads archives that we wrote, the second one behind a filemark',
    run: () =>
      withFiles((folder) => {
        archive(folder, join(folder, 'whole.tar'));
        const bytes = readFileSync(join(folder, 'whole.tar'));
        {
          using drive = open(TGT);
          begin(drive);
          for (let copy = 0; copy < 2; copy++) {
            for (let at = 0; at < bytes.length; at += 10_240) drive.write(bytes.subarray(at, at + 10_240));
            marks(drive);
          }
          drive.setTapePosition(To.REWIND, 0, 0);
        }
        mt(TGT, 'fsf', '1');
        assert.equal(run('tar', '-b', '20', '-C', folder, '-df', TGT.path), '');
        const listing = run('tar', '-tf', join(folder, 'whole.tar'));
        mt(TGT, 'rewind');
        assert.equal(run('tar', '-b', '20', '-tf', TGT.path), listing);
      }),
  },
];
