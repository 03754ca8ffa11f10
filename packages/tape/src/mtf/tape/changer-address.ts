import { tapeError, TapeStatus } from '../../api/index.js';
import type { FirstNamed } from './first-cartridge.js';

/** A changer as `--changer` names it. */
export interface ChangerAddress {
  readonly address: string;
  /** From 0. */
  readonly driveNumber: number;
  /** What the job begins with. */
  readonly first: FirstNamed;
}

/** What stands behind the last `?`: another one may be a changer's own. */
const OPTIONS = /^(.*?)\?((?:(?:drive|slot)=\d{1,4}|barcode=[^&?]+)(?:&(?:(?:drive|slot)=\d{1,4}|barcode=[^&?]+))*)$/s;

/** `ADDRESS`, or with options behind it: `ADDRESS?drive=1&slot=3`, `ADDRESS?barcode=WB0003L8`. @throws TAPE_INVALID_PARAMETER */
export function parseChangerAddress(text: string): ChangerAddress {
  const [, bare = text, query = ''] = OPTIONS.exec(text) ?? [];
  const options = new Map(query.split('&').map((option) => option.split('=', 2) as [string, string]));
  const slot = options.get('slot');
  const barcode = options.get('barcode');
  if (slot !== undefined && barcode !== undefined)
    throw tapeError(TapeStatus.ERROR_INVALID_PARAMETER, bare, 'naming the first cartridge by its slot and by its barcode: one of them');
  const first = { slot: slot === undefined ? undefined : Number(slot), barcode };
  return { address: bare, driveNumber: Number(options.get('drive') ?? '0'), first };
}
