import { ascii, reserved, size64, struct, u16, u32, u8 } from '@winback/core';

// prettier-ignore
export const StreamHeader = struct('MTF_STREAM_HDR', { size: 0x16, spec: 'MTF 1.00a, Data Stream Header' }, [
  [0x00, 'id',                   ascii(4), 'Stream ID'],
  [0x04, 'fileSystemAttributes', u16,      'Stream File System Attributes. bit0 modified by read, 1 security, 2 non-portable, 3 sparse'],
  [0x06, 'mediaAttributes',      u16,      'Stream Media Format Attributes. bit0 continue, 1 variable, 2 variable end, 3 encrypted, 4 compressed, 5 checksummed'],
  [0x08, 'length',               size64,   'Bytes of data, which follow'],
  [0x10, 'encryptionAlgorithm',  u16,      ''],
  [0x12, 'compressionAlgorithm', u16,      '0x0abe = LZS221'],
  [0x14, 'checksum',             u16,      'XOR of the 10 words before it'],
]);

// prettier-ignore
export const ChecksumStream = struct('CSUM', { size: 0x04, spec: 'MTF 1.00a, Checksum Data Stream' }, [
  [0x00, 'checksum', u32, 'XOR of the words of the stream before; a short tail counts as zero-extended'],
]);

// prettier-ignore
export const SparseStream = struct('SPAR', { size: 0x08, spec: 'MTF 1.00a, Sparse Data Stream' }, [
  [0x00, 'offset', size64, 'Where in the file the bytes that follow belong'],
]);

// prettier-ignore
export const AlternateStream = struct('ADAT', { size: 0x04, spec: 'MTF 1.00a, NTFS Alternate Stream' }, [
  [0x00, 'nameSize', u32, 'Bytes of the UTF-16 name that follows; then the contents'],
]);

// prettier-ignore
export const FrameHeader = struct('MTF_FRAME_HDR', { size: 0x18, spec: 'MTF 1.00a, Compression and Encryption Frame Header' }, [
  [0x00, 'signature',        ascii(2),    '`FH` compression, `EH` encryption'],
  [0x02, 'mediaAttributes',  u16,         'Of the stream as it was'],
  [0x04, 'remaining',        size64,      'Bytes of the whole stream from this frame on; 0 when unknown'],
  [0x0c, 'uncompressedSize', u32,         'Bytes of this frame before'],
  [0x10, 'compressedSize',   u32,         'Bytes of this frame as it is; the same when it is stored'],
  [0x14, 'sequence',         u8,          'From 1; wraps'],
  [0x15, 'reserved15',       reserved(1), ''],
  [0x16, 'checksum',         u16,         'XOR of the 11 words before it'],
]);
