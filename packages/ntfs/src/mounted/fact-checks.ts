import { ReparseDataBuffer, REPARSE_MAX } from '@winback/core';

/** With the GUID of a tag that is not Microsoft's. */
const GUID_HEADER = 24;
const MICROSOFT = 0x8000_0000;
const NAME_SURROGATE = 0x2000_0000;
/** Eight characters, and three behind a dot; none that Windows takes for something else. */
const SHORT_NAME = /^[^\0-\x20"*+,./:;<=>?[\\\]|\x7f]{1,8}(?:\.[^\0-\x20"*+,./:;<=>?[\\\]|\x7f]{1,3})?$/;

// What ntfs-3g sets all the same, cut off or so that the file cannot be used any more. Each answers why a fact must not be set.

export const whyNoShortName = (name: string): string | undefined =>
  SHORT_NAME.test(name) ? undefined : 'is none that Windows would give to a file';

export const whyNoObjectId = ({ length }: Uint8Array): string | undefined =>
  length === 16 || length === 64 ? undefined : `has ${length} bytes, not 16 or 64`;

export function whyNoReparsePoint(buffer: Uint8Array): string | undefined {
  if (buffer.length < ReparseDataBuffer.size) return `has ${buffer.length} bytes, less than its header`;
  if (buffer.length > REPARSE_MAX) return `has ${buffer.length} bytes, where NTFS has room for ${REPARSE_MAX}`;
  const { reparseTag, reparseDataLength } = ReparseDataBuffer.decode(buffer);
  const header = (reparseTag & MICROSOFT) === 0 ? GUID_HEADER : ReparseDataBuffer.size;
  return buffer.length === header + reparseDataLength ? undefined : 'is not as long as it says';
}

/** Whether a folder with this reparse point stands for another place, so that nothing in the folder itself can be reached any more. */
export const leadsElsewhere = (buffer: Uint8Array): boolean =>
  buffer.length >= ReparseDataBuffer.size && (ReparseDataBuffer.decode(buffer).reparseTag & NAME_SURROGATE) !== 0;
