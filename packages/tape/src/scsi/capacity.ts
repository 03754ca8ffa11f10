import { cdb } from './cdb.js';
import { LogPage, LogParameter, MediumAttribute } from './drive-data.layout.js';
import type { ScsiDevice } from './scsi-device.js';

/** Bytes of a partition. */
export interface TapeCapacity {
  readonly capacity: number;
  readonly remaining: number;
}

const MIB = 1024 * 1024;
const TAPE_CAPACITY_PAGE = 0x31;

/** A number of up to eight bytes; undefined when it is none, or larger than any tape. */
function bigEndian(bytes: Uint8Array): number | undefined {
  if (bytes.length === 0 || bytes.length > 8) return undefined;
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return value * MIB <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** Parameters of a log page by their codes; what the bytes do not hold is left out. */
export function decodeLogPage(bytes: Uint8Array, page: number): Map<number, number> {
  const found = new Map<number, number>();
  if (bytes.length < LogPage.size) return found;
  const header = LogPage.decode(bytes);
  if ((header.page & 0x3f) !== page) return found;
  const end = Math.min(bytes.length, LogPage.size + header.length);
  for (let at = LogPage.size; at + LogParameter.size <= end;) {
    const { code, length } = LogParameter.decode(bytes, at);
    const next = at + LogParameter.size + length;
    if (next > end) break;
    const value = bigEndian(bytes.subarray(at + LogParameter.size, next));
    if (value !== undefined) found.set(code, value);
    at = next;
  }
  return found;
}

/** Attributes of a cartridge's memory by their identifiers, numbers only. */
export function decodeAttributes(bytes: Uint8Array): Map<number, number> {
  const found = new Map<number, number>();
  if (bytes.length < 4) return found;
  const available = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const end = Math.min(bytes.length, 4 + available);
  for (let at = 4; at + MediumAttribute.size <= end;) {
    const { identifier, format, length } = MediumAttribute.decode(bytes, at);
    const next = at + MediumAttribute.size + length;
    if (next > end) break;
    const value = (format & 3) === 0 ? bigEndian(bytes.subarray(at + MediumAttribute.size, next)) : undefined;
    if (value !== undefined) found.set(identifier, value);
    at = next;
  }
  return found;
}

const inBytes = (capacity: number | undefined, remaining: number | undefined): TapeCapacity | undefined =>
  capacity === undefined || remaining === undefined
    ? undefined
    : { capacity: capacity * MIB, remaining: Math.min(remaining, capacity) * MIB };

/**
 * The capacity of a partition, from the cartridge's memory, or from the log page that LTO drives have; undefined where the drive has neither.
 * @param partition from 0
 */
export function readCapacity(device: ScsiDevice, partition: number): TapeCapacity | undefined {
  const memory = device.ask(cdb.readAttribute(0, partition, 512), 512);
  const attributes = memory && decodeAttributes(memory);
  const found = attributes && inBytes(attributes.get(1), attributes.get(0));
  if (found !== undefined || partition > 1) return found;
  const log = device.ask(cdb.logSense(TAPE_CAPACITY_PAGE, 512), 512);
  const parameters = log && decodeLogPage(log, TAPE_CAPACITY_PAGE);
  return parameters && inBytes(parameters.get(3 + partition), parameters.get(1 + partition));
}
