import { readFileSync } from 'node:fs';
import { hashOfUpper, upperName } from '../../../../src/registry/hive/hive-names.js';

const BINS_AT = 4096;
const NOWHERE = 0xffff_ffff;

/**
 * Reads a whole hive as strictly as a program may, without our reader, and gives every rule that it breaks. Each cell in use must be
 * referred to exactly as often as it should.
 */
export function checkHive(path: string): string[] {
  const file = readFileSync(path);
  const wrong: string[] = [];
  const must = (right: boolean, text: string): void => {
    if (!right) wrong.push(text);
  };
  const u16 = (at: number): number => file.readUInt16LE(at);
  const u32 = (at: number): number => file.readUInt32LE(at);
  const sign = (at: number): string => file.toString('latin1', at, at + 2);

  let sum = 0;
  for (let at = 0; at < 508; at += 4) sum ^= file.readInt32LE(at);
  must((sum >>> 0 || 1) === u32(508), 'checksum');
  must(
    file.toString('latin1', 0, 4) === 'regf' && u32(4) === u32(8) && u32(0x14) === 1 && u32(0x1c) === 0 && u32(0x20) === 1,
    'base block',
  );
  const size = u32(0x28);
  must(file.length === BINS_AT + size && size % 4096 === 0 && u32(0x2c) === 1, 'size');
  must(file.readBigUInt64LE(0x0c) === file.readBigUInt64LE(BINS_AT + 0x14), 'time of the first bin');

  const cells = new Map<number, number>();
  for (let bin = 0; bin < size; bin += u32(BINS_AT + bin + 8)) {
    const length = u32(BINS_AT + bin + 8);
    must(file.toString('latin1', BINS_AT + bin, BINS_AT + bin + 4) === 'hbin' && u32(BINS_AT + bin + 4) === bin, `bin ${String(bin)}`);
    if (length === 0 || length % 4096 !== 0 || bin + length > size) return [...wrong, `size of bin ${String(bin)}`];
    let at = bin + 32;
    while (at < bin + length) {
      const cell = file.readInt32LE(BINS_AT + at);
      if (cell === 0 || cell % 8 !== 0) return [...wrong, `size of cell ${String(at)}`];
      if (cell < 0) cells.set(at, -cell - 4);
      at += Math.abs(cell);
    }
    must(at === bin + length, `cells of bin ${String(bin)}`);
  }

  const used = new Map<number, number>();
  const use = (offset: number, bytes: number, what: string): number => {
    const room = cells.get(offset) ?? -1;
    must(room >= bytes && room < bytes + 12, `${what}: cell ${String(offset)} has room for ${String(room)} of ${String(bytes)}`);
    used.set(offset, (used.get(offset) ?? 0) + 1);
    return BINS_AT + offset + 4;
  };
  const nameAt = (at: number, length: number, latin1: boolean): string => file.toString(latin1 ? 'latin1' : 'utf16le', at, at + length);

  const leaf = (list: number): { key: number; hash: number }[] => {
    const at = BINS_AT + list + 4;
    must(sign(at) === 'lh' && u16(at + 2) > 0 && u16(at + 2) < 1013, `leaf ${String(list)}`);
    use(list, 4 + u16(at + 2) * 8, 'leaf');
    return Array.from({ length: u16(at + 2) }, (_, i) => ({ key: u32(at + 4 + i * 8), hash: u32(at + 8 + i * 8) }));
  };
  const listed = (list: number): { key: number; hash: number }[] => {
    const at = BINS_AT + list + 4;
    if (sign(at) !== 'ri') return leaf(list);
    use(list, 4 + u16(at + 2) * 4, 'root of lists');
    return Array.from({ length: u16(at + 2) }, (_, i) => leaf(u32(at + 4 + i * 4))).flat();
  };
  const valueData = (at: number, what: string): number => {
    const length = u32(at + 4);
    if (length >= 0x8000_0000) {
      must(length - 0x8000_0000 <= 4, `${what}: inline size`);
      return length - 0x8000_0000;
    }
    must(length > 4 || u32(at + 8) === NOWHERE, `${what}: short data in a cell`);
    if (length === 0) return 0;
    if (length <= 16344) {
      use(u32(at + 8), length, what);
      return length;
    }
    const db = use(u32(at + 8), 8, what);
    const count = Math.ceil(length / 16344);
    must(sign(db) === 'db' && u16(db + 2) === count, `${what}: big data`);
    const list = use(u32(db + 4), count * 4, what);
    for (let i = 0; i < count; i++) use(u32(list + i * 4), 16344, what);
    return length;
  };

  const security = new Map<number, number>();
  const root = u32(0x24);
  const stack: [offset: number, parent: number, path: string][] = [[root, NOWHERE, '']];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const [offset, parent, path] = next;
    const at = BINS_AT + offset + 4;
    const flags = u16(at + 2);
    const name = nameAt(at + 0x4c, u16(at + 0x48), (flags & 0x20) !== 0);
    use(offset, 0x4c + u16(at + 0x48), path);
    must(sign(at) === 'nk' && u32(at + 0x10) === parent, `${path}: nk or parent`);
    must(offset === root ? (flags & 0x2c) === 0x2c : (flags & 0x05) === 0, `${path}: flags ${String(flags)}`);
    must(u32(at + 0x18) === 0 && u32(at + 0x20) === NOWHERE, `${path}: volatile subkeys`);

    must(/^[\0-\xff]*$/.test(name) === ((flags & 0x20) !== 0), `${path}: form of the name`);

    const children = u32(at + 0x14) === 0 ? [] : listed(u32(at + 0x1c));
    must(children.length === u32(at + 0x14) && (children.length > 0 || u32(at + 0x1c) === NOWHERE), `${path}: number of subkeys`);
    let before = '';
    let longest = 0;
    let longestClass = 0;
    for (const { key, hash } of children) {
      const child = BINS_AT + key + 4;
      const childName = nameAt(child + 0x4c, u16(child + 0x48), (u16(child + 2) & 0x20) !== 0);
      const upper = upperName(childName);
      must(before < upper && hash === hashOfUpper(upper), `${path}: order or hash of ${childName}`);
      before = upper;
      longest = Math.max(longest, childName.length * 2);
      longestClass = Math.max(longestClass, u16(child + 0x4a));
      stack.push([key, offset, `${path}\\${childName}`]);
    }
    must(u16(at + 0x34) === longest && u32(at + 0x38) === longestClass, `${path}: longest names of subkeys`);

    const count = (flags & 0x40) !== 0 ? 0 : u32(at + 0x24);
    const list = count > 0 ? use(u32(at + 0x28), count * 4, `${path}: values`) : 0;
    must(count > 0 || u32(at + 0x28) === NOWHERE, `${path}: values of none`);
    let longestValue = 0;
    let mostData = 0;
    for (let i = 0; i < count; i++) {
      const value = u32(list + i * 4);
      const v = BINS_AT + value + 4;
      const compressed = (u16(v + 0x10) & 1) !== 0;
      use(value, 0x14 + u16(v + 2), `${path}: value`);
      must(sign(v) === 'vk', `${path}: vk`);
      longestValue = Math.max(longestValue, u16(v + 2) * (compressed ? 2 : 1));
      mostData = Math.max(mostData, valueData(v, `${path}: data`));
    }
    must(u32(at + 0x3c) === longestValue && u32(at + 0x40) === mostData, `${path}: longest value`);
    if (u16(at + 0x4a) > 0) use(u32(at + 0x30), u16(at + 0x4a), `${path}: class`);
    else must(u32(at + 0x30) === NOWHERE, `${path}: class of none`);
    security.set(u32(at + 0x2c), (security.get(u32(at + 0x2c)) ?? 0) + 1);
  }

  const [first = 0] = security.keys();
  let around = first;
  for (const [i] of [...security].entries()) {
    const at = BINS_AT + around + 4;
    must(sign(at) === 'sk' && u32(at + 0x0c) === security.get(around), `sk ${String(around)}: references`);
    use(around, 0x14 + u32(at + 0x10), 'sk');
    must(u32(BINS_AT + u32(at + 4) + 4 + 8) === around, `sk ${String(around)}: ring`);
    around = u32(at + 4);
    must((around === first) === (i === security.size - 1), 'length of the ring');
  }
  for (const offset of cells.keys()) must(used.get(offset) === 1, `cell ${String(offset)} is used ${String(used.get(offset) ?? 0)} times`);
  return wrong;
}
