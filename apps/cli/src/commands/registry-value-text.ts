import { UsageError } from '@winback/core/errors';
import {
  decodeMultiString,
  decodeNumber,
  decodeString,
  encodeMultiString,
  encodeNumber,
  encodeString,
  registryTypeName,
  registryTypeOf,
  RegistryType,
  type RegistryValue,
} from '@winback/core/registry';
import { printable } from '../terminal/printable.js';

const isText = (type: number): boolean => type === RegistryType.SZ || type === RegistryType.EXPAND_SZ || type === RegistryType.LINK;
const isNumber = (type: number): boolean =>
  type === RegistryType.DWORD || type === RegistryType.DWORD_BIG_ENDIAN || type === RegistryType.QWORD;

const hexOf = (data: Uint8Array): string => Buffer.from(data).toString('hex');
/** Bytes of data shown on a line. */
const SHOWN = 32;

/** Data for people, on one line. */
export function shownData(value: RegistryValue): string {
  const { type, data } = value;
  if (isText(type)) return printable(decodeString(data));
  if (type === RegistryType.MULTI_SZ)
    return decodeMultiString(data)
      .map((text) => JSON.stringify(printable(text)))
      .join(' ');
  const number = decodeNumber(value);
  if (number !== undefined) return `${String(number)} (0x${number.toString(16)})`;
  const more = data.length > SHOWN ? `… (${String(data.length)} bytes)` : '';
  return hexOf(data.subarray(0, SHOWN)).replace(/..(?!$)/g, '$& ') + more;
}

/** A value for programs: `data` as text, texts or a number where the type says so, and all bytes. */
export function valueDocument(value: RegistryValue): object {
  const { name, type, data } = value;
  return { name, type: registryTypeName(type), data: plainData(value), hex: hexOf(data) };
}

function plainData(value: RegistryValue): unknown {
  const { type, data } = value;
  if (isText(type)) return decodeString(data);
  if (type === RegistryType.MULTI_SZ) return decodeMultiString(data);
  const number = decodeNumber(value);
  if (number === undefined) return null;
  return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : String(number);
}

/** A value as it is typed. @throws USAGE */
export function typedValue(name: string, typeName: string, words: readonly string[]): RegistryValue {
  const type = registryTypeOf(typeName);
  if (type === undefined) {
    throw new UsageError(
      `${typeName} is no type of registry values`,
      { type: typeName },
      { hint: 'REG_SZ, REG_EXPAND_SZ, REG_MULTI_SZ, REG_DWORD, REG_QWORD, REG_BINARY, REG_NONE or REG_TYPE_0xNUMBER' },
    );
  }
  return { name, type, data: typedData(type, words) };
}

function typedData(type: number, words: readonly string[]): Uint8Array {
  if (type === RegistryType.MULTI_SZ) {
    if (words.includes('')) throw new UsageError('a string of REG_MULTI_SZ is empty', {}, { hint: 'leave it away' });
    return encodeMultiString(words);
  }
  if (isText(type)) return encodeString(single(type, words));
  if (isNumber(type)) return typedNumber(type, single(type, words));
  const hex = words.join('').replace(/[\s,]/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(hex)) {
    throw new UsageError(
      `${words.join(' ')} is not bytes for ${registryTypeName(type)}`,
      {},
      { hint: 'write two hexadecimal digits for each' },
    );
  }
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function single(type: number, words: readonly string[]): string {
  const [word, ...more] = words;
  if (word !== undefined && more.length === 0) return word;
  throw new UsageError(
    `${registryTypeName(type)} takes one piece of data, and ${String(words.length)} were given`,
    {},
    { hint: 'put a text with blanks into quotes' },
  );
}

function typedNumber(type: number, word: string): Uint8Array {
  if (/^(\d+|0x[0-9a-f]+)$/i.test(word)) {
    try {
      return encodeNumber(type, BigInt(word));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  const hint = 'write it in decimal digits, or in hexadecimal ones after 0x';
  throw new UsageError(`${word} is no number for ${registryTypeName(type)}`, { data: word }, { hint });
}
