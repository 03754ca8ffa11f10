import { createContainer, isWinbackError, loadPlugins, type DependencyContainer } from '@winback/core';
import {
  tapeChangerDriverFor,
  tapeDriverFor,
  tapeError,
  TapeStatus,
  type NewChanger,
  type OpenTapeOptions,
  type TapeChanger,
  type TapeDrive,
} from '@winback/tape';
import { pluginsFor } from '../builtin-plugins.js';
import type { Io } from '../io.js';
import { tapeAddress } from '../paths.js';
import { withoutSecrets } from '../secrets.js';
import type { CommonOptions } from '../session.js';
import { printable } from '../terminal/printable.js';

const containerFor = async (io: Io, options: CommonOptions): Promise<DependencyContainer> =>
  createContainer(await loadPlugins(pluginsFor(io, options)));

/**
 * The drive at an address as the user wrote it.
 * @throws USAGE, TARGET_SCHEME, TARGET_UNSUPPORTED, TAPE_NOT_FOUND, TAPE_LOCKED, TAPE_ACCESS_DENIED, TAPE_NOT_READY
 */
export async function openDrive(io: Io, options: CommonOptions, text: string, how: OpenTapeOptions): Promise<TapeDrive> {
  const address = tapeAddress(text, io.cwd);
  const driver = tapeDriverFor(await containerFor(io, options), address);
  return driver.open(address, how);
}

/**
 * The same for whoever asks whether the cartridge may be written to, and writes nothing: a drive that is open for reading calls each one
 * write-protected.
 */
export async function openDriveToAsk(io: Io, options: CommonOptions, text: string): Promise<TapeDrive> {
  try {
    return await openDrive(io, options, text, { mode: 'write' });
  } catch (error) {
    if (!isWinbackError(error, 'TAPE_ACCESS_DENIED') && !isWinbackError(error, 'TAPE_WRITE_PROTECT')) throw error;
    return await openDrive(io, options, text, { mode: 'read' });
  }
}

/** The changer at an address as the user wrote it. @throws USAGE, TARGET_SCHEME, TAPE_* */
export async function openChanger(io: Io, options: CommonOptions, text: string): Promise<TapeChanger> {
  const address = tapeAddress(text, io.cwd, 'ADDRESS');
  return tapeChangerDriverFor(await containerFor(io, options), address).open(address);
}

/** A new changer at an address as the user wrote it. @throws USAGE, TARGET_SCHEME, TAPE_* */
export async function createChanger(io: Io, options: CommonOptions, text: string, changer: NewChanger): Promise<TapeChanger> {
  const address = tapeAddress(text, io.cwd, 'ADDRESS');
  const driver = tapeChangerDriverFor(await containerFor(io, options), address);
  if (driver.create) return driver.create(address, changer);
  const hint = 'make one of files: winback tape changer changer:FOLDER create SLOTS';
  throw tapeError(TapeStatus.ERROR_NOT_SUPPORTED, withoutSecrets(address), 'making a changer', {}, { hint });
}

/** For documents. */
export const driveName = ({ name }: { readonly name: string }): string => withoutSecrets(name);
/** For people. */
export const shownDrive = (drive: { readonly name: string }): string => printable(driveName(drive));
