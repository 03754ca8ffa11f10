import { neverCancelled, systemRandom } from '@winback/core';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ImageChangerDriver,
  TapemarkType,
  TapePositionMethod,
  TapeStatus,
  type ChangerElement,
  type ImageDrive,
  type TapeChanger,
} from '../../src/index.js';
import { CartridgeLibrary } from '../../src/mtf/tape/cartridge-library.js';
import { changeCartridge } from '../../src/mtf/tape/change-cartridge.js';
import type { FirstNamed } from '../../src/mtf/tape/first-cartridge.js';
import { MtfTapeTarget, type TapeTargetParts } from '../../src/mtf/tape/mtf-tape-target.js';
import { driver, newPath } from '../image/support/images.js';
import { addAll, catalog, clock, description, now, volume, type Kept } from './target.js';

/** Addresses of the first drive and the first slot. */
export const [DRIVE, SLOT] = [256, 4096];
const CAPACITY = 2 * 2 ** 20;
const changers = new ImageChangerDriver(systemRandom);

/** A changer with cartridges in its first slots, and the drive `image:FOLDER/drive0`. */
export class ChangerWithDrive {
  readonly folder = newPath('library');
  readonly moves: string[] = [];
  readonly changer: TapeChanger;
  /** Thrown by the next moves, which do nothing then. */
  readonly news: Error[] = [];
  onMove: () => void = () => undefined;

  constructor(slots: number, cartridges: number) {
    changers.create(`changer:${this.folder}`, { drives: 2, slots, cartridges, capacity: CAPACITY });
    const inner = changers.open(`changer:${this.folder}`);
    this.changer = {
      name: inner.name,
      elements: () => inner.elements(),
      move: (from, to) => {
        const news = this.news.shift();
        if (news) throw news;
        this.moves.push(`${from === DRIVE ? 'drive' : String(from - SLOT + 1)} ${to === DRIVE ? 'drive' : String(to - SLOT + 1)}`);
        inner.move(from, to);
        this.onMove();
      },
      [Symbol.dispose]: () => inner[Symbol.dispose](),
    };
  }

  file(number: number): string {
    return join(this.folder, `WB000${String(number)}L1.wbtape`);
  }

  drive(mode: 'read' | 'write' = 'write'): ImageDrive {
    return driver.open(`image:${this.folder}/drive0`, { mode });
  }

  loader(driveNumber = 0, cancellation = neverCancelled, first: FirstNamed = {}): CartridgeLibrary {
    return new CartridgeLibrary({ open: () => this.changer, driveNumber, cancellation, first });
  }

  /** Where which cartridge is: numbers of cartridges, `-` for nothing. */
  places(): { drive: string; slots: string } {
    const number = ({ volumeTag }: ChangerElement): string => (volumeTag === undefined ? '-' : /([1-9])/.exec(volumeTag)![1]!);
    const elements = this.changer.elements();
    return {
      drive: number(elements.find(({ address }) => address === DRIVE)!),
      slots: elements
        .filter(({ kind }) => kind === 'slot')
        .map(number)
        .join(''),
    };
  }

  target(mode: 'read' | 'write' = 'write', library = this.loader(), more: Partial<TapeTargetParts> = {}): MtfTapeTarget {
    const address = `image:${this.folder}/drive0`;
    return new MtfTapeTarget(`tape:${address}`, this.drive(mode), {
      clock,
      random: systemRandom,
      change: changeCartridge(driver, address, { library }),
      library,
      ...more,
    });
  }

  /** Takes a cartridge out of the changer altogether. */
  remove(number: number): void {
    this.#edit((state) => state.replace(`"cartridge":"WB000${String(number)}L1.wbtape"`, '"source":1'));
  }

  /** Gives a cartridge another label. */
  rename(number: number, label: string): void {
    renameSync(this.file(number), join(this.folder, `${label}.wbtape`));
    this.#edit((state) => state.replace(`WB000${String(number)}L1`, label));
  }

  /** Has a cartridge say that another program began it. */
  ofAnotherProgram(number: number): void {
    using drive = driver.open(`image:${this.file(number)}`, { mode: 'write' });
    const items: (Buffer | 'filemark')[] = [];
    const into = Buffer.alloc(1 << 20);
    for (;;) {
      const { bytes, status } = drive.read(into);
      if (bytes === 0 && status === TapeStatus.ERROR_NO_DATA_DETECTED) break;
      items.push(bytes === 0 ? 'filemark' : Buffer.from(into.subarray(0, bytes)));
    }
    const tape = items[0] as Buffer;
    const name = Buffer.from('Winback ', 'utf16le');
    for (let at = tape.indexOf(name); at >= 0; at = tape.indexOf(name, at + 1)) tape.write('Otherer ', at, 'utf16le');
    drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    for (const item of items) {
      if (item === 'filemark') drive.writeTapemark(TapemarkType.FILEMARKS, 1);
      else drive.write(item);
    }
  }

  #edit(change: (state: string) => string): void {
    const path = join(this.folder, 'changer.json');
    writeFileSync(path, change(JSON.stringify(JSON.parse(readFileSync(path, 'utf8')))));
  }

  /** Writes something that is no Microsoft Tape Format. */
  spoil(number: number): void {
    using drive = driver.open(`image:${this.file(number)}`, { mode: 'write' });
    drive.write(Buffer.alloc(10_240, 'tar'));
    drive.writeTapemark(1, 1);
  }
}

export function writeSetTo(target: MtfTapeTarget, files: readonly Kept[], started?: string): void {
  const writer = target.createSet(description);
  writer.beginVolume(volume);
  addAll(writer, files);
  now(writer.commit(catalog(started)));
}
