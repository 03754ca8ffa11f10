import { neverCancelled, systemRandom } from '@winback/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IscsiChangerDriver, IscsiTapeDriver, TapePrepare, TapeStatus } from '../../src/index.js';
import { CartridgeLibrary } from '../../src/mtf/tape/cartridge-library.js';
import { changeCartridge } from '../../src/mtf/tape/change-cartridge.js';
import { MtfTapeTarget } from '../../src/mtf/tape/mtf-tape-target.js';
import { addAll, catalog, clock, description, dir, expected, file, found, noise, now, readAll, volume } from '../support/target.js';
import { noTgt, Tgt } from '../../src/testing/tgt.js';

/** Where cartridges stand in the library, and its drive. */
const SLOTS = 1024;
const DRIVE = 1;
/** More than two cartridges of 64 MB hold. */
const LARGE = [dir(''), ...Array.from({ length: 14 }, (_, i) => file(String(i), noise(10_000_000 + i * 1013, i + 1)))];

describe.skipIf(noTgt)(`a drive and a changer of tgt, over iSCSI${noTgt}`, { timeout: 180_000 }, () => {
  let tgt: Tgt;
  let addresses: { drive: string; changer: string };
  beforeAll(async () => {
    tgt = await Tgt.start();
    addresses = tgt.addLibrary();
  });
  afterAll(async () => {
    await tgt.end();
  });

  /** Cartridges by their labels. */
  function places(): readonly string[] {
    using changer = new IscsiChangerDriver().open(addresses.changer);
    return changer
      .elements()
      .filter(({ kind, full }) => kind !== 'transfer' && full)
      .map(
        ({ kind, address, volumeTag }) =>
          `${kind === 'drive' ? 'drive' : `slot ${String(address - SLOTS + 1)}`}: ${String(Number(volumeTag))}`,
      );
  }

  it('a set is written and read by a job that moves the cartridges itself; what is not blank is put back', () => {
    using drive = new IscsiTapeDriver().open(addresses.drive, { mode: 'write' });
    const load = (slot: number): void => {
      using changer = new IscsiChangerDriver().open(addresses.changer);
      changer.move(SLOTS + slot - 1, DRIVE);
      for (let tries = 0; tries < 10 && drive.getTapeStatus() !== TapeStatus.NO_ERROR; tries++);
    };
    const unload = (slot: number): void => {
      drive.prepareTape(TapePrepare.UNLOAD);
      using changer = new IscsiChangerDriver().open(addresses.changer);
      changer.move(DRIVE, SLOTS + slot - 1);
    };
    load(2);
    drive.write(Buffer.alloc(10_240, 'tar'));
    drive.writeTapemark(1, 1);
    unload(2);
    load(1);
    const open = () => new IscsiChangerDriver().open(addresses.changer);
    const library = new CartridgeLibrary({ open, driveNumber: 0, cancellation: neverCancelled });
    library.check();
    const change = changeCartridge(new IscsiTapeDriver(), addresses.drive, { library });
    const target = new MtfTapeTarget('tape:tgt', drive, { clock, random: systemRandom, change });
    const writer = target.createSet(description);
    writer.beginVolume(volume);
    addAll(writer, LARGE);
    now(writer.commit(catalog()));
    expect(places()).toEqual(['drive: 4', 'slot 1: 1', 'slot 2: 2', 'slot 3: 3']);
    expect(readAll(target.openSet('latest'), 1 << 20).map(found)).toEqual(LARGE.map(expected));
    expect(places()).toEqual(['drive: 4', 'slot 1: 1', 'slot 2: 2', 'slot 3: 3']);
    unload(4);
    load(2);
    const first = new Uint8Array(65_536);
    expect(drive.read(first).bytes).toBe(10_240);
    expect(Buffer.from(first).toString('latin1', 0, 6)).toBe('tartar');
    // An empty drive gets the newest one.
    unload(2);
    const filling = new CartridgeLibrary({ open, driveNumber: 0, cancellation: neverCancelled });
    const listing = new MtfTapeTarget('tape:tgt', drive, { clock, random: systemRandom, change, library: filling });
    expect(listing.versions()).toHaveLength(1);
    expect(places()).toEqual(['drive: 4', 'slot 1: 1', 'slot 2: 2', 'slot 3: 3']);
    // No blank one is left: the job ends with that, although the drive is empty then.
    const another = target.createSet(description);
    another.beginVolume(volume);
    expect(() => addAll(another, LARGE)).toThrow(expect.objectContaining({ code: 'TAPE_END_OF_MEDIA' }));
    now(another.abort());
    expect(places()).toEqual(['slot 1: 1', 'slot 2: 2', 'slot 3: 3', 'slot 4: 4']);
    // What it left is listed as what it is, and the one before is the latest.
    const again = new CartridgeLibrary({ open, driveNumber: 0, cancellation: neverCancelled });
    const parts = {
      clock,
      random: systemRandom,
      library: again,
      change: changeCartridge(new IscsiTapeDriver(), addresses.drive, { library: again }),
    };
    const later = new MtfTapeTarget('tape:tgt', drive, parts);
    expect(later.versions().map(({ continuesOn }) => continuesOn)).toEqual([undefined, 4]);
    const latest = later.openSet('latest');
    expect(readAll(latest, 1 << 20).map(found)).toEqual(LARGE.map(expected));
    expect(latest.damage.map(({ error }) => error.message)).toEqual([
      expect.stringContaining('goes on on cartridge 4, and its end is missing'),
    ]);
  });
});
