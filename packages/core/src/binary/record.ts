import { FormatError } from '../errors/families.js';
import type { Struct } from './struct.js';

/** A value of variable length that stands behind a fixed header. */
export interface VarCodec<T> {
  readonly type: string;
  decode(bytes: Uint8Array): T;
  encode(value: T): Uint8Array;
}

/** UTF-16LE as JavaScript holds it: lone surrogates pass through. */
export const utf16le: VarCodec<string> = {
  type: 'utf16le',
  decode: (b) => Buffer.from(b.buffer, b.byteOffset, b.length).toString('utf16le'),
  encode: (s) => new Uint8Array(Buffer.from(s, 'utf16le')),
};

/** Bytes as they are. */
export const blob: VarCodec<Uint8Array> = { type: 'bytes', decode: (b) => b.slice(), encode: (b) => b };

type Tail<H> = Readonly<Record<string, { readonly length: keyof H & string; readonly as: VarCodec<any> }>>;
type RecordValue<H, T extends Tail<H>> = Omit<H, T[keyof T]['length']> & {
  [K in keyof T]: T[K]['as'] extends VarCodec<infer X> ? X : never;
};

export interface BinaryRecord<V> {
  /** @throws FORMAT_SHORT when the header claims more than there is */
  decode(buffer: Uint8Array, at?: number, origin?: number): { value: V; end: number };
  encode(value: V): Uint8Array;
}

/** A fixed header and the variable parts that its length fields measure. Lengths are derived on write, so they cannot disagree. */
export function record<H, const T extends Tail<H>>(header: Struct<H>, tail: T): BinaryRecord<RecordValue<H, T>> {
  const zero = header.zero as Record<string, unknown>;
  return {
    decode(buffer, at = 0, origin = 0) {
      const value = header.decode(buffer, at, origin) as Record<string, unknown>;
      let end = at + header.size;
      for (const [name, part] of Object.entries(tail)) {
        const length = Number(value[part.length]);
        if (end + length > buffer.length) {
          throw new FormatError('FORMAT_SHORT', `${name} needs ${String(length)} bytes, ${String(buffer.length - end)} left`, {
            struct: header.name,
            field: name,
            offset: origin + end,
            expected: length,
            actual: buffer.length - end,
          });
        }
        Reflect.deleteProperty(value, part.length);
        value[name] = part.as.decode(buffer.subarray(end, end + length));
        end += length;
      }
      return { value: value as RecordValue<H, T>, end };
    },
    encode(value) {
      const loose = value as Record<string, unknown>;
      const parts = Object.entries(tail).map(([name, part]) => [part.length, part.as.encode(loose[name])] as const);
      const lengths = Object.fromEntries(parts.map(([field, b]) => [field, typeof zero[field] === 'bigint' ? BigInt(b.length) : b.length]));
      const head = header.encode(header.create({ ...loose, ...lengths } as unknown as Partial<H>));
      return new Uint8Array(Buffer.concat([head, ...parts.map(([, b]) => b)]));
    },
  };
}
