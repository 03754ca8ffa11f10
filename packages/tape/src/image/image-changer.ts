import { lockFile, isWinbackError, nodeErrno, type FileLock, type Random } from '@winback/core/base';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { tapeError, TapeStatus, type ChangerElement, type NewChanger, type TapeChanger, type TapeChangerDriver } from '../api/index.js';
import { ImageCartridge } from './cartridge.js';
import { FirstAddress, MOST_ELEMENTS, readChangerState, writeChangerState, type ChangerPlace, type ChangerState } from './changer-state.js';
import { imageError } from './image-file.js';

/**
 * A media changer that is a folder: cartridges are files in it, and `changer.json` tells which is where. Its drives are
 * `image:FOLDER/drive0` and so on. A cartridge can be taken out of a drive once it is unloaded there, or nobody has the drive open.
 */
export class ImageChanger implements TapeChanger {
  constructor(
    readonly name: string,
    private readonly folder: string,
  ) {
    readChangerState(folder);
  }

  elements(): readonly ChangerElement[] {
    const { drives, slots } = readChangerState(this.folder);
    const of = (kind: 'drive' | 'slot', places: readonly ChangerPlace[]): ChangerElement[] =>
      places.map(({ cartridge, source }, i) => ({
        kind,
        address: FirstAddress[kind] + i,
        full: cartridge !== undefined,
        ...(cartridge !== undefined && { volumeTag: basename(cartridge).replace(/\.[^.]*$/, '') }),
        ...(source !== undefined && { source }),
      }));
    return [{ kind: 'transfer', address: FirstAddress.transfer, full: false }, ...of('drive', drives), ...of('slot', slots)];
  }

  /** @throws TAPE_UNABLE_TO_UNLOAD_MEDIA when a drive still uses the cartridge, TAPE_LOCKED when another process moves one */
  move(from: number, to: number): void {
    const what = `moving a cartridge from ${from} to ${to}`;
    using _lock = this.#lock(what);
    const state = readChangerState(this.folder);
    const place = placeOf(state, from);
    const target = placeOf(state, to);
    if (!place || !target) throw tapeError(TapeStatus.ERROR_INVALID_PARAMETER, this.name, what, { from, to });
    if (place.cartridge === undefined) throw tapeError(TapeStatus.ERROR_NO_MEDIA_IN_DRIVE, this.name, what, { from });
    if (from === to) return;
    if (target.cartridge !== undefined) throw tapeError(TapeStatus.ERROR_INVALID_PARAMETER, this.name, `${what}, which is full`, { to });
    if (from < FirstAddress.slot) this.#mustBeUnloaded(place.cartridge, what);
    const source = from >= FirstAddress.slot ? from : place.source;
    const cartridge = place.cartridge;
    const isDrive = to < FirstAddress.slot;
    const changed = (places: readonly ChangerPlace[], first: number): ChangerPlace[] =>
      places.map((old, i) => {
        if (first + i === from) return {};
        return first + i === to ? { cartridge, ...(isDrive && source !== undefined && { source }) } : old;
      });
    writeChangerState(this.folder, {
      drives: changed(state.drives, FirstAddress.drive),
      slots: changed(state.slots, FirstAddress.slot),
    });
  }

  [Symbol.dispose](): void {
    return;
  }

  #mustBeUnloaded(cartridge: string, what: string): void {
    using held = holdFile(join(this.folder, cartridge), this.name, what);
    if (held === undefined) throw tapeError(TapeStatus.ERROR_UNABLE_TO_UNLOAD_MEDIA, this.name, what, { cartridge });
  }

  #lock(what: string): Disposable {
    const held = holdFile(join(this.folder, 'changer.lock'), this.name, what, true);
    if (held) return held;
    throw tapeError(TapeStatus.ERROR_SHARING_VIOLATION, this.name, what, {}, { transient: true });
  }
}

function placeOf(state: ChangerState, address: number): ChangerPlace | undefined {
  return address >= FirstAddress.slot ? state.slots[address - FirstAddress.slot] : state.drives[address - FirstAddress.drive];
}

/** Keeps others from a file; undefined when they keep us from it. A file that is not there nobody uses. */
function holdFile(path: string, name: string, what: string, create = false): Disposable | undefined {
  let fd: number;
  try {
    fd = openSync(path, create ? 'a+' : 'r', 0o600);
  } catch (error) {
    if (!create && nodeErrno(error) === 'ENOENT') return { [Symbol.dispose]: () => undefined };
    throw imageError(name, what, error);
  }
  let lock: FileLock | undefined;
  try {
    lock = lockFile(fd, path);
  } catch (error) {
    closeSync(fd);
    throw imageError(name, what, error);
  }
  if (!lock) {
    closeSync(fd);
    return undefined;
  }
  return {
    [Symbol.dispose]: () => {
      lock[Symbol.dispose]();
      closeSync(fd);
    },
  };
}

/** Opens simulated changers: `changer:FOLDER`. */
export class ImageChangerDriver implements TapeChangerDriver {
  readonly name = 'image';

  constructor(private readonly random: Random) {}

  claims(address: string): boolean {
    return /^changer:/i.test(address);
  }

  /** @throws TAPE_NOT_FOUND when the folder is no changer */
  open(address: string): ImageChanger {
    const folder = address.replace(/^changer:/i, '');
    return new ImageChanger(folder, resolve(folder));
  }

  /** Makes a changer of a folder, which need not exist yet. @throws TAPE_INVALID_PARAMETER when it is one already */
  create(address: string, { drives, slots, cartridges = slots, capacity }: NewChanger): ImageChanger {
    const name = address.replace(/^changer:/i, '');
    const folder = resolve(name);
    const places = { drives, slots, cartridges };
    if (isChanger(folder))
      throw tapeError(TapeStatus.ERROR_INVALID_PARAMETER, name, 'making a changer, which it is already,', places, {
        hint: 'name another folder',
      });
    if (cartridges > slots || drives < 1 || slots < 1 || Math.max(drives, slots) > MOST_ELEMENTS)
      throw tapeError(
        TapeStatus.ERROR_INVALID_PARAMETER,
        name,
        `making a changer of ${String(slots)} slots and ${String(drives)} drives`,
        places,
        { hint: `each kind may have from 1 to ${String(MOST_ELEMENTS)}` },
      );
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw imageError(name, 'making a changer', error);
    }
    const names = Array.from({ length: cartridges }, (_, i) => `WB${String(i + 1).padStart(4, '0')}L1.wbtape`);
    for (const file of names) ImageCartridge.open(join(folder, file), { mode: 'write', create: true }, this.random, { capacity }).close();
    writeChangerState(folder, {
      drives: Array.from({ length: drives }, () => ({})),
      slots: Array.from({ length: slots }, (_, i) => (names[i] === undefined ? {} : { cartridge: names[i] })),
    });
    return new ImageChanger(name, folder);
  }
}

function isChanger(folder: string): boolean {
  try {
    readChangerState(folder);
    return true;
  } catch (error) {
    if (isWinbackError(error, 'TAPE_NOT_FOUND')) return false;
    throw error;
  }
}
