import {
  Cdb10,
  Cdb6,
  Inquiry6,
  Locate10,
  Locate16,
  MaintenanceIn12,
  MoveMedium12,
  ReadAttribute16,
  ReadElementStatus12,
  Space16,
  Space6,
} from './cdb.layout.js';
import { OperationCode } from './constants.js';

const six = (operationCode: number, flags = 0, length = 0): Uint8Array => Cdb6.encode({ operationCode, flags, length, control: 0 });
const page6 = (operationCode: number, flags: number, page: number, length: number): Uint8Array =>
  Inquiry6.encode({ operationCode, flags, page, length, control: 0 });
const bit = (on: boolean, mask: number): number => (on ? mask : 0);

const MAX_I24 = 0x7f_ffff;
const MAX_U32 = 0xffff_ffff;

/** Command descriptor blocks. Lengths of data are bytes, unless blocks are of fixed size; counts and addresses are of blocks and marks. */
export const cdb = {
  testUnitReady: () => six(OperationCode.TEST_UNIT_READY),
  rewind: (immediate = false) => six(OperationCode.REWIND, bit(immediate, 1)),
  requestSense: (length: number) => six(OperationCode.REQUEST_SENSE, 0, length),
  /** @param format 0 the medium, 1 its partitions, 2 both */
  formatMedium: (format: 0 | 1 | 2, immediate = false) => six(OperationCode.FORMAT_MEDIUM, bit(immediate, 1), format << 16),
  readBlockLimits: () => six(OperationCode.READ_BLOCK_LIMITS),
  initializeElementStatus: () => six(OperationCode.INITIALIZE_ELEMENT_STATUS),
  /** @param length blocks when `fixed`, else bytes; below 2^24 */
  read6: (fixed: boolean, length: number) => six(OperationCode.READ_6, bit(fixed, 1), length),
  write6: (fixed: boolean, length: number) => six(OperationCode.WRITE_6, bit(fixed, 1), length),
  writeFilemarks6: (count: number, immediate = false, setmarks = false) =>
    six(OperationCode.WRITE_FILEMARKS_6, bit(immediate, 1) | bit(setmarks, 2), count),
  inquiry: (length: number) => page6(OperationCode.INQUIRY, 0, 0, length),
  modeSelect6: (length: number) => page6(OperationCode.MODE_SELECT_6, 0x10, 0, length),
  /** @param control 0 current values, 1 those that can be changed */
  modeSense6: (page: number, length: number, control: 0 | 1 = 0) => page6(OperationCode.MODE_SENSE_6, 0, (control << 6) | page, length),
  reserve6: () => six(OperationCode.RESERVE_6),
  release6: () => six(OperationCode.RELEASE_6),
  erase6: (long: boolean, immediate = false) => six(OperationCode.ERASE_6, bit(long, 1) | bit(immediate, 2)),
  loadUnload: (load: boolean, { immediate = false, tension = false } = {}) =>
    six(OperationCode.LOAD_UNLOAD, bit(immediate, 1), bit(load, 1) | bit(tension, 2)),
  preventAllow: (prevent: boolean) => six(OperationCode.PREVENT_ALLOW_MEDIUM_REMOVAL, 0, bit(prevent, 1)),
  /** Six bytes where the count fits, which every drive knows; else sixteen. @param count negative: back */
  space: (code: number, count: number) =>
    count >= -MAX_I24 && count <= MAX_I24
      ? Space6.encode({ operationCode: OperationCode.SPACE_6, code, count, control: 0 })
      : Space16.encode(Space16.create({ operationCode: OperationCode.SPACE_16, code, count: BigInt.asUintN(64, BigInt(count)) })),
  /** Ten bytes where the address fits; else sixteen. @param partition from 0; undefined: the current one */
  locate: (block: number, partition?: number, immediate = false) => {
    const flags = bit(immediate, 1) | bit(partition !== undefined, 2);
    return block <= MAX_U32
      ? Locate10.encode(Locate10.create({ operationCode: OperationCode.LOCATE_10, flags, block, partition: partition ?? 0 }))
      : Locate16.encode(
          Locate16.create({ operationCode: OperationCode.LOCATE_16, flags, block: BigInt(block), partition: partition ?? 0 }),
        );
  },
  /** @param form 0 short, 6 long: their lengths are fixed, and drives refuse another one */
  readPosition: (form: 0 | 6) => Cdb10.encode(Cdb10.create({ operationCode: OperationCode.READ_POSITION, flags: form })),
  logSense: (page: number, length: number) =>
    Cdb10.encode(Cdb10.create({ operationCode: OperationCode.LOG_SENSE, page: 0x40 | page, length })),
  readAttribute: (attribute: number, partition: number, length: number) =>
    ReadAttribute16.encode(ReadAttribute16.create({ operationCode: OperationCode.READ_ATTRIBUTE, partition, attribute, length })),
  reportSupportedOperationCodes: (length: number) =>
    MaintenanceIn12.encode(MaintenanceIn12.create({ operationCode: OperationCode.MAINTENANCE_IN, serviceAction: 0x0c, length })),
  moveMedium: (source: number, destination: number, transport = 0) =>
    MoveMedium12.encode(MoveMedium12.create({ operationCode: OperationCode.MOVE_MEDIUM, transport, source, destination })),
  /** Of all elements of a type, with their volume tags. @param type 2 storage, 3 import/export, 4 data transfer */
  readElementStatus: (type: number, length: number) =>
    ReadElementStatus12.encode(
      ReadElementStatus12.create({ operationCode: OperationCode.READ_ELEMENT_STATUS, flags: 0x10 | type, count: 0xffff, length }),
    ),
} as const;
