import { struct, u16be, u24be, u32be, u8 } from '@winback/core/base';

// prettier-ignore
export const ModeHeader6 = struct('SCSI mode parameter header(6)', { size: 4, spec: 'SPC-3 7.4.3; SSC-3 8.3' }, [
  [0x00, 'length',                u8, 'MODE DATA LENGTH. Bytes that follow; reserved for MODE SELECT'],
  [0x01, 'mediumType',            u8, 'MEDIUM TYPE'],
  [0x02, 'flags',                 u8, '0x80 WP; BUFFERED MODE in bits 4 to 6; SPEED in bits 0 to 3'],
  [0x03, 'blockDescriptorLength', u8, 'BLOCK DESCRIPTOR LENGTH. 8, or 0 where there is none'],
]);

// prettier-ignore
export const ModeBlockDescriptor = struct('SCSI mode parameter block descriptor', { size: 8, spec: 'SPC-3 7.4.4.1' }, [
  [0x00, 'density',     u8,    'DENSITY CODE'],
  [0x01, 'blocks',      u24be, 'NUMBER OF BLOCKS. 0: the rest of the medium'],
  [0x04, 'reserved04',  u8,    ''],
  [0x05, 'blockLength', u24be, 'BLOCK LENGTH. 0: of any size'],
]);

// prettier-ignore
export const CompressionPage = struct('Data Compression mode page', { size: 0x10, spec: 'SSC-3 8.3.2' }, [
  [0x00, 'page',                   u8,    'PS in bit 7; PAGE CODE (0Fh)'],
  [0x01, 'length',                 u8,    'PAGE LENGTH (14)'],
  [0x02, 'compression',            u8,    '0x80 DCE: compress what is written, 0x40 DCC: the drive can'],
  [0x03, 'decompression',          u8,    '0x80 DDE: decompress what is read'],
  [0x04, 'compressionAlgorithm',   u32be, 'COMPRESSION ALGORITHM'],
  [0x08, 'decompressionAlgorithm', u32be, 'DECOMPRESSION ALGORITHM'],
  [0x0c, 'reserved0c',             u32be, ''],
]);

// prettier-ignore
export const ConfigurationPage = struct('Device Configuration mode page', { size: 0x10, spec: 'SSC-3 8.3.3; SCSI-2 10.3.3.1' }, [
  [0x00, 'page',              u8,    'PS in bit 7; PAGE CODE (10h)'],
  [0x01, 'length',            u8,    'PAGE LENGTH (14)'],
  [0x02, 'flags02',           u8,    'ACTIVE FORMAT; CAF, CAP of SCSI-2'],
  [0x03, 'activePartition',   u8,    'ACTIVE PARTITION'],
  [0x04, 'writeFullRatio',    u8,    'WRITE OBJECT BUFFER FULL RATIO'],
  [0x05, 'readEmptyRatio',    u8,    'READ OBJECT BUFFER EMPTY RATIO'],
  [0x06, 'writeDelay',        u16be, 'WRITE DELAY TIME. Tenths of a second'],
  [0x08, 'flags08',           u8,    '0x20 RSmk: report setmarks; others by the name of the specification'],
  [0x09, 'gap',               u8,    'GAP SIZE'],
  [0x0a, 'flags0a',           u8,    '0x10 SEW: early warning is reported'],
  [0x0b, 'earlyWarningSize',  u24be, 'OBJECT BUFFER SIZE AT EARLY WARNING'],
  [0x0e, 'compression',       u8,    'SELECT DATA COMPRESSION ALGORITHM'],
  [0x0f, 'flags0f',           u8,    'WTRE, OIR, REWIND ON RESET, write-protections'],
]);

// prettier-ignore
export const PartitionPage = struct('Medium Partition mode page', { size: 8, spec: 'SSC-3 8.3.4' }, [
  [0x00, 'page',              u8, 'PS in bit 7; PAGE CODE (11h)'],
  [0x01, 'length',            u8, 'PAGE LENGTH. 6 and 2 for each partition size that follows'],
  [0x02, 'maximumAdditional', u8, 'MAXIMUM ADDITIONAL PARTITIONS'],
  [0x03, 'additional',        u8, 'ADDITIONAL PARTITIONS DEFINED'],
  [0x04, 'flags',             u8, '0x80 FDP, 0x40 SDP, 0x20 IDP; PSUM in bits 3 and 4; 0x04 POFM: at the next FORMAT MEDIUM'],
  [0x05, 'recognition',       u8, 'MEDIUM FORMAT RECOGNITION'],
  [0x06, 'units',             u8, 'PARTITION UNITS in bits 0 to 3: a power of ten of bytes, where PSUM is 3'],
  [0x07, 'reserved07',        u8, ''],
]);

// prettier-ignore
export const PartitionSize = struct('Medium Partition mode page, partition size', { size: 2, spec: 'SSC-3 8.3.4' }, [
  [0x00, 'size', u16be, 'PARTITION SIZE, in the units of the page. FFFFh: what is left'],
]);
