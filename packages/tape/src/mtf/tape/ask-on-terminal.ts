import { nodeErrno, systemPlatform, type Cancellation } from '@winback/core';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { tapeError, TapeStatus, type TapeDrive } from '../../api/index.js';
import { pause } from './await-cartridge.js';
import type { CartridgeRequest } from './tape-medium.js';

const windows = systemPlatform().os === 'win32';
const [INPUT, OUTPUT] = windows ? ['CONIN$', 'CONOUT$'] : ['/dev/tty', '/dev/tty'];
/** How often it is looked whether there is an answer, or the job is to stop. Windows' console is waited at, and Ctrl-C ends that. */
const LOOK_MS = 100;

/**
 * Asks whoever sits at the terminal for a cartridge, and waits for a line; in a thread of its own, nobody else waits.
 * @throws TAPE_END_OF_MEDIA when nobody answers: there is no terminal, or its input ends; INTERRUPTED
 */
export function askOnTerminal(
  drive: TapeDrive,
  { purpose, mediaFamilyId, mediaSequence }: CartridgeRequest,
  cancellation: Cancellation,
): void {
  const which = purpose === 'write' ? `a blank cartridge, to be number ${String(mediaSequence)}` : `cartridge ${String(mediaSequence)}`;
  const family = mediaFamilyId.toString(16).padStart(8, '0');
  const nobody = (cause?: unknown): Error =>
    tapeError(
      TapeStatus.ERROR_END_OF_MEDIA,
      drive.name,
      `${which} of family ${family} is needed, and nobody answers at the terminal`,
      { purpose, mediaFamilyId, mediaSequence },
      { cause },
    );
  let input: number | undefined;
  try {
    input = openSync(INPUT, windows ? 'r' : constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    // What was typed before the question is no answer to it.
    if (!windows) while (readLine(input) === 'line');
    say(`\n${drive.name}: put in ${which} of family ${family}, then press Enter. `);
    for (;;) {
      const answer = readLine(input);
      cancellation.check();
      if (answer === 'end') throw nobody();
      if (answer === 'line') return;
      pause(LOOK_MS);
    }
  } catch (error) {
    if (nodeErrno(error) === undefined) throw error;
    throw nobody(error);
  } finally {
    if (input !== undefined) closeSync(input);
  }
}

function say(text: string): void {
  const output = openSync(OUTPUT, 'w');
  try {
    writeSync(output, text);
  } finally {
    closeSync(output);
  }
}

function readLine(input: number): 'line' | 'nothing yet' | 'end' {
  try {
    return readSync(input, Buffer.alloc(256)) === 0 ? 'end' : 'line';
  } catch (error) {
    if (nodeErrno(error) === 'EAGAIN') return 'nothing yet';
    throw error;
  }
}
