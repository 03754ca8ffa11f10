import { isWinbackError, systemRandom } from '@winback/core';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ImageChangerDriver, TapePrepare, TapeStatus } from '../../src/index.js';
import { contents, driver, newPath } from './support/images.js';

const changers = new ImageChangerDriver(systemRandom);
const refused = (code: string, action: () => unknown): void => expect(action).toThrow(expect.objectContaining({ code }) as Error);

function made() {
  const folder = newPath('library');
  return { folder, changer: changers.create(`changer:${folder}`, { drives: 2, slots: 4, cartridges: 3, capacity: 1 << 20 }) };
}

it('tells its drives and slots, and what is in them', () => {
  const { changer, folder } = made();
  expect(changer.elements()).toEqual([
    { kind: 'transfer', address: 0, full: false },
    { kind: 'drive', address: 256, full: false },
    { kind: 'drive', address: 257, full: false },
    { kind: 'slot', address: 4096, full: true, volumeTag: 'WB0001L1' },
    { kind: 'slot', address: 4097, full: true, volumeTag: 'WB0002L1' },
    { kind: 'slot', address: 4098, full: true, volumeTag: 'WB0003L1' },
    { kind: 'slot', address: 4099, full: false },
  ]);
  changer.move(4097, 257);
  const again = changers.open(`changer:${folder}`).elements();
  expect(again[2]).toEqual({ kind: 'drive', address: 257, full: true, volumeTag: 'WB0002L1', source: 4097 });
  expect(again[4]).toEqual({ kind: 'slot', address: 4097, full: false });
  for (const name of ['changer.json', 'WB0001L1.wbtape']) expect(statSync(join(folder, name)).mode & 0o77).toBe(0);
});

it('puts cartridges into drives, and others after them', () => {
  const { changer, folder } = made();
  using drive = driver.open(`image:${folder}/drive0`, { mode: 'write' });
  expect(drive.getTapeStatus()).toBe(TapeStatus.ERROR_NO_MEDIA_IN_DRIVE);
  refused('TAPE_NO_MEDIA_IN_DRIVE', () => drive.read(new Uint8Array(10)));
  refused('TAPE_NO_MEDIA_IN_DRIVE', () => drive.prepareTape(TapePrepare.LOAD));
  for (const [i, slot] of [4096, 4098].entries()) {
    changer.move(slot, 256);
    drive.prepareTape(TapePrepare.LOAD);
    expect(contents(drive)).toEqual([]);
    drive.write(Uint8Array.of(i));
    drive.writeTapemark(1, 1);
    refused('TAPE_UNABLE_TO_UNLOAD_MEDIA', () => changer.move(256, slot));
    drive.prepareTape(TapePrepare.LOCK);
    refused('TAPE_UNABLE_TO_UNLOAD_MEDIA', () => drive.prepareTape(TapePrepare.UNLOAD));
    drive.prepareTape(TapePrepare.UNLOCK);
    drive.prepareTape(TapePrepare.UNLOAD);
    changer.move(256, slot);
  }
  changer.move(4096, 257);
  using other = driver.open(`image:${folder}/drive1`, { mode: 'read' });
  expect(contents(other)).toEqual(['00', 'filemark']);
});

it('refuses what cannot be moved', () => {
  const { changer } = made();
  refused('TAPE_NO_MEDIA_IN_DRIVE', () => changer.move(4099, 256));
  refused('TAPE_INVALID_PARAMETER', () => changer.move(4096, 4097));
  refused('TAPE_INVALID_PARAMETER', () => changer.move(4096, 5000));
  refused('TAPE_INVALID_PARAMETER', () => changer.move(1, 4099));
});

it('is refused where there is none, and where its state makes no sense', () => {
  refused('TAPE_NOT_FOUND', () => changers.open(`changer:${newPath('none')}`));
  const { folder } = made();
  refused('TAPE_INVALID_PARAMETER', () => changers.create(`changer:${folder}`, { drives: 1, slots: 1 }));
  const path = join(folder, 'changer.json');
  const whole = readFileSync(path, 'utf8');
  refused('TAPE_NOT_FOUND', () => driver.open(`image:${folder}/drive7`, { mode: 'read' }));
  for (const text of ['', '{', '[]', 'null', '{"drives":[],"slots":{}}', whole.replace('WB0001', '../../x'), whole.replace('{', '[')]) {
    writeFileSync(path, text);
    expect(() => changers.open(`changer:${folder}`)).toThrow(expect.objectContaining({ code: 'TAPE_IO' }) as Error);
    try {
      driver.open(`image:${folder}/drive0`, { mode: 'read' });
      expect.unreachable();
    } catch (error) {
      expect(isWinbackError(error, 'TAPE_IO')).toBe(true);
    }
  }
});
