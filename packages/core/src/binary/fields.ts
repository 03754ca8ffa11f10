import { FieldProblem, type Codec } from './codec.js';

/** Opaque bytes, kept exactly, so that an unknown or reserved field survives a read and a write. */
export const bytes = (size: number): Codec<Uint8Array> => ({
  type: `u8[${String(size)}]`,
  size,
  zero: new Uint8Array(size),
  read: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, size).slice(),
  write(view, at, value) {
    if (value.length !== size) throw new FieldProblem('FORMAT_RANGE', `needs exactly ${String(size)} bytes`, at, size, value.length);
    new Uint8Array(view.buffer, view.byteOffset + at, size).set(value);
  },
});

/** Bytes that the specification reserves. Preserved like any others. */
export const reserved = bytes;

const text = (view: DataView, at: number, size: number): string =>
  String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, size));

/** A fixed signature. Its value is a literal type, so `create()` fills it in and `read()` checks it. */
export const magic = <const S extends string>(signature: S): Codec<S> => ({
  type: JSON.stringify(signature),
  size: signature.length,
  zero: signature,
  read(view, at) {
    const found = text(view, at, signature.length);
    if (found !== signature) {
      throw new FieldProblem('FORMAT_MAGIC', `expected ${JSON.stringify(signature)}, found ${JSON.stringify(found)}`, at, signature, found);
    }
    return signature;
  },
  write(view, at) {
    for (let i = 0; i < signature.length; i++) view.setUint8(at + i, signature.charCodeAt(i));
  },
});

/** A fixed number of single-byte characters, for example a block type that is one of several. */
export const ascii = (size: number): Codec<string> => ({
  type: `char[${String(size)}]`,
  size,
  zero: '\0'.repeat(size),
  read: (view, at) => text(view, at, size),
  write(view, at, value) {
    // eslint-disable-next-line no-control-regex -- the range of a single byte
    if (value.length !== size || !/^[\x00-\xff]*$/.test(value)) {
      throw new FieldProblem('FORMAT_RANGE', `needs exactly ${String(size)} single-byte characters`, at, size, value);
    }
    for (let i = 0; i < size; i++) view.setUint8(at + i, value.charCodeAt(i));
  },
});

/** Names the values of an integer without losing those that nobody knows. */
export const enumOf = <const V extends Readonly<Record<string, number>>>(
  base: Codec<number>,
  name: string,
  values: V,
): Codec<number> & { values: V } => ({
  ...base,
  type: `${base.type} ${name}`,
  values,
});

const GUID = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i;
const digits = (value: number | bigint, width: number): string => value.toString(16).padStart(width, '0');

/** A GUID in Windows' binary order, shown in lower case. */
export const guid: Codec<string> = {
  type: 'GUID',
  size: 16,
  zero: '00000000-0000-0000-0000-000000000000',
  read(view, at) {
    const tail = digits(view.getBigUint64(at + 8, false), 16);
    return `${digits(view.getUint32(at, true), 8)}-${digits(view.getUint16(at + 4, true), 4)}-${digits(view.getUint16(at + 6, true), 4)}-${tail.slice(0, 4)}-${tail.slice(4)}`;
  },
  write(view, at, value) {
    const match = GUID.exec(value);
    if (!match) throw new FieldProblem('FORMAT_RANGE', 'not a GUID', at, 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx', value);
    const [, a = '', b = '', c = '', d = '', e = ''] = match;
    view.setUint32(at, parseInt(a, 16), true);
    view.setUint16(at + 4, parseInt(b, 16), true);
    view.setUint16(at + 6, parseInt(c, 16), true);
    view.setBigUint64(at + 8, BigInt(`0x${d}${e}`), false);
  },
};
