import { FeaturesHigh as High, FeaturesLow as Low } from '../api/index.js';
import { readCapacity } from './capacity.js';
import { cdb } from './cdb.js';
import { ModePage, OperationCode as Op } from './constants.js';
import { BlockLimits, PositionShort, SupportedCommand } from './drive-data.layout.js';
import { findModePage } from './mode.js';
import { readPartitions } from './partitions.js';
import type { ScsiDevice } from './scsi-device.js';

/** What a drive can, with the cartridge that is in it. */
export interface DriveAbilities {
  readonly minimumBlockSize: number;
  readonly maximumBlockSize: number;
  readonly maximumPartitionCount: number;
  readonly featuresLow: number;
  readonly featuresHigh: number;
  /** FORMAT MEDIUM is there. */
  readonly formats: boolean;
}

const LARGEST_BLOCK = 0xff_ffff;

/** Operation codes that the drive knows; undefined where it does not tell. */
export function decodeSupportedCommands(bytes: Uint8Array): Set<number> | undefined {
  if (bytes.length < 4) return undefined;
  const end = Math.min(bytes.length, 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));
  const found = new Set<number>();
  for (let at = 4; at + SupportedCommand.size <= end;) {
    const { operationCode, flags } = SupportedCommand.decode(bytes, at);
    found.add(operationCode);
    at += SupportedCommand.size + ((flags & 2) !== 0 ? 12 : 0);
  }
  return found.size === 0 ? undefined : found;
}

function readLimits(device: ScsiDevice): { minimum: number; maximum: number } {
  const bytes = device.ask(cdb.readBlockLimits(), BlockLimits.size);
  if (bytes === undefined || bytes.length < BlockLimits.size) return { minimum: 1, maximum: LARGEST_BLOCK };
  const { maximum, minimum } = BlockLimits.decode(bytes);
  const most = maximum === 0 ? LARGEST_BLOCK : maximum;
  return { minimum: Math.min(Math.max(1, minimum), most), maximum: most };
}

/** Whether the drive tells where it stands; one without a cartridge will. */
function tellsPosition(device: ScsiDevice, knows: (operationCode: number) => boolean): boolean {
  if (!knows(Op.READ_POSITION)) return false;
  const bytes = device.ask(cdb.readPosition(0), PositionShort.size);
  if (bytes === undefined) return !device.isReady();
  return bytes.length === PositionShort.size && (PositionShort.decode(bytes).flags & 0x04) === 0;
}

const bits = (...choices: readonly (readonly [boolean, number])[]): number => choices.reduce((all, [on, bit]) => (on ? all | bit : all), 0);

/** Asks the drive. What it does not list itself (REPORT SUPPORTED OPERATION CODES) is taken to be there when SSC demands it of every drive. */
export function readAbilities(device: ScsiDevice): DriveAbilities {
  const listed = device.ask(cdb.reportSupportedOperationCodes(4096), 4096);
  const commands = listed && decodeSupportedCommands(listed);
  const knows = (operationCode: number): boolean => commands?.has(operationCode) ?? true;
  const { minimum, maximum } = readLimits(device);
  const { maximum: maximumPartitionCount } = readPartitions(device);
  const tells = tellsPosition(device, knows);
  const locates = knows(Op.LOCATE_10) || knows(Op.LOCATE_16);
  const formats = commands?.has(Op.FORMAT_MEDIUM) ?? maximumPartitionCount > 1;
  const hasPartitions = maximumPartitionCount > 1;
  const capacity = readCapacity(device, 0) !== undefined;
  const compresses = ((findModePage(device, ModePage.COMPRESSION, 3)?.[2] ?? 0) & 0x40) !== 0;
  const setsMarks = ((findModePage(device, ModePage.CONFIGURATION, 9, 1)?.[8] ?? 0) & 0x20) !== 0;
  const setmarks = setsMarks || ((findModePage(device, ModePage.CONFIGURATION, 9)?.[8] ?? 0) & 0x20) !== 0;
  return {
    minimumBlockSize: minimum,
    maximumBlockSize: maximum,
    maximumPartitionCount,
    formats,
    featuresLow: bits(
      [hasPartitions, Low.FIXED | Low.SELECT | Low.INITIATOR],
      [knows(Op.ERASE_6), Low.ERASE_SHORT | Low.ERASE_LONG | Low.ERASE_IMMEDIATE],
      [capacity, Low.TAPE_CAPACITY | Low.TAPE_REMAINING],
      [true, Low.FIXED_BLOCK | Low.WRITE_PROTECT],
      [maximum > minimum, Low.VARIABLE_BLOCK],
      [compresses, Low.COMPRESSION],
      [setmarks, Low.REPORT_SMKS],
      [tells, Low.GET_ABSOLUTE_BLK | Low.GET_LOGICAL_BLK],
      [knows(Op.LOAD_UNLOAD), Low.EJECT_MEDIA],
    ),
    featuresHigh: bits(
      [knows(Op.LOAD_UNLOAD), High.LOAD_UNLOAD | High.TENSION | High.LOAD_UNLD_IMMED | High.TENSION_IMMED],
      [knows(Op.PREVENT_ALLOW_MEDIUM_REMOVAL), High.LOCK_UNLOCK],
      [true, High.REWIND_IMMEDIATE | High.WRITE_FILEMARKS | High.WRITE_MARK_IMMED],
      [knows(Op.MODE_SELECT_6), High.SET_BLOCK_SIZE],
      [compresses && knows(Op.MODE_SELECT_6), High.SET_COMPRESSION],
      [setsMarks && knows(Op.MODE_SELECT_6), High.SET_REPORT_SMKS],
      [locates, High.ABSOLUTE_BLK | High.ABS_BLK_IMMED | High.LOGICAL_BLK | High.LOG_BLK_IMMED],
      [knows(Op.SPACE_6), High.END_OF_DATA | High.RELATIVE_BLKS | High.FILEMARKS | High.SEQUENTIAL_FMKS | High.REVERSE_POSITION],
      [setmarks, High.SETMARKS | High.SEQUENTIAL_SMKS | High.WRITE_SETMARKS],
      [formats, High.FORMAT | High.FORMAT_IMMEDIATE],
    ),
  };
}
