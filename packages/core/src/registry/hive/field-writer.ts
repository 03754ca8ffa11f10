import type { Struct } from '../../binary/index.js';

/**
 * Writes a structure into bytes that are zero: its signature and the fields that are given, each at its place in the table. Several times
 * faster than making the whole value first.
 * @throws FieldProblem when a value does not fit its field
 */
export function fieldWriter<T extends object>(layout: Struct<T>): (view: DataView, at: number, fields: Partial<T>) => void {
  const places = new Map(layout.rows.map(([offset, name, codec]) => [name, { offset, codec }]));
  const signatures = layout.rows.filter(([, , codec]) => typeof codec.zero === 'string');
  return (view, at, fields) => {
    for (const [offset, , codec] of signatures) codec.write(view, at + offset, codec.zero);
    for (const name in fields) {
      const place = places.get(name);
      if (place) place.codec.write(view, at + place.offset, fields[name]);
    }
  };
}
