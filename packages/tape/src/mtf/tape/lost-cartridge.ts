import { isWinbackError, TargetError, type BackupVersion, type WinbackError } from '@winback/core';

/** Whether a cartridge that was asked for cannot be had: nobody changes it, or there is none. What a drive or a wrong cartridge meets is another matter. */
export const isLost = (error: unknown): error is WinbackError =>
  isWinbackError(error, 'TAPE_END_OF_MEDIA') || isWinbackError(error, 'TAPE_NOT_FOUND');

/** A set ends early: what the next cartridge has of it is missing, whether there is such a cartridge or not. */
export function lostRest(drive: string, mediaFamilyId: number, mediaSequence: number, why: WinbackError | string): TargetError {
  const text = typeof why === 'string' ? why : why.message;
  return new TargetError(
    'TARGET_DAMAGED',
    `${drive}: the set goes on on cartridge ${String(mediaSequence)} of family ${mediaFamilyId.toString(16).padStart(8, '0')}, which is missing: ${text}`,
    { path: drive, mediaFamilyId, mediaSequence },
    {
      ...(typeof why === 'string' ? {} : { cause: why }),
      hint: 'without it the backup is not whole; where it never was, the backup was never finished',
    },
  );
}

/** An older version was taken for the newest, because the end of a newer one is missing. */
export function notTheLatest(uri: string, taken: BackupVersion, newer: BackupVersion, why: WinbackError | undefined): TargetError {
  const { id, continuesOn } = newer;
  const cut = continuesOn === undefined ? 'was never finished' : `goes on on cartridge ${String(continuesOn)}, and its end is missing`;
  return new TargetError(
    'TARGET_DAMAGED',
    `${uri}: version ${taken.id} is the newest that is whole: ${id} ${cut}${why ? `: ${why.message}` : ''}`,
    { path: uri, version: id, taken: taken.id, mediaSequence: continuesOn },
    { cause: why, hint: continuesOn === undefined ? undefined : `--version ${id} takes what there is of it` },
  );
}
