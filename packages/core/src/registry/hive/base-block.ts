import { BaseBlock } from './base-block.layout.js';

const CHECKSUM_AT = BaseBlock.offsetOf('checksum');

/** The checksum that a base block (at least its first 512 bytes) should have. */
export function baseBlockChecksum(block: Uint8Array): number {
  const view = new DataView(block.buffer, block.byteOffset, CHECKSUM_AT);
  let sum = 0;
  for (let at = 0; at < CHECKSUM_AT; at += 4) sum ^= view.getInt32(at, true);
  if (sum === 0) return 1;
  return sum === -1 ? 0xffff_fffe : sum >>> 0;
}

export type BaseBlockFields = ReturnType<typeof BaseBlock.decode>;

/** Writes fields over the first sector of `block`, with the checksum that then is right. */
export function putBaseBlock(block: Uint8Array, fields: Partial<BaseBlockFields>): void {
  BaseBlock.encodeInto(block, 0, { ...BaseBlock.decode(block), ...fields, checksum: 0 });
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  view.setUint32(CHECKSUM_AT, baseBlockChecksum(block), true);
}
