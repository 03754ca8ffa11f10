import { spawnSync } from 'node:child_process';
import { TapePositionMethod, tapeError, TapeStatus, type TapeDrive, type TapeDriver } from '../../api/index.js';
import type { CartridgeRequest, ChangeCartridge } from './tape-medium.js';

/** A command that changes cartridges; see docs/tape.md. */
const COMMAND = 'WINBACK_NEXT_MEDIA_COMMAND';

/**
 * How a drive gets another cartridge: by the command in WINBACK_NEXT_MEDIA_COMMAND, or, where cartridges are files, by opening the one of that
 * number: `backup.wbtape`, `backup.2.wbtape`, …
 */
export function changeCartridge(driver: TapeDriver, address: string): ChangeCartridge {
  return (drive, request) => {
    const mode = request.purpose;
    const command = process.env[COMMAND];
    if (command !== undefined && command !== '') {
      runCommand(command, drive, request);
      drive.setTapePosition(TapePositionMethod.REWIND, 0, 0);
      return drive;
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
    const next = driver.open(numbered(address, request.mediaSequence), { mode, create: mode === 'write' });
    next.setTapePosition(TapePositionMethod.REWIND, 0, 0);
    return next;
  };
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
