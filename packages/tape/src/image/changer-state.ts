import { isWinbackError, nodeErrno } from '@winback/core/base';
import { fsyncSync, closeSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { tapeError, TapeStatus } from '../api/index.js';
import { imageError } from './image-file.js';
import { syncFolder } from './folder-sync.js';

/** The file that makes a folder a changer. */
const STATE_FILE = 'changer.json';
/** Of each kind; more than any library has. */
export const MOST_ELEMENTS = 10_000;
/** Where drives, slots and the arm are numbered from. */
export const FirstAddress = { transfer: 0, drive: 256, slot: 4096 } as const;

/** A place of a changer, and the cartridge there: the name of a file in the folder. */
export interface ChangerPlace {
  readonly cartridge?: string | undefined;
  /** The slot that it came from. */
  readonly source?: number | undefined;
}

export interface ChangerState {
  readonly drives: readonly ChangerPlace[];
  readonly slots: readonly ChangerPlace[];
}

/** @throws TAPE_NOT_FOUND when the folder is no changer, TAPE_IO when its state is damaged */
export function readChangerState(folder: string): ChangerState {
  const path = join(folder, STATE_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const errno = nodeErrno(error);
    if (errno !== 'ENOENT' && errno !== 'ENOTDIR') throw imageError(folder, 'opening the changer', error);
    const hint = '"winback tape changer changer:FOLDER create SLOTS" makes one';
    throw tapeError(
      TapeStatus.ERROR_FILE_NOT_FOUND,
      folder,
      `opening the changer, which has no ${STATE_FILE},`,
      { errno },
      { cause: error, hint },
    );
  }
  const damaged = (cause?: unknown): Error =>
    tapeError(TapeStatus.ERROR_CRC, folder, `reading ${STATE_FILE}, which is no state of a changer`, {}, { cause });
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch (error) {
    throw damaged(error);
  }
  if (!isState(state)) throw damaged();
  return state;
}

function isState(value: unknown): value is ChangerState {
  const { drives, slots } = (value ?? {}) as Partial<Record<string, unknown>>;
  return [drives, slots].every((places) => Array.isArray(places) && places.length <= MOST_ELEMENTS && places.every(isPlace));
}

function isPlace(value: unknown): value is ChangerPlace {
  if (typeof value !== 'object' || value === null) return false;
  const { cartridge, source } = value as Partial<Record<string, unknown>>;
  // A name, not a path: what the state says must stay in the folder.
  const isName = typeof cartridge === 'string' && /^[^/\\\0]{1,255}$/.test(cartridge) && cartridge !== '.' && cartridge !== '..';
  return (cartridge === undefined || isName) && (source === undefined || Number.isSafeInteger(source));
}

/** Replaces the state as a whole, so that there is always one. */
export function writeChangerState(folder: string, state: ChangerState): void {
  const path = join(folder, STATE_FILE);
  try {
    const fd = openSync(`${path}.new`, 'w', 0o600);
    try {
      writeSync(fd, `${JSON.stringify(state, undefined, 2)}\n`);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(`${path}.new`, path);
    syncFolder(path);
  } catch (error) {
    throw imageError(folder, 'writing the state of the changer', error);
  }
}

/** What is in a drive of a changer: the path of the cartridge, or undefined. Not at all a drive of a changer: false. */
export function cartridgeInDrive(path: string): string | undefined | false {
  const [, folder = '', digits = ''] = /^(.*)[/\\]drive(\d{1,4})$/.exec(path) ?? [];
  if (digits === '') return false;
  try {
    const drive = readChangerState(folder).drives[Number(digits)];
    if (!drive) throw tapeError(TapeStatus.ERROR_FILE_NOT_FOUND, path, 'opening the drive, which the changer has not');
    return drive.cartridge === undefined ? undefined : join(folder, drive.cartridge);
  } catch (error) {
    // A file may well be called drive0.
    if (isWinbackError(error, 'TAPE_NOT_FOUND') && nodeErrno(error.cause) === 'ENOENT') return false;
    throw error;
  }
}
