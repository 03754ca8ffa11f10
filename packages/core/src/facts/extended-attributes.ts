import { FormatError } from '../errors/index.js';
import { FileFullEaInformation } from './extended-attributes.layout.js';
import type { ExtendedAttribute } from './file-entry.js';

const HEADER = FileFullEaInformation.size;
const align4 = (n: number): number => (n + 3) & ~3;

/** A FILE_FULL_EA_INFORMATION list, as EA_DATA streams hold it. */
export function encodeExtendedAttributes(list: readonly ExtendedAttribute[]): Uint8Array {
  const sizes = list.map((ea) => HEADER + ea.name.length + 1 + ea.value.length);
  const out = new Uint8Array(sizes.reduce((sum, size, i) => sum + (i === sizes.length - 1 ? size : align4(size)), 0));
  let at = 0;
  list.forEach((ea, i) => {
    const size = sizes[i] ?? 0;
    const last = i === list.length - 1;
    FileFullEaInformation.encodeInto(out, at, {
      nextEntryOffset: last ? 0 : align4(size),
      flags: ea.flags,
      eaNameLength: ea.name.length,
      eaValueLength: ea.value.length,
    });
    out.set(Buffer.from(ea.name, 'latin1'), at + HEADER);
    out.set(ea.value, at + HEADER + ea.name.length + 1);
    at += align4(size);
  });
  return out;
}

/** @throws FORMAT_SHORT, FORMAT_STRUCTURE */
export function decodeExtendedAttributes(bytes: Uint8Array): ExtendedAttribute[] {
  const list: ExtendedAttribute[] = [];
  for (let at = 0; at < bytes.length;) {
    const head = FileFullEaInformation.decode(bytes, at);
    const nameEnd = at + HEADER + head.eaNameLength;
    const end = nameEnd + 1 + head.eaValueLength;
    if (end > bytes.length) {
      throw new FormatError('FORMAT_SHORT', `entry ends at ${String(end)}, the list at ${String(bytes.length)}`, {
        struct: FileFullEaInformation.name,
        field: 'eaValueLength',
        offset: at,
      });
    }
    const name = Buffer.from(bytes.subarray(at + HEADER, nameEnd)).toString('latin1');
    list.push({ name, flags: head.flags, value: bytes.slice(nameEnd + 1, end) });
    if (head.nextEntryOffset === 0) break;
    if (head.nextEntryOffset < end - at) {
      throw new FormatError('FORMAT_STRUCTURE', 'the next entry begins inside this one', {
        struct: FileFullEaInformation.name,
        field: 'nextEntryOffset',
        offset: at,
        expected: `at least ${String(end - at)}`,
        actual: head.nextEntryOffset,
      });
    }
    at += head.nextEntryOffset;
  }
  return list;
}

/** Names one after the other, for a message; a hostile list may have tens of thousands. */
export function nameSome(names: readonly string[], most = 50): string {
  const more = names.length - most;
  return more <= 0 ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${more} more`;
}
