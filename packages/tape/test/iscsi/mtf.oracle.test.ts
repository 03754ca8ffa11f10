import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IscsiChangerDriver, IscsiTapeDriver, TapePrepare, TapeStatus, type TapeDrive } from '../../src/index.js';
import { MtfTapeTarget } from '../../src/mtf/tape/mtf-tape-target.js';
import type { ChangeCartridge } from '../../src/mtf/tape/tape-medium.js';
import {
  addAll,
  catalog,
  clock,
  countingRandom,
  description,
  dir,
  expected,
  file,
  found,
  noise,
  now,
  readAll,
  volume,
  type Kept,
} from '../support/target.js';
import { noTgt, Tgt } from '../../src/testing/tgt.js';

/** Where cartridges stand in the library, and its drive. */
const SLOTS = 1024;
const DRIVE = 1;
/** More than two cartridges of 64 MB hold. */
const LARGE = [dir(''), ...Array.from({ length: 14 }, (_, i) => file(String(i), noise(10_000_000 + i * 1013, i + 1)))];
const SMALL = [dir(''), file('a', 'text'), dir('b'), file('b/c', noise(300_000))];

/** tgt says the end of a cartridge late: the image grows past the size that it was given, and every block is there. */
describe.skipIf(noTgt)(`backup sets on a drive of tgt, over iSCSI${noTgt}`, { timeout: 180_000 }, () => {
  let tgt: Tgt;
  let drive: TapeDrive;
  let changer: ReturnType<IscsiChangerDriver['open']>;
  let target: MtfTapeTarget;
  const requests: string[] = [];

  /** The first cartridge is in the first slot, and so on. */
  function load(sequence: number): void {
    const inDrive = changer.elements().find(({ kind, full }) => kind === 'drive' && full);
    if (inDrive) {
      drive.prepareTape(TapePrepare.UNLOAD);
      changer.move(DRIVE, inDrive.source ?? SLOTS + Number(inDrive.volumeTag) - 1);
    }
    changer.move(SLOTS + sequence - 1, DRIVE);
    for (let tries = 0; tries < 10 && drive.getTapeStatus() !== TapeStatus.NO_ERROR; tries++);
  }
  const change: ChangeCartridge = (given, { purpose, mediaSequence }) => {
    requests.push(`${purpose} ${String(mediaSequence)}`);
    load(mediaSequence);
    return given;
  };
  const write = (files: readonly Kept[], started: string): void => {
    const writer = target.createSet(description);
    writer.beginVolume(volume);
    addAll(writer, files);
    now(writer.commit(catalog(started)));
  };

  beforeAll(async () => {
    tgt = await Tgt.start();
    const addresses = tgt.addLibrary();
    changer = new IscsiChangerDriver().open(addresses.changer);
    drive = new IscsiTapeDriver().open(addresses.drive, { mode: 'write' });
    load(1);
    target = new MtfTapeTarget('tape:tgt', drive, { clock, random: countingRandom, change });
  });
  afterAll(async () => {
    drive[Symbol.dispose]();
    changer[Symbol.dispose]();
    await tgt.end();
  });

  it('come back, and are appended', () => {
    write(SMALL, '2026-03-01T00:00:00Z');
    write(SMALL.slice(0, 2), '2026-03-02T00:00:00Z');
    expect(target.versions().map(({ id }) => id)).toEqual(['03/01/2026-00:00', '03/02/2026-00:00']);
    expect(readAll(target.openSet('1')).map(found)).toEqual(SMALL.map(expected));
    expect(readAll(target.openSet('2')).map(found)).toEqual(SMALL.slice(0, 2).map(expected));
  });

  it('go on on further cartridges of the library, and come back', () => {
    requests.length = 0;
    write(LARGE, '2026-03-03T00:00:00Z');
    expect(requests).toEqual(['write 2', 'write 3']);
    expect(readAll(target.openSet('latest'), 1 << 20).map(found)).toEqual(LARGE.map(expected));
    expect(requests.slice(2)).toEqual(['read 2', 'read 1', 'read 2', 'read 3']);
  });

  it('are appended to the last cartridge of the family', () => {
    write(SMALL, '2026-03-04T00:00:00Z');
    expect(target.versions().map(({ id }) => id)).toEqual(['03/03/2026-00:00', '03/04/2026-00:00']);
    expect(readAll(target.openSet('latest')).map(found)).toEqual(SMALL.map(expected));
  });
});
