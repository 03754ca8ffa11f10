import { utf16le } from '../binary/index.js';
import { FormatError } from '../errors/index.js';
import { ClaimOctetString, ClaimSecurityAttribute, ClaimValueType } from './resource-attribute.layout.js';

/** Integers and Booleans (0, 1) as bigint, octet strings and SIDs (in their binary form) as bytes. */
export type ClaimValue = bigint | string | Uint8Array;

/** The application data of a SYSTEM_RESOURCE_ATTRIBUTE ACE: a named property of the object, for conditions to refer to. */
export interface ResourceAttribute {
  readonly name: string;
  /** ClaimValueType. */
  readonly valueType: number;
  /** CLAIM_SECURITY_ATTRIBUTE_* flags, 32 bits. */
  readonly flags: number;
  readonly values: readonly ClaimValue[];
}

const STRUCT = ClaimSecurityAttribute.name;
const short = (field: string, offset: number, expected: number, actual: number): FormatError =>
  new FormatError('FORMAT_SHORT', `needs ${String(expected)} bytes, ${String(Math.max(0, actual))} left`, {
    struct: STRUCT,
    field,
    offset,
    expected,
    actual,
  });

/**
 * Reads a resource attribute. `origin` is added to offsets in errors.
 * @throws FORMAT_SHORT, FORMAT_STRUCTURE, FORMAT_UNSUPPORTED
 */
export function parseResourceAttribute(data: Uint8Array, origin = 0): ResourceAttribute {
  const head = ClaimSecurityAttribute.decode(data, 0, origin);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const end = ClaimSecurityAttribute.size + 4 * head.valueCount;
  if (end > data.length) throw short('valueCount', origin + ClaimSecurityAttribute.offsetOf('valueCount'), end, data.length);
  const name = readText(data, view, head.name, origin);
  // Values that share bytes could claim far more memory than the data has.
  let room = data.length;
  const values = Array.from({ length: head.valueCount }, (_, i) => {
    const at = view.getUint32(ClaimSecurityAttribute.size + 4 * i, true);
    const { value, size } = readValue(data, view, at, head.valueType, origin);
    room -= size;
    if (room < 0) throw new FormatError('FORMAT_STRUCTURE', 'values overlap', { struct: STRUCT, field: 'values', offset: origin + at });
    return value;
  });
  return { name, valueType: head.valueType, flags: head.flags, values };
}

function readValue(data: Uint8Array, view: DataView, at: number, type: number, origin: number): { value: ClaimValue; size: number } {
  switch (type) {
    case ClaimValueType.INT64:
    case ClaimValueType.UINT64:
    case ClaimValueType.BOOLEAN:
      if (at + 8 > data.length) throw short('values', origin + at, 8, data.length - at);
      return { value: type === ClaimValueType.INT64 ? view.getBigInt64(at, true) : view.getBigUint64(at, true), size: 8 };
    case ClaimValueType.STRING: {
      const value = readText(data, view, at, origin);
      return { value, size: 2 * value.length + 2 };
    }
    case ClaimValueType.SID:
    case ClaimValueType.OCTET_STRING: {
      const { length } = ClaimOctetString.decode(data, at, origin);
      const start = at + ClaimOctetString.size;
      if (start + length > data.length) throw short('values', origin + start, length, data.length - start);
      return { value: data.slice(start, start + length), size: ClaimOctetString.size + length };
    }
    default:
      throw new FormatError('FORMAT_UNSUPPORTED', `values of type ${String(type)} are not documented`, {
        struct: STRUCT,
        field: 'valueType',
        offset: origin + ClaimSecurityAttribute.offsetOf('valueType'),
        actual: type,
      });
  }
}

/** UTF-16 up to a NUL. */
function readText(data: Uint8Array, view: DataView, at: number, origin: number): string {
  for (let end = at; end + 2 <= data.length; end += 2) if (view.getUint16(end, true) === 0) return utf16le.decode(data.subarray(at, end));
  throw new FormatError('FORMAT_SHORT', 'a text has no NUL at its end', { struct: STRUCT, offset: origin + at });
}

/**
 * Writes a resource attribute: header, offsets, name, values, each padded with zeros to a multiple of 4.
 * @throws FORMAT_RANGE when a value does not fit its type
 */
export function buildResourceAttribute(attribute: ResourceAttribute): Uint8Array {
  const { name, valueType, flags, values } = attribute;
  const offsets = new Uint8Array(4 * values.length);
  const view = new DataView(offsets.buffer);
  const tail = [withNul(name), ...values.map((value) => writeValue(value, valueType))].map(padded);
  const first = ClaimSecurityAttribute.size + offsets.length;
  let next = first;
  tail.forEach((part, i) => {
    if (i > 0) view.setUint32(4 * (i - 1), next, true);
    next += part.length;
  });
  const head = ClaimSecurityAttribute.encode({ name: first, valueType, reserved06: 0, flags, valueCount: values.length });
  return new Uint8Array(Buffer.concat([head, offsets, ...tail]));
}

const withNul = (text: string): Uint8Array => utf16le.encode(`${text}\0`);

/** Zeros behind it up to a multiple of 4. */
export function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 === 0) return bytes;
  const out = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  out.set(bytes);
  return out;
}

const INTEGER_RANGES = new Map<number, readonly [low: bigint, high: bigint]>([
  [ClaimValueType.INT64, [-(1n << 63n), (1n << 63n) - 1n]],
  [ClaimValueType.UINT64, [0n, (1n << 64n) - 1n]],
  [ClaimValueType.BOOLEAN, [0n, (1n << 64n) - 1n]],
]);

function writeValue(value: ClaimValue, type: number): Uint8Array {
  const [low, high] = INTEGER_RANGES.get(type) ?? [];
  if (typeof value === 'bigint' && low !== undefined && high !== undefined && value >= low && value <= high) {
    const out = new Uint8Array(8);
    new DataView(out.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
    return out;
  }
  if (typeof value === 'string' && type === ClaimValueType.STRING && !value.includes('\0')) return withNul(value);
  if (value instanceof Uint8Array && (type === ClaimValueType.SID || type === ClaimValueType.OCTET_STRING))
    return new Uint8Array(Buffer.concat([ClaimOctetString.encode({ length: value.length }), value]));
  throw new FormatError('FORMAT_RANGE', `a value does not fit the type ${String(type)}`, { struct: STRUCT, field: 'values', offset: 0 });
}
