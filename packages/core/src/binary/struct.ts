import { FormatError, LayoutError } from '../errors/families.js';
import { FieldProblem, type AnyCodec, type Codec, type ValueOf } from './codec.js';

/** One field: its offset in the structure, name, codec and meaning. */
export type Row = readonly [offset: number, name: string, codec: AnyCodec, doc: string];
export type Fields<R extends readonly Row[]> = { -readonly [F in R[number] as F[1]]: ValueOf<F[2]> };

export interface StructDefinition {
  /** Bytes of the whole structure; the rows must cover exactly these. */
  readonly size: number;
  /** Document and section that the table was written from. */
  readonly spec: string;
}

/** A binary structure described once, by a table: read, written, documented and tested from its rows. */
export interface Struct<T> extends Codec<T> {
  readonly name: string;
  readonly spec: string;
  readonly rows: readonly Row[];
  /**
   * Reads the structure at `at`. `origin` is added to offsets in errors: the place of `buffer` in the file.
   * @throws FORMAT_SHORT, FORMAT_MAGIC, FORMAT_RANGE
   */
  decode(buffer: Uint8Array, at?: number, origin?: number): T;
  /** @throws FORMAT_RANGE when a value does not fit its field */
  encode(value: T): Uint8Array;
  encodeInto(buffer: Uint8Array, at: number, value: T): void;
  /** A value with signatures filled in, everything else zero, and `part` on top. */
  create(part?: Partial<T>): T;
  offsetOf(field: keyof T & string): number;
}

const viewOf = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength);

function checkRows(name: string, size: number, rows: readonly Row[]): void {
  let end = 0;
  const seen = new Set<string>();
  for (const [offset, field, codec] of rows) {
    if (offset !== end) {
      throw new LayoutError(`${name}.${field}: table says 0x${offset.toString(16)}, previous field ends at 0x${end.toString(16)}`);
    }
    if (seen.has(field)) throw new LayoutError(`${name}.${field}: the name stands twice`);
    seen.add(field);
    end = offset + codec.size;
  }
  if (end !== size) throw new LayoutError(`${name}: table covers ${String(end)} bytes, declared ${String(size)}`);
}

/**
 * Makes a structure from its table.
 * @throws LAYOUT_INVALID at import when rows overlap, leave a gap or miss the declared size
 */
export function struct<const R extends readonly Row[]>(name: string, definition: StructDefinition, rows: R): Struct<Fields<R>> {
  type T = Fields<R>;
  type Loose = Record<string, unknown>;
  const { size, spec } = definition;
  checkRows(name, size, rows);

  const locate = (error: unknown, field: string, origin: number): unknown => {
    if (!(error instanceof FieldProblem)) return error;
    const path = [field, ...error.path].join('.');
    return new FormatError(error.code, error.message, {
      struct: name,
      field: path,
      offset: origin + error.at,
      expected: error.expected,
      actual: error.actual,
    });
  };
  const nest = (error: unknown, field: string): unknown => {
    if (error instanceof FieldProblem) error.path.unshift(field);
    return error;
  };

  const readFields = (view: DataView, at: number, wrap: (e: unknown, f: string) => unknown): T => {
    const out: Loose = {};
    for (const [offset, field, codec] of rows) {
      try {
        out[field] = codec.read(view, at + offset);
      } catch (error) {
        throw wrap(error, field);
      }
    }
    return out as T;
  };
  const writeFields = (view: DataView, at: number, value: T, wrap: (e: unknown, f: string) => unknown): void => {
    for (const [offset, field, codec] of rows) {
      try {
        codec.write(view, at + offset, (value as Loose)[field]);
      } catch (error) {
        throw wrap(error, field);
      }
    }
  };

  const create = (part: Partial<T> = {}): T => {
    const out: Loose = {};
    for (const [, field, codec] of rows) out[field] = codec.zero;
    return Object.assign(out, part) as T;
  };
  const offsets = new Map<string, number>(rows.map(([offset, field]) => [field, offset]));
  return {
    name,
    spec,
    rows,
    type: name,
    size,
    get zero() {
      return create();
    },
    create,
    offsetOf(field) {
      const offset = offsets.get(field);
      if (offset === undefined) throw new LayoutError(`${name} has no field ${field}`);
      return offset;
    },
    read: (view, at) => readFields(view, at, nest),
    write: (view, at, value) => writeFields(view, at, value, nest),
    decode(buffer, at = 0, origin = 0) {
      if (buffer.byteLength - at < size) {
        const left = Math.max(0, buffer.byteLength - at);
        throw new FormatError('FORMAT_SHORT', `needs ${String(size)} bytes, ${String(left)} left`, {
          struct: name,
          offset: origin + at,
          expected: size,
          actual: left,
        });
      }
      return readFields(viewOf(buffer), at, (e, f) => locate(e, f, origin));
    },
    encode(value) {
      const out = new Uint8Array(size);
      writeFields(viewOf(out), 0, value, (e, f) => locate(e, f, 0));
      return out;
    },
    encodeInto(buffer, at, value) {
      writeFields(viewOf(buffer), at, value, (e, f) => locate(e, f, 0));
    },
  };
}
