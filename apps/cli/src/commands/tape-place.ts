import { isWinbackError } from '@winback/core/errors';
import { TapePositionType, type TapeDrive, type TapePosition } from '@winback/tape';
import { formatCount } from '../terminal/format.js';

/** Where a drive stands, as far as it tells. */
export interface Place {
  readonly absolute?: TapePosition | undefined;
  readonly logical?: TapePosition | undefined;
  /** Told by drives that have no logical position of their own. */
  readonly pseudoLogical?: TapePosition | undefined;
}

type Type = (typeof TapePositionType)[keyof typeof TapePositionType];

export function placeOf(drive: TapeDrive): Place {
  const absolute = told(drive, TapePositionType.ABSOLUTE);
  const logical = told(drive, TapePositionType.LOGICAL);
  return { absolute, logical, pseudoLogical: logical ? undefined : told(drive, TapePositionType.PSEUDO_LOGICAL) };
}

function told(drive: TapeDrive, type: Type): TapePosition | undefined {
  try {
    return drive.getTapePosition(type);
  } catch (error) {
    if (isWinbackError(error, 'TAPE_UNSUPPORTED')) return undefined;
    throw error;
  }
}

/** `partition 1, block 12`. */
export const shownPosition = ({ partition, offset }: TapePosition): string =>
  `${partition === 0 ? '' : `partition ${String(partition)}, `}block ${formatCount(offset)}`;

/** The best that a drive tells, in words. */
export function shownPlace(drive: TapeDrive): { readonly place: Place; readonly words: string } {
  const place = placeOf(drive);
  const position = place.logical ?? place.pseudoLogical ?? place.absolute;
  return { place, words: position ? shownPosition(position) : 'a place that the drive does not tell' };
}
