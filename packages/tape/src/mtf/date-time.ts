import type { MtfDateTime } from './layout/index.js';

/** SSET +95 when the zone is not known. */
export const ZONE_UNKNOWN = 127;

const DAY = 86_400;

/** Days since 1970-01-01 of a date of the proleptic Gregorian calendar. */
function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

/** Writes seconds since 1970 (UTC) as the five bytes of an MTF_DATE_TIME; what they cannot say becomes unknown. */
export function writeDateTime(view: DataView, at: number, seconds: number): void {
  const z = Math.floor(seconds / DAY) + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  if (year < 1 || year > 0x3fff) {
    view.setUint8(at, 0);
    view.setUint32(at + 1, 0, false);
    return;
  }
  const left = seconds - Math.floor(seconds / DAY) * DAY;
  const hour = Math.floor(left / 3600);
  const minute = Math.floor(left / 60) % 60;
  view.setUint8(at, year >>> 6);
  view.setUint32(at + 1, ((((year & 63) << 26) | (month << 22) | (day << 17) | (hour << 12)) >>> 0) + ((minute << 6) | (left % 60)), false);
}

/**
 * A date as nanoseconds since 1970 UTC; undefined when it is unknown or none that the calendar has. `zone` is the SSET's: quarter
 * hours east of UTC. Local time of an unknown zone is taken as UTC.
 */
export function toNanoseconds(date: MtfDateTime, zone: number): bigint | undefined {
  const { year, month, day, hour, minute, second } = date;
  if (year === 0 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  const east = zone >= -48 && zone <= 56 ? zone * 900 : 0;
  return BigInt(daysOf(year, month, day) * DAY + hour * 3600 + minute * 60 + second - east) * 1_000_000_000n;
}

/** Whole seconds since 1970, rounded down. */
export function toSeconds(nanoseconds: bigint): number {
  const seconds = nanoseconds / 1_000_000_000n;
  return Number(nanoseconds < seconds * 1_000_000_000n ? seconds - 1n : seconds);
}

const two = (n: number): string => String(n).padStart(2, '0');

/** For people; '' when unknown. */
export function dateText(date: MtfDateTime): string {
  if (date.year === 0 && date.month === 0 && date.day === 0) return '';
  return `${String(date.year).padStart(4, '0')}-${two(date.month)}-${two(date.day)} ${two(date.hour)}:${two(date.minute)}:${two(date.second)}`;
}
