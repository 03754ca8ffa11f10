import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { neverCancelled, systemRandom } from '@winback/core';
import { TapemarkType } from '../../../src/api/index.js';
import { CartridgeLibrary } from '../../../src/mtf/tape/cartridge-library.js';
import { identifyCartridge } from '../../../src/mtf/tape/identify-cartridge.js';
import { tapeBlock } from '../../../src/mtf/tape/tape-medium.js';
import { refuses } from '../../../src/testing/tape-case.js';
import { SkipCase, type StCase } from './case.js';
import { driver } from './drives.js';
import { blankCartridges, changerPath, changers, LIBRARY_DRIVE, places } from './library.js';

/** The same as mtx tells it. */
function placesByMtx(path: string): string {
  const text = execFileSync('mtx', ['-f', path, 'status'], { encoding: 'latin1' });
  const drive = [...text.matchAll(/Data Transfer Element 0:Full[^=]*VolumeTag *= *(\d+)/g)].map(
    ([, tag]) => `drive: ${String(Number(tag))}`,
  );
  const slots = [...text.matchAll(/Storage Element (\d+):Full *:VolumeTag= *(\d+)/g)].map(
    ([, slot, tag]) => `${String(slot)}: ${String(Number(tag))}`,
  );
  return [...drive, ...slots].join(', ');
}

/** A changer of Linux, and a job that gets its cartridges from it. */
export const libraryCases: readonly StCase[] = [
  {
    name: 'a changer is what mtx says, before and after cartridges were moved by either',
    run() {
      if (spawnSync('mtx', ['--version']).error !== undefined) throw new SkipCase('mtx is not installed');
      const path = changerPath();
      using changer = changers.open(path);
      assert.equal(places(changer), '1: 1, 2: 2, 3: 3, 4: 4');
      assert.equal(placesByMtx(path), places(changer));
      changer.move(1025, 1);
      assert.equal(places(changer), 'drive: 2, 1: 1, 3: 3, 4: 4');
      assert.equal(placesByMtx(path), places(changer));
      changer.move(1, 1025);
      execFileSync('mtx', ['-f', path, 'load', '3', '0']);
      assert.equal(places(changer), 'drive: 3, 1: 1, 2: 2, 4: 4');
      execFileSync('mtx', ['-f', path, 'unload', '3', '0']);
      assert.equal(places(changer), '1: 1, 2: 2, 3: 3, 4: 4');
    },
  },
  {
    name: 'what is no changer is refused as one',
    run() {
      const generic = '/sys/class/scsi_generic';
      const tape = readdirSync(generic).find((one) => readFileSync(`${generic}/${one}/device/type`, 'latin1').trim() === '1');
      refuses('TAPE_NOT_FOUND', () => changers.open(`/dev/${tape ?? ''}`));
      refuses('TAPE_NOT_FOUND', () => changers.open('/dev/sg99'));
    },
  },
  {
    name: 'cartridges come from a changer by what is on them',
    run() {
      blankCartridges();
      const path = changerPath();
      using drive = driver.open(LIBRARY_DRIVE, { mode: 'write' });
      const library = new CartridgeLibrary({ open: () => changers.open(path), driveNumber: 0, cancellation: neverCancelled });
      library.check();
      using changer = changers.open(path);
      const facts = { mediaFamilyId: 0xbeef, time: 1_772_368_496, random: systemRandom, continues: false, catalogType: 0 };
      for (const mediaSequence of [1, 2, 3]) {
        library.change(drive, { purpose: 'write', mediaFamilyId: 0xbeef, mediaSequence });
        assert.equal(places(changer).split(',')[0], `drive: ${String(mediaSequence)}`);
        drive.write(tapeBlock(LIBRARY_DRIVE, 32_768, { ...facts, mediaSequence }));
        drive.writeTapemark(TapemarkType.FILEMARKS, 1);
      }
      // Somebody who knows nothing of them yet.
      const later = new CartridgeLibrary({ open: () => changers.open(path), driveNumber: 0, cancellation: neverCancelled });
      for (const mediaSequence of [2, 1, 3]) {
        later.change(drive, { purpose: 'read', mediaFamilyId: 0xbeef, mediaSequence });
        assert.equal(places(changer).split(',')[0], `drive: ${String(mediaSequence)}`);
        const identity = identifyCartridge(drive);
        assert.ok(identity.kind === 'family' && identity.mediaFamilyId === 0xbeef && identity.mediaSequence === mediaSequence);
      }
      refuses('TAPE_NOT_FOUND', () => later.change(drive, { purpose: 'read', mediaFamilyId: 0xbeef, mediaSequence: 4 }));
      assert.equal(places(changer), '1: 1, 2: 2, 3: 3, 4: 4');
    },
  },
];
