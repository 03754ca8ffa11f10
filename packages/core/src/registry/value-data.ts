import { RegistryType, type RegistryValue } from './registry-store.js';

const utf16 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf16le'));
const text = (data: Uint8Array): string => Buffer.from(data.buffer, data.byteOffset, data.length - (data.length % 2)).toString('utf16le');

const NAMES = new Map<number, string>(Object.entries(RegistryType).map(([name, type]) => [type, `REG_${name}`]));
const TYPES = new Map([...NAMES].map(([type, name]) => [name, type]));
TYPES.set('REG_DWORD_LITTLE_ENDIAN', RegistryType.DWORD);
TYPES.set('REG_QWORD_LITTLE_ENDIAN', RegistryType.QWORD);

/** `REG_SZ`, or `REG_TYPE_0x1f` for a type that winnt.h has no name for. */
export const registryTypeName = (type: number): string => NAMES.get(type) ?? `REG_TYPE_0x${type.toString(16)}`;

/** The type of a name as {@link registryTypeName} gives it, in any case and with or without `REG_`; undefined for others. */
export function registryTypeOf(name: string): number | undefined {
  const upper = name.toUpperCase();
  const full = upper.startsWith('REG_') ? upper : `REG_${upper}`;
  const number = /^REG_TYPE_0X([0-9A-F]{1,8})$/.exec(full)?.[1];
  return number === undefined ? TYPES.get(full) : Number.parseInt(number, 16);
}

/** REG_SZ, REG_EXPAND_SZ and REG_LINK: the text before the first NUL. */
export function decodeString(data: Uint8Array): string {
  const whole = text(data);
  const end = whole.indexOf('\0');
  return end < 0 ? whole : whole.slice(0, end);
}

/** Ended by one NUL. */
export const encodeString = (value: string): Uint8Array => utf16(`${value}\0`);

/** REG_MULTI_SZ: the strings before the first empty one. The NULs at the end may be missing. */
export function decodeMultiString(data: Uint8Array): string[] {
  const strings = text(data).split('\0');
  const end = strings.indexOf('');
  return end < 0 ? strings : strings.slice(0, end);
}

/** @throws TypeError for an empty string or one with a NUL, which the form has no room for */
export function encodeMultiString(strings: readonly string[]): Uint8Array {
  if (strings.some((s) => s === '' || s.includes('\0'))) throw new TypeError('strings of a REG_MULTI_SZ are not empty and hold no NUL');
  return utf16(`${strings.map((s) => `${s}\0`).join('')}\0`);
}

/** REG_DWORD in either order and REG_QWORD; undefined when the data has another length, or the type is no number. */
export function decodeNumber({ type, data }: Pick<RegistryValue, 'type' | 'data'>): bigint | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  if (type === RegistryType.DWORD && data.length === 4) return BigInt(view.getUint32(0, true));
  if (type === RegistryType.DWORD_BIG_ENDIAN && data.length === 4) return BigInt(view.getUint32(0, false));
  if (type === RegistryType.QWORD && data.length === 8) return view.getBigUint64(0, true);
  return undefined;
}

/** @throws RangeError when the number does not fit */
export function encodeNumber(type: number, value: bigint): Uint8Array {
  const bits = type === RegistryType.QWORD ? 64n : 32n;
  if (value < 0n || value >= 1n << bits) throw new RangeError(`${String(value)} does not fit into ${registryTypeName(type)}`);
  const data = new Uint8Array(Number(bits / 8n));
  const view = new DataView(data.buffer);
  if (type === RegistryType.QWORD) view.setBigUint64(0, value, true);
  else view.setUint32(0, Number(value), type !== RegistryType.DWORD_BIG_ENDIAN);
  return data;
}

export const stringValue = (name: string, value: string, type: number = RegistryType.SZ): RegistryValue => ({
  name,
  type,
  data: encodeString(value),
});
export const multiStringValue = (name: string, strings: readonly string[]): RegistryValue => ({
  name,
  type: RegistryType.MULTI_SZ,
  data: encodeMultiString(strings),
});
/** A REG_DWORD. @throws RangeError */
export const numberValue = (name: string, value: number): RegistryValue => ({
  name,
  type: RegistryType.DWORD,
  data: encodeNumber(RegistryType.DWORD, BigInt(value)),
});
