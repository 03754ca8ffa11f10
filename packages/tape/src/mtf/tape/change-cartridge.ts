import { spawnSync } from 'node:child_process';
import { InterruptedError, isWinbackError, neverCancelled, type Cancellation, type NextMedia } from '@winback/core';
import { tapeError, TapeStatus, type TapeDrive, type TapeDriver } from '../../api/index.js';
import { openThreaded } from '../../threaded/open-threaded.js';
import { askOnTerminal } from './ask-on-terminal.js';
import { awaitCartridge } from './await-cartridge.js';
import type { CartridgeLibrary } from './cartridge-library.js';
import type { CartridgeRequest, ChangeCartridge } from './tape-medium.js';

/** A command that changes cartridges, and the changer that does it; see docs/tape.md. */
const COMMAND = 'WINBACK_NEXT_MEDIA_COMMAND';
const CHANGER = 'WINBACK_CHANGER';

/** What the user said, and where that is nothing of a command or a changer, what the environment says. */
export function nextMediaOf(given: NextMedia | undefined): NextMedia {
  if (given?.command !== undefined || given?.changer !== undefined) return given;
  const { [COMMAND]: command, [CHANGER]: changer } = process.env;
  if (command !== undefined && command !== '') return { ...given, command };
  return changer === undefined || changer === '' ? { ...given } : { ...given, changer };
}

export interface ChangeParts {
  readonly command?: string | undefined;
  readonly library?: CartridgeLibrary | undefined;
  readonly ask?: boolean | undefined;
  readonly cancellation?: Cancellation | undefined;
}

/**
 * How a drive gets another cartridge: by a command; from a changer; where cartridges are files, by opening the one of that number:
 * `backup.wbtape`, `backup.2.wbtape`, …; else by asking whoever sits at the terminal.
 */
export function changeCartridge(driver: TapeDriver, address: string, parts: ChangeParts = {}): ChangeCartridge {
  const { command, library, ask, cancellation = neverCancelled } = parts;
  return (drive, request) => {
    if (command !== undefined) {
      runCommand(command, drive, request, cancellation);
      return awaitCartridge(drive, cancellation);
    }
    if (library) {
      library.change(drive, request);
      return awaitCartridge(drive, cancellation);
    }
    if (!drive.localFiles && ask === true) {
      askOnTerminal(drive, request, cancellation);
      return awaitCartridge(drive, cancellation);
    }
    if (!drive.localFiles) {
      const hint = { hint: `name what changes it: --next-media-command or --changer, ${COMMAND} or ${CHANGER}` };
      throw tapeError(
        TapeStatus.ERROR_END_OF_MEDIA,
        drive.name,
        `cartridge ${String(request.mediaSequence)} is needed`,
        { ...request },
        hint,
      );
    }
    const next = numbered(address, request.mediaSequence);
    // Where it is not there, the drive keeps what it has.
    if (request.purpose === 'read') assertThere(driver, next, request);
    drive[Symbol.dispose]();
    return awaitCartridge(openNumbered(driver, next, request), cancellation);
  };
}

/** `x.wbtape` and 3: `x.3.wbtape`; the first has no number. */
function numbered(address: string, sequence: number): string {
  const [, bare = address, ending = ''] = /^(.*?)(?:\.\d+)?(\.[^./\\]+)?$/.exec(address) ?? [];
  return sequence === 1 ? bare + ending : `${bare}.${String(sequence)}${ending}`;
}

/** What shells answer for a command that Ctrl-C ended. */
const INTERRUPTED = 130;

function runCommand(
  command: string,
  drive: TapeDrive,
  { purpose, mediaFamilyId, mediaSequence }: CartridgeRequest,
  cancellation: Cancellation,
): void {
  const env = {
    ...process.env,
    WINBACK_DRIVE: drive.name,
    WINBACK_PURPOSE: purpose,
    WINBACK_MEDIA_FAMILY: mediaFamilyId.toString(16).padStart(8, '0'),
    WINBACK_MEDIA_SEQUENCE: String(mediaSequence),
  };
  const { status, signal, error } = spawnSync(command, { shell: true, env, stdio: ['inherit', 'ignore', 'inherit'] });
  if (status === 0) return;
  // Ctrl-C goes to the command too, which may end before this job hears of it.
  if (signal === 'SIGINT' || status === INTERRUPTED) throw new InterruptedError('stopped by the user');
  cancellation.check();
  const ending = signal === null ? `it ended with ${String(status)}` : `it was ended by ${signal}`;
  const what = error ? error.message : ending;
  throw tapeError(TapeStatus.ERROR_END_OF_MEDIA, drive.name, `the command that changes cartridges changed none: ${what}`, {
    status,
    signal,
  });
}

/** @throws TAPE_NOT_FOUND, with what is missing said in terms of the family */
function openNumbered(driver: TapeDriver, address: string, request: CartridgeRequest): TapeDrive {
  const { purpose } = request;
  return sayingWhich(address, request, () => openThreaded(driver, address, { mode: purpose, create: purpose === 'write' }));
}

/** @throws TAPE_NOT_FOUND */
function assertThere(driver: TapeDriver, address: string, request: CartridgeRequest): void {
  try {
    sayingWhich(address, request, () => driver.open(address, { mode: 'read' }))[Symbol.dispose]();
  } catch (error) {
    // Others are told by whoever opens it to use it: it can be the one that is open.
    if (!isWinbackError(error) || error.code === 'TAPE_NOT_FOUND') throw error;
  }
}

function sayingWhich(address: string, { mediaSequence }: CartridgeRequest, open: () => TapeDrive): TapeDrive {
  try {
    return open();
  } catch (error) {
    if (!isWinbackError(error, 'TAPE_NOT_FOUND')) throw error;
    const what = `cartridge ${String(mediaSequence)} of the backup is needed`;
    throw tapeError(TapeStatus.ERROR_FILE_NOT_FOUND, address, what, error.details, {
      cause: error,
      hint: `put its file there under this name: ${address}`,
    });
  }
}
