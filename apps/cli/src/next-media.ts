import type { NextMedia } from '@winback/core';
import type { Io } from './io.js';
import { tapeAddress } from './paths.js';
import type { NextMediaOptions } from './session.js';

/** Where a job gets the next cartridge, as the user said it; a person is asked where one sits at the terminal. @throws USAGE */
export const nextMediaOf = (io: Io, { nextMediaCommand, changer, quiet }: NextMediaOptions): NextMedia => ({
  command: nextMediaCommand,
  changer: changer === undefined ? undefined : tapeAddress(changer, io.cwd, '--changer'),
  ask: io.stdin.isTTY && io.stderr.isTTY && quiet !== true,
});
