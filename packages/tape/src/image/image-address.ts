import { tapeError, TapeStatus } from '../api/index.js';

/** An address in its parts: `image:PATH?capacity=20MiB&warning-zone=1MiB&format=simh`. */
export interface ImageAddress {
  readonly path: string;
  /** Bytes. Of a cartridge of Winback's own, when it is made; of a SIMH image, while it is in the drive. */
  readonly capacity?: number | undefined;
  /** Bytes. */
  readonly warningZone?: number | undefined;
  readonly format: 'wbtape' | 'simh';
}

const ENDINGS = /\.(wbtape|tap)$/i;
const OPTIONS = /\?((?:capacity|warning-zone|format)=.*)$/;
const UNITS: Readonly<Record<string, number>> = { '': 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

export const isImageAddress = (address: string): boolean => /^image:/i.test(address) || ENDINGS.test(address.replace(OPTIONS, ''));

/** Bytes of `20MiB`, `1TiB`, `1048576`; undefined where it is no such size. */
export function parseCapacity(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d+)([KMGT]?i?B?)$/.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit] ?? NaN);
  return digits === '' || !Number.isSafeInteger(bytes) || bytes > 2 ** 50 ? undefined : bytes;
}

/** @throws TAPE_INVALID_PARAMETER */
export function parseImageAddress(address: string): ImageAddress {
  const bare = address.replace(/^image:/i, '');
  const path = bare.replace(OPTIONS, '');
  const wrong = (text: string): Error => tapeError(TapeStatus.ERROR_INVALID_PARAMETER, path, `opening the cartridge with ${text}`);
  const options = new Map<string, string>();
  for (const text of OPTIONS.exec(bare)?.[1]?.split('&') ?? []) {
    const [name = '', value = ''] = text.split('=');
    if (!['capacity', 'warning-zone', 'format'].includes(name)) throw wrong(text);
    options.set(name, value);
  }
  const size = (name: string): number | undefined => {
    const text = options.get(name);
    if (text === undefined) return undefined;
    const bytes = parseCapacity(text);
    if (bytes === undefined) throw wrong(`${name}=${text}`);
    return bytes;
  };
  const format = options.get('format') ?? (/\.tap$/i.test(path) ? 'simh' : 'wbtape');
  if (format !== 'simh' && format !== 'wbtape') throw wrong(`format=${format}`);
  return { path, capacity: size('capacity'), warningZone: size('warning-zone'), format };
}
