import type { ChangerElement } from '../api/index.js';
import { ElementDescriptor, ElementStatusHeader, ElementStatusPage, VolumeTag } from './element.layout.js';

const KINDS: Readonly<Record<number, ChangerElement['kind']>> = { 2: 'slot', 3: 'transfer', 4: 'drive' };
const Flag = { FULL: 0x01, PVOLTAG: 0x80, SVALID: 0x80 } as const;

/** Bytes of the whole report, by its header; 0 where there is none. */
export function reportLength(bytes: Uint8Array): number {
  if (bytes.length < ElementStatusHeader.size) return 0;
  return ElementStatusHeader.size + ElementStatusHeader.decode(bytes).length;
}

/** A barcode; changers pad with spaces, or with NULs. Its 32 characters must be there, what follows them need not. */
function volumeTag(bytes: Uint8Array): string | undefined {
  const whole = new Uint8Array(VolumeTag.size);
  if (bytes.length < VolumeTag.offsetOf('reserved20')) return undefined;
  whole.set(bytes.subarray(0, whole.length));
  // eslint-disable-next-line no-control-regex -- padding
  const text = VolumeTag.decode(whole).identifier.replace(/[\x00 ]+$/, '');
  // eslint-disable-next-line no-control-regex -- a name that is shown
  return text === '' || /[\x00-\x1f\x7f-\x9f]/.test(text) ? undefined : text;
}

function decodeElement(bytes: Uint8Array, kind: ChangerElement['kind'], hasTag: boolean): ChangerElement {
  const { address, flags, sourceFlags, source } = ElementDescriptor.decode(bytes);
  const full = (flags & Flag.FULL) !== 0;
  const hasSource = full && kind === 'drive' && (sourceFlags & Flag.SVALID) !== 0;
  const tag = full && hasTag ? volumeTag(bytes.subarray(ElementDescriptor.size)) : undefined;
  return { kind, address, full, ...(tag === undefined ? {} : { volumeTag: tag }), ...(hasSource ? { source } : {}) };
}

/**
 * READ ELEMENT STATUS data: drives, slots and places for cartridges that come and go, without the picker. What is cut off is left out; some
 * changers forget to count a header, and cut the end of the last barcode's field.
 */
export function decodeElements(bytes: Uint8Array): ChangerElement[] {
  const elements: ChangerElement[] = [];
  const end = Math.min(bytes.length, reportLength(bytes));
  for (let at = ElementStatusHeader.size; at + ElementStatusPage.size <= end;) {
    const page = ElementStatusPage.decode(bytes, at);
    at += ElementStatusPage.size;
    const next = Math.min(end, at + page.length);
    const kind = KINDS[page.type];
    const size = page.descriptorLength;
    if (kind !== undefined && size >= ElementDescriptor.size) {
      for (; at + ElementDescriptor.size <= next; at += size) {
        elements.push(decodeElement(bytes.subarray(at, Math.min(next, at + size)), kind, (page.flags & Flag.PVOLTAG) !== 0));
      }
    }
    at = next;
  }
  return elements;
}
