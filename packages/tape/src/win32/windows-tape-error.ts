import type { TapeError } from '@winback/core/base';
import { tapeError, TapeStatus, tapeStatusName, type TapeStatusCode } from '../api/index.js';

type Failure = Exclude<TapeStatusCode, 0>;

const HINTS: Readonly<Record<number, string>> = {
  [TapeStatus.ERROR_ACCESS_DENIED]: 'Run it as an administrator or backup operator, from an elevated prompt.',
  [TapeStatus.ERROR_SHARING_VIOLATION]: 'End the program that uses the drive, then try again.',
};
const TRANSIENT: ReadonlySet<number> = new Set([TapeStatus.ERROR_SHARING_VIOLATION, TapeStatus.ERROR_NOT_READY]);

/** A number of Windows as a status; one that tapes have nothing to do with is an error of the device. */
export function statusOf(number: number): TapeStatusCode {
  return tapeStatusName(number) === undefined ? TapeStatus.ERROR_IO_DEVICE : (number as TapeStatusCode);
}

/**
 * What a function of Windows answered, as an error: `details.call` is its name, `details.number` what it answered.
 * @param number 0: of a function that says it succeeded, but did not
 */
export function windowsTapeError(drive: string, call: string, number: number): TapeError {
  const status = statusOf(number);
  const failure: Failure = status === TapeStatus.NO_ERROR ? TapeStatus.ERROR_IO_DEVICE : status;
  const answer = number === 0 ? 'answered with too little, and no error' : `answered with Windows' error ${number}`;
  const what = failure === number ? call : `${call} ${answer}`;
  const hint = HINTS[failure];
  return tapeError(failure, drive, what, { call, number }, { ...(hint === undefined ? {} : { hint }), transient: TRANSIENT.has(failure) });
}
