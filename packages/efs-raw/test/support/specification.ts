/** A reader of the raw format written from MS-EFSR 2.2.3 alone: strict, without any of the package's code. */
export function readBySpecification(bytes: Uint8Array): {
  readonly metadata: Uint8Array;
  readonly streams: {
    readonly name: string;
    readonly flag: number;
    readonly size: number;
    readonly data: Uint8Array;
    readonly sparse: boolean;
  }[];
} {
  const b = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const must = (truth: boolean, what: string, at: number): void => {
    if (!truth) throw new Error(`${what} at ${at}`);
  };
  must(b.subarray(0, 20).toString('hex') === '0001000052004f00420053000000000000000000', 'the file header', 0);
  const all: { nameBytes: Buffer; flag: number; segments: Buffer[] }[] = [];
  for (let at = 20; at < b.length;) {
    const length = b.readUInt32LE(at);
    const signature = b.toString('latin1', at + 4, at + 12);
    if (signature === 'N\0T\0F\0S\0') {
      const nameLength = b.readUInt32LE(at + 0x18);
      must(length === 0x1c + nameLength, 'length of a stream header', at);
      must(b.readBigUInt64LE(at + 0x10) === 0n, 'reserved bytes', at);
      all.push({ nameBytes: b.subarray(at + 0x1c, at + length), flag: b.readUInt32LE(at + 0xc), segments: [] });
    } else {
      must(signature === 'G\0U\0R\0E\0', 'a signature', at);
      must(length >= 0x10 && at + length <= b.length, 'length of a segment', at);
      must(b.readUInt32LE(at + 0xc) === 0, 'reserved bytes', at);
      all.at(-1)!.segments.push(b.subarray(at + 0x10, at + length));
    }
    at += length;
  }
  const [first, ...others] = all;
  must(first!.nameBytes.toString('hex') === '1019' && first!.flag === 0, 'the metadata stream', 20);
  const streams = others.map(({ nameBytes, flag, segments }) => {
    const name = nameBytes.toString('utf16le');
    must(name.endsWith('\0'), 'NUL behind the name', 0);
    if (flag === 1) {
      const data = Buffer.concat(segments);
      return { name: name.slice(0, -1), flag, size: data.length, data, sparse: false };
    }
    const parts: Buffer[] = [];
    let [end, size, sparse] = [0, 0, false];
    for (const segment of segments) {
      const start = Number(segment.readBigUInt64LE(0));
      must(start === end, 'start of a segment', start);
      const [header, within, valid] = [segment.readUInt32LE(8), segment.readUInt32LE(12), segment.readUInt32LE(16)];
      must(segment.readUInt16LE(0x14) === 0 && segment[0x19] === 1 && segment[0x17] === segment[0x16], 'fixed bytes', start);
      const unit = 2 ** segment[0x16]!;
      const count = segment.readUInt16LE(0x1a);
      sparse = header > 0x1c + 4 * count;
      must(header === 0x1c + 4 * count + (sparse ? 16 : 0), 'length of the encryption header', start);
      if (sparse)
        must(segment.toString('latin1', header - 16, header - 12) === 'EXTD' && segment.readUInt32LE(header - 8) === 1, 'EXTD', start);
      let from = header;
      for (let i = 0; i < count; i++) {
        const length = segment.readUInt32LE(0x1c + 4 * i);
        must(length <= unit && length % 512 === 0, 'size of a block', start);
        if (!sparse) parts.push(segment.subarray(from, from + length));
        from += length;
        end += length === 0 ? unit : length;
      }
      must(from === segment.length, 'blocks and data', start);
      must(within <= end - start && valid <= within, 'bytes within', start);
      size = start + within;
    }
    return { name: name.slice(0, -1), flag, size, data: Buffer.concat(parts), sparse };
  });
  return { metadata: Buffer.concat(first!.segments), streams };
}
