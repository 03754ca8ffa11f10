import { FormatError } from '../errors/index.js';
import { buildResourceAttribute, parseResourceAttribute, type ClaimValue, type ResourceAttribute } from './resource-attribute.js';
import { ClaimValueType } from './resource-attribute.layout.js';
import { cannotSay, octetsText, prefixedName, quotedText, sidText, type SddlWriting } from './sddl-literals.js';
import type { SddlReader } from './sddl-reader.js';
import { buildSid, parseSid, sidSize } from './sid.js';

const TYPE_WORDS = new Map<string, number>([
  ['TI', ClaimValueType.INT64],
  ['TU', ClaimValueType.UINT64],
  ['TS', ClaimValueType.STRING],
  ['TD', ClaimValueType.SID],
  ['TX', ClaimValueType.OCTET_STRING],
  ['TB', ClaimValueType.BOOLEAN],
]);

/**
 * The application data of a resource attribute ACE as SDDL, without the parentheses: `"Project",TS,0x0,"Windows","SQL"`.
 * @throws FORMAT_SHORT, FORMAT_STRUCTURE with the place in `data`; FORMAT_UNSUPPORTED when SDDL cannot say it
 */
export function resourceAttributeText(data: Uint8Array, writing: SddlWriting): string {
  const { name, valueType, flags, values } = parseResourceAttribute(data);
  const [word] = [...TYPE_WORDS].find(([, type]) => type === valueType) ?? [];
  if (word === undefined) throw cannotSay(writing, `no word for values of type ${String(valueType)}`);
  const parts = values.map((value) => valueText(value, valueType, writing));
  return [`"${prefixedName(name, writing)}"`, word, `0x${flags.toString(16)}`, ...parts].join(',');
}

function valueText(value: ClaimValue, type: number, writing: SddlWriting): string {
  if (typeof value === 'string') return quotedText(value, writing);
  if (typeof value === 'bigint') {
    if (type === ClaimValueType.BOOLEAN && value > 1n) throw cannotSay(writing, `${String(value)} is no Boolean`);
    return String(value);
  }
  if (type === ClaimValueType.OCTET_STRING) return octetsText(value);
  const sid = parseSid(value);
  if (sidSize(sid) !== value.length)
    throw new FormatError('FORMAT_STRUCTURE', 'bytes follow the SID', { struct: 'SID', offset: sidSize(sid), actual: value.length });
  return sidText(sid, writing);
}

/**
 * Reads a resource attribute in SDDL and writes it as the application data of its ACE.
 * @throws FORMAT_STRUCTURE, FORMAT_RANGE, FORMAT_UNSUPPORTED with the place in the text
 */
export function readResourceAttribute(reader: SddlReader): Uint8Array {
  reader.skipSpace();
  const nameAt = reader.at + 1;
  const name = reader.decodeName(reader.takeQuoted(), nameAt);
  if (name === '') throw reader.error('FORMAT_STRUCTURE', 'the name of an attribute is empty', nameAt);
  reader.expectWord(',');
  reader.skipSpace();
  const typeAt = reader.at;
  const valueType = TYPE_WORDS.get(reader.take(/[a-z]{2}/iy)?.toUpperCase() ?? '');
  if (valueType === undefined) throw reader.error('FORMAT_STRUCTURE', 'expected TI, TU, TS, TD, TX or TB', typeAt);
  reader.expectWord(',');
  const flags = readFlags(reader);
  const values: ClaimValue[] = [];
  while (reader.takeWord(',')) values.push(readValue(reader, valueType));
  const attribute: ResourceAttribute = { name, valueType, flags, values };
  return buildResourceAttribute(attribute);
}

function readFlags(reader: SddlReader): number {
  reader.skipSpace();
  const start = reader.at;
  const { magnitude, sign } = reader.takeInteger();
  if (sign === '-' || magnitude > 0xffff_ffffn) throw reader.error('FORMAT_RANGE', 'flags take 32 bits', start);
  return Number(magnitude);
}

function readValue(reader: SddlReader, type: number): ClaimValue {
  reader.skipSpace();
  const start = reader.at;
  switch (type) {
    case ClaimValueType.STRING:
      return readString(reader);
    case ClaimValueType.SID:
      return buildSid(reader.takeSid());
    case ClaimValueType.OCTET_STRING:
      return reader.takeOctets();
    default: {
      const { magnitude, sign } = reader.takeInteger();
      const value = sign === '-' ? -magnitude : magnitude;
      const [low, high] =
        type === ClaimValueType.INT64 ? [-(1n << 63n), (1n << 63n) - 1n] : [0n, type === ClaimValueType.BOOLEAN ? 1n : (1n << 64n) - 1n];
      if (value < low || value > high) throw reader.error('FORMAT_RANGE', `expected ${String(low)} to ${String(high)}`, start);
      return value;
    }
  }
}

function readString(reader: SddlReader): string {
  const start = reader.at;
  const text = reader.takeQuoted();
  if (text.includes('\0')) throw reader.error('FORMAT_RANGE', 'a text has a NUL in it', start);
  return text;
}
