import { TapeStatus } from '../api/index.js';
import { cdb } from './cdb.js';
import { ModePage } from './constants.js';
import { ModeBlockDescriptor, ModeHeader6 } from './mode.layout.js';
import type { ScsiDevice } from './scsi-device.js';

/** What MODE SENSE(6) told. */
export interface ModeData {
  readonly writeProtected: boolean;
  /** 0: each block is on the medium before its command ends. */
  readonly bufferedMode: number;
  readonly density: number;
  /** Bytes; 0: of any size. */
  readonly blockLength: number;
  /** The page that was asked for, with its two bytes of header; empty when none was, or another one came. */
  readonly page: Uint8Array;
  readonly flags: number;
}

const LARGEST = 255;

/** Mode data decoded, as much as there is of it. Undefined when it is shorter than its header. */
export function decodeMode(bytes: Uint8Array, page: number): ModeData | undefined {
  if (bytes.length < ModeHeader6.size) return undefined;
  const header = ModeHeader6.decode(bytes);
  const end = Math.min(bytes.length, header.length + 1);
  const at = ModeHeader6.size + header.blockDescriptorLength;
  const hasDescriptor = header.blockDescriptorLength >= ModeBlockDescriptor.size && ModeHeader6.size + ModeBlockDescriptor.size <= end;
  const block = hasDescriptor ? ModeBlockDescriptor.decode(bytes, ModeHeader6.size) : ModeBlockDescriptor.zero;
  const isThere = page !== ModePage.NONE && at + 2 <= end && (bytes[at]! & 0x3f) === page;
  return {
    writeProtected: (header.flags & 0x80) !== 0,
    bufferedMode: (header.flags >> 4) & 7,
    density: block.density,
    blockLength: block.blockLength,
    page: isThere ? bytes.subarray(at, Math.min(end, at + 2 + bytes[at + 1]!)) : new Uint8Array(0),
    flags: header.flags & 0x7f,
  };
}

/** Header, block descriptor and a page, as the drive has them now. @throws what the drive says, when it has no such page TAPE_INVALID_PARAMETER */
export function readMode(device: ScsiDevice, page: number, what: string): ModeData {
  const bytes = new Uint8Array(LARGEST);
  const length = device.run(what, cdb.modeSense6(page, LARGEST), 'read', bytes);
  const mode = decodeMode(bytes.subarray(0, length), page);
  if (mode === undefined) throw device.failure(TapeStatus.ERROR_IO_DEVICE, what);
  return mode;
}

/** A page that the drive may well not have. @param control 1: bits that can be changed are set */
export function findModePage(device: ScsiDevice, page: number, size: number, control: 0 | 1 = 0): Uint8Array | undefined {
  const bytes = device.ask(cdb.modeSense6(page, LARGEST, control), LARGEST);
  const found = bytes === undefined ? undefined : decodeMode(bytes, page)?.page;
  return found === undefined || found.length < size ? undefined : found;
}

/** Sets the block length, and a page where one is given. The density stays. Writes are buffered: else each one waits for the tape. */
export function writeMode(device: ScsiDevice, mode: ModeData, blockLength: number, what: string, page = new Uint8Array(0)): void {
  const out = new Uint8Array(ModeHeader6.size + ModeBlockDescriptor.size + page.length);
  const flags = mode.bufferedMode === 0 ? mode.flags | 0x10 : mode.flags;
  ModeHeader6.encodeInto(out, 0, { length: 0, mediumType: 0, flags, blockDescriptorLength: ModeBlockDescriptor.size });
  ModeBlockDescriptor.encodeInto(out, ModeHeader6.size, { density: mode.density, blocks: 0, reserved04: 0, blockLength });
  out.set(page, ModeHeader6.size + ModeBlockDescriptor.size);
  // PS is reserved when a page is sent
  if (page.length > 0) out[ModeHeader6.size + ModeBlockDescriptor.size]! &= 0x3f;
  device.run(what, cdb.modeSelect6(out.length), 'write', out);
}
