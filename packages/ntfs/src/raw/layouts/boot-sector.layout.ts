import { bytes, i8, magic, reserved, size64, struct, u16, u32, u64, u8 } from '@winback/core';

// prettier-ignore
export const BootSector = struct('NTFS boot sector', { size: 0x200, spec: 'libfsntfs documentation, volume header' }, [
  [0x000, 'jump',                 bytes(3),          'Boot code entry point'],
  [0x003, 'signature',            magic('NTFS    '), ''],
  [0x00b, 'bytesPerSector',       u16,               '256 to 4096, a power of 2'],
  [0x00d, 'sectorsPerCluster',    u8,                'A power of 2; n over 0x80 stands for 2^(256-n)'],
  [0x00e, 'sectorsBeforeVolume',  u16,               '0'],
  [0x010, 'unused10',             reserved(5),       ''],
  [0x015, 'mediaDescriptor',      u8,                '0xf8'],
  [0x016, 'unused16',             reserved(2),       ''],
  [0x018, 'sectorsPerTrack',      u16,               ''],
  [0x01a, 'heads',                u16,               ''],
  [0x01c, 'hiddenSectors',        u32,               'Sectors before the partition'],
  [0x020, 'unused20',             reserved(8),       ''],
  [0x028, 'totalSectors',         size64,            'Without the copy of this sector behind the volume'],
  [0x030, 'mftCluster',           size64,            'Where $MFT begins'],
  [0x038, 'mftMirrorCluster',     size64,            'Where $MFTMirr begins, a copy of the first records'],
  [0x040, 'clustersPerRecord',    i8,                'Of a FILE record; negative n stands for 2^-n bytes'],
  [0x041, 'unused41',             reserved(3),       ''],
  [0x044, 'clustersPerBlock',     i8,                'Of an INDX block; negative n stands for 2^-n bytes'],
  [0x045, 'unused45',             reserved(3),       ''],
  [0x048, 'volumeSerial',         u64,               ''],
  [0x050, 'checksum',             u32,               'Not used'],
  [0x054, 'bootCode',             bytes(0x1aa),      ''],
  [0x1fe, 'endSignature',         magic('\x55\xaa'), ''],
]);
