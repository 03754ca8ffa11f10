import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { isWinbackError, systemPlatform } from '@winback/core';
import { TapePositionMethod, tapeError, TapeStatus, type TapeDrive, type TapeDriver } from '../../api/index.js';
import { openThreaded } from '../../threaded/open-threaded.js';
import type { CartridgeRequest, ChangeCartridge } from './tape-medium.js';

/** A command that changes cartridges; see docs/tape.md. */
const COMMAND = 'WINBACK_NEXT_MEDIA_COMMAND';
/** Set: somebody sits at the terminal. */
const ASK = 'WINBACK_ASK_FOR_MEDIA';

/**
 * How a drive gets another cartridge: by the command in WINBACK_NEXT_MEDIA_COMMAND; where cartridges are files, by opening the one of that
 * number: `backup.wbtape`, `backup.2.wbtape`, …; else by asking whoever sits at the terminal.
 */
export function changeCartridge(driver: TapeDriver, address: string): ChangeCartridge {
  return (drive, request) => {
    const command = process.env[COMMAND];
    if (command !== undefined && command !== '') {
      runCommand(command, drive, request);
      return rewound(drive);
    }
    if (!drive.localFiles && process.env[ASK] === '1') {
      askOnTerminal(drive, request);
      return rewound(drive);
    }
    if (!drive.localFiles) {
      const hint = { hint: `set ${COMMAND} to a command that changes it` };
      throw tapeError(
        TapeStatus.ERROR_END_OF_MEDIA,
        drive.name,
        `cartridge ${String(request.mediaSequence)} is needed`,
        { ...request },
        hint,
      );
    }
    drive[Symbol.dispose]();
    return rewound(openNumbered(driver, numbered(address, request.mediaSequence), request));
  };
}

/** Tells of a change, which is no news here, and the time that a drive takes to load. */
const EXPECTED: ReadonlySet<number> = new Set([TapeStatus.ERROR_MEDIA_CHANGED, TapeStatus.ERROR_BUS_RESET]);
const LOADING: ReadonlySet<number> = new Set([TapeStatus.ERROR_NOT_READY, TapeStatus.ERROR_NO_MEDIA_IN_DRIVE]);
const LOAD_SECONDS = 120;

/** The drive, once the cartridge in it can be used. @throws TAPE_NO_MEDIA_IN_DRIVE and whatever else it still says then */
function rewound(drive: TapeDrive): TapeDrive {
  let status = drive.getTapeStatus();
  for (let tries = 0; tries < LOAD_SECONDS && (EXPECTED.has(status) || LOADING.has(status)); tries++) {
    if (LOADING.has(status)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    status = drive.getTapeStatus();
  }
  if (status !== TapeStatus.NO_ERROR) throw tapeError(status, drive.name, 'loading the cartridge');
  drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
  return drive;
}

/** `x.wbtape` and 3: `x.3.wbtape`; the first has no number. */
function numbered(address: string, sequence: number): string {
  const [, bare = address, ending = ''] = /^(.*?)(?:\.\d+)?(\.[^./\\]+)?$/.exec(address) ?? [];
  return sequence === 1 ? bare + ending : `${bare}.${String(sequence)}${ending}`;
}

function runCommand(command: string, drive: TapeDrive, { purpose, mediaFamilyId, mediaSequence }: CartridgeRequest): void {
  const env = {
    ...process.env,
    WINBACK_DRIVE: drive.name,
    WINBACK_PURPOSE: purpose,
    WINBACK_MEDIA_FAMILY: mediaFamilyId.toString(16).padStart(8, '0'),
    WINBACK_MEDIA_SEQUENCE: String(mediaSequence),
  };
  const { status, error } = spawnSync(command, { shell: true, env, stdio: ['inherit', 'ignore', 'inherit'] });
  if (status === 0) return;
  const what = error ? error.message : `it ended with ${String(status)}`;
  throw tapeError(TapeStatus.ERROR_END_OF_MEDIA, drive.name, `the command of ${COMMAND} changed no cartridge: ${what}`, {
    command: COMMAND,
    status,
  });
}

/** @throws TAPE_NOT_FOUND, with what is missing said in terms of the family */
function openNumbered(driver: TapeDriver, address: string, { purpose, mediaSequence }: CartridgeRequest): TapeDrive {
  try {
    return openThreaded(driver, address, { mode: purpose, create: purpose === 'write' });
  } catch (error) {
    if (!isWinbackError(error, 'TAPE_NOT_FOUND')) throw error;
    const what = `cartridge ${String(mediaSequence)} of the backup is needed`;
    throw tapeError(TapeStatus.ERROR_FILE_NOT_FOUND, address, what, error.details, {
      cause: error,
      hint: `put its file there under this name: ${address}`,
    });
  }
}

/** Waits for a line: in a thread of its own, nobody else waits. */
function askOnTerminal(drive: TapeDrive, { purpose, mediaFamilyId, mediaSequence }: CartridgeRequest): void {
  const terminal = systemPlatform().os === 'win32' ? ['CONIN$', 'CONOUT$'] : ['/dev/tty', '/dev/tty'];
  const which = purpose === 'write' ? `a blank cartridge, to be number ${String(mediaSequence)}` : `cartridge ${String(mediaSequence)}`;
  const [input = '', output = ''] = terminal;
  const fd = openSync(input, 'r');
  try {
    writeFileSync(output, `\n${drive.name}: put in ${which} of family ${mediaFamilyId.toString(16).padStart(8, '0')}, then press Enter. `);
    const line = Buffer.alloc(256);
    if (readSync(fd, line) === 0)
      throw tapeError(TapeStatus.ERROR_END_OF_MEDIA, drive.name, `cartridge ${String(mediaSequence)} is needed, and nobody answers`);
  } finally {
    closeSync(fd);
  }
}
