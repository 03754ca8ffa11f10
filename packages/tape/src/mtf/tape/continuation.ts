import { xor16 } from '@winback/core';
import { BlockAttribute, BlockType, FLB_SIZE, fourCharacters, MediaAttribute } from '../constants.js';
import { BlockHeader, SetBlock, StreamHeader } from '../layout/index.js';
import type { JournalStream } from '../output-journal.js';
import type { Cut } from './set-journal.js';

const ATTRIBUTES = BlockHeader.offsetOf('attributes');
const FLA = BlockHeader.offsetOf('fla');
const CHECKSUM = BlockHeader.offsetOf('checksum');
const PAD = { id: fourCharacters('SPAD'), fsAttributes: 0, mediaAttributes: 0, compression: 0 };

/**
 * The blocks that a further cartridge repeats, each in a format logical block of its own, so that the set goes on behind them as if it had not
 * been cut: MTF 1.00a, End of Medium. Addresses go on: the last repeated block has the address before that of the cut.
 * @param fla of the cut, in format logical blocks from the set's SSET
 * @param pba physical block at which they begin on the new cartridge
 */
export function repeatedBlocks({ blocks, stream }: Cut, fla: number, pba: number): Uint8Array {
  const out = Buffer.alloc(blocks.length * FLB_SIZE);
  blocks.forEach((header, i) => {
    const start = i * FLB_SIZE;
    out.set(header, start);
    out.writeUInt32LE((out.readUInt32LE(start + ATTRIBUTES) | BlockAttribute.CONTINUATION) >>> 0, start + ATTRIBUTES);
    out.writeBigUInt64LE(BigInt(fla - blocks.length + i), start + FLA);
    if (out.toString('latin1', start, start + 4) === BlockType.SSET) out.writeBigUInt64LE(BigInt(pba), start + SetBlock.offsetOf('pba'));
    out.writeUInt16LE(xor16(out, start, CHECKSUM), start + CHECKSUM);
    const at = start + header.length;
    const isLast = i === blocks.length - 1;
    if (isLast && stream) {
      // Its data begins with the next format logical block.
      const { head, rest } = stream;
      putStreamHead(out, at, { ...head, mediaAttributes: head.mediaAttributes | MediaAttribute.CONTINUE, length: rest });
    } else putStreamHead(out, at, { ...PAD, length: start + FLB_SIZE - at - StreamHeader.size });
  });
  return out;
}

function putStreamHead(out: Buffer, at: number, { id, fsAttributes, mediaAttributes, compression, length }: JournalStream): void {
  out.writeUInt32LE(id, at);
  out.writeUInt16LE(fsAttributes, at + StreamHeader.offsetOf('fileSystemAttributes'));
  out.writeUInt16LE(mediaAttributes, at + StreamHeader.offsetOf('mediaAttributes'));
  out.writeBigUInt64LE(BigInt(length), at + StreamHeader.offsetOf('length'));
  out.writeUInt16LE(compression, at + StreamHeader.offsetOf('compressionAlgorithm'));
  const checksum = StreamHeader.offsetOf('checksum');
  out.writeUInt16LE(xor16(out, at, checksum), at + checksum);
}
