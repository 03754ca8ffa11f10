import { TapePositionMethod as To, TapeStatus, type TapeStatusCode } from '../api/index.js';
import { RecordKind } from './cartridge.layout.js';
import type { TapeMark, Track } from './medium.js';

const { NO_ERROR, ERROR_BEGINNING_OF_MEDIA, ERROR_FILEMARK_DETECTED, ERROR_SETMARK_DETECTED } = TapeStatus;

const isSetmark = (mark: TapeMark): boolean => mark.kind === RecordKind.SETMARK;
const detected = (mark: TapeMark): TapeStatusCode => (isSetmark(mark) ? ERROR_SETMARK_DETECTED : ERROR_FILEMARK_DETECTED);

/** The next mark in a direction, and the places before and behind it in that direction. */
function markAhead(track: Track, forward: boolean): { mark: TapeMark; before: number; behind: number } | undefined {
  const mark = forward ? track.markFrom(track.number) : track.markBefore(track.number);
  if (!mark) return undefined;
  return forward ? { mark, before: mark.number, behind: mark.number + 1 } : { mark, before: mark.number + 1, behind: mark.number };
}

/** Nothing more is there in this direction: goes to the end of data, or to the beginning. */
function toTheEnd(track: Track, forward: boolean): TapeStatusCode {
  track.seek(forward ? track.endNumber : 0);
  return forward ? track.endStatus : ERROR_BEGINNING_OF_MEDIA;
}

/** Moves over blocks. @returns what stopped it */
export function spaceBlocks(track: Track, count: number, reportSetmarks: boolean): TapeStatusCode {
  const forward = count > 0;
  for (let left = Math.abs(count); left > 0;) {
    const ahead = markAhead(track, forward);
    const wall = ahead?.before ?? (forward ? track.endNumber : 0);
    const blocks = Math.abs(wall - track.number);
    if (left <= blocks) {
      track.seek(track.number + (forward ? left : -left));
      return NO_ERROR;
    }
    if (!ahead) return toTheEnd(track, forward);
    left -= blocks;
    track.seek(ahead.behind);
    if (reportSetmarks || !isSetmark(ahead.mark)) return detected(ahead.mark);
  }
  return NO_ERROR;
}

/**
 * Moves over marks, to behind the last one in the direction of the movement.
 * @returns what stopped it: setmarks do, when it is filemarks that are counted and setmarks are reported
 */
export function spaceMarks(track: Track, method: number, count: number, reportSetmarks: boolean): TapeStatusCode {
  const forward = count > 0;
  const wantsSetmarks = method === To.SPACE_SETMARKS || method === To.SPACE_SEQUENTIAL_SMKS;
  const inARow = method === To.SPACE_SEQUENTIAL_FMKS || method === To.SPACE_SEQUENTIAL_SMKS;
  for (let found = 0; found < Math.abs(count);) {
    const ahead = markAhead(track, forward);
    if (!ahead) return toTheEnd(track, forward);
    if (inARow && ahead.before !== track.number) found = 0;
    track.seek(ahead.behind);
    if (isSetmark(ahead.mark) === wantsSetmarks) found++;
    else if (!wantsSetmarks && reportSetmarks) return ERROR_SETMARK_DETECTED;
    else if (inARow) found = 0;
  }
  return NO_ERROR;
}
