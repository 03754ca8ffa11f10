import type { BackupStreamHeader, BackupStreamSource, MemoryStream } from '../../src/streams/index.js';
import type { FileRecovery } from '../../src/volume/index.js';

/** Bytes from hexadecimal text; what stands behind `#` in a line is a remark. */
export const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/#.*$/gm, '').replace(/\s+/g, ''), 'hex'));

/** Cuts bytes into pieces of at most `size`. */
export const piecesOf = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
export const bytesOf = (content: string): Uint8Array => new Uint8Array(Buffer.from(content, 'latin1'));

/** A file with a security descriptor, content and an alternate stream: written by hand from winbase.h. */
export const ORDINARY = hex(`
  03000000  02000000  1400000000000000  00000000       # BACKUP_SECURITY_DATA, STREAM_CONTAINS_SECURITY, 20 bytes, no name
  01 00 0080 00000000 00000000 00000000 00000000       # a self-relative descriptor with nothing in it
  01000000  00000000  0e00000000000000  00000000       # BACKUP_DATA, 14 bytes
  74657374696e672031203220330a                         # "testing 1 2 3\\n"
  04000000  00000000  1100000000000000  1c000000       # BACKUP_ALTERNATE_DATA, 17 bytes, name of 28
  3a006100 64007300 2e007400 78007400 3a002400 44004100 54004100   # ":ads.txt:$DATA"
  616c7465726e6174652073747265616d0a                   # "alternate stream\\n"
`);
/** Where in ORDINARY the streams begin. */
export const ORDINARY_AT = { security: 0, data: 40, alternate: 74, end: 139 } as const;

/** A file of 0x20000 bytes in which only "abcd" at 0x10000 and "xy" at 0x18000 are allocated. */
export const SPARSE = hex(`
  01000000  08000000  0000000000000000  00000000       # BACKUP_DATA, STREAM_SPARSE_ATTRIBUTE
  09000000  08000000  0c00000000000000  00000000       # BACKUP_SPARSE_BLOCK, 8 + 4 bytes
  0000010000000000  61626364
  09000000  08000000  0a00000000000000  00000000       # BACKUP_SPARSE_BLOCK, 8 + 2 bytes
  0080010000000000  7879
  09000000  08000000  0800000000000000  00000000       # the empty block at the end of the file
  0000020000000000
`);

export const ORDINARY_STREAMS: readonly MemoryStream[] = [
  { id: 3, attributes: 2, data: hex('01 00 0080 00000000 00000000 00000000 00000000') },
  { id: 1, attributes: 0, data: bytesOf('testing 1 2 3\n') },
  { id: 4, attributes: 0, name: ':ads.txt:$DATA', data: bytesOf('alternate stream\n') },
];

export const SPARSE_STREAMS: readonly MemoryStream[] = [
  { id: 1, attributes: 8, data: new Uint8Array(0) },
  { id: 9, attributes: 8, offset: 0x10000, data: bytesOf('abcd') },
  { id: 9, attributes: 8, offset: 0x18000, data: bytesOf('xy') },
  { id: 9, attributes: 8, offset: 0x20000, data: new Uint8Array(0) },
];

/** Every stream as one value, for comparing. */
export function collect(source: BackupStreamSource, pieceSize = 1000): MemoryStream[] {
  const streams: MemoryStream[] = [];
  const piece = new Uint8Array(pieceSize);
  for (let header = source.next(); header; header = source.next()) {
    const parts: Uint8Array[] = [];
    for (let n = source.readInto(piece); n > 0; n = source.readInto(piece)) parts.push(piece.slice(0, n));
    const { length: _, ...rest } = header;
    streams.push({ ...rest, data: new Uint8Array(Buffer.concat(parts)) });
  }
  return streams;
}

/** A volume that holds everything, or all but some streams, and remembers what it was given. */
export class RecordingRecovery implements FileRecovery {
  readonly streams: { header: BackupStreamHeader; data: Uint8Array }[] = [];
  ended: 'committed' | 'aborted' | undefined;
  constructor(private readonly refused: readonly number[] = []) {}

  begin(header: BackupStreamHeader): 'wanted' | 'unsupported' {
    if (this.refused.includes(header.id)) return 'unsupported';
    this.streams.push({ header, data: new Uint8Array(0) });
    return 'wanted';
  }
  write(data: Uint8Array): void {
    const last = this.streams.at(-1)!;
    last.data = new Uint8Array(Buffer.concat([last.data, data]));
  }
  commit(): { problems: readonly []; recoveredAs: string } {
    this.ended = 'committed';
    return { problems: [], recoveredAs: 'file' };
  }
  abort(): void {
    this.ended = 'aborted';
  }
  /** What was given, as streams. */
  get given(): MemoryStream[] {
    return this.streams.map(({ header: { length: _, ...rest }, data }) => ({ ...rest, data }));
  }
}
