// A second writer of Microsoft Tape Format, made from the specification with offsets of its own: it shares nothing with Winback's tables
// and code, so that a mistake in them shows. Its images are as NTBackup's are: one set of a volume C:, in local time.

export interface OtherImage {
  /** How names are stored: UTF-16LE, or a byte a character. */
  readonly strings: 'unicode' | 'ansi';
  /** Soft filemarks (SFMB blocks), or none. */
  readonly filemarks: 'sfmb' | 'none';
}

const BLOCK = 1024;
const VENDOR = 0x0cbe;

const number = (size: 2 | 4) => (value: number) => {
  const out = Buffer.alloc(size);
  out.writeUIntLE(value, 0, size);
  return out;
};
const u16 = number(2);
const u32 = number(4);
const u64 = (value: number): Buffer => Buffer.concat([u32(value % 2 ** 32), u32(Math.floor(value / 2 ** 32))]);
const zeros = (size: number): Buffer => Buffer.alloc(size);
const byte = (value: number): Buffer => Buffer.of(value);

const xor = (bytes: Buffer, width: 2 | 4): number => {
  let sum = 0;
  for (let i = 0; i + width <= bytes.length; i += width) sum ^= bytes.readUIntLE(i, width);
  return sum >>> 0;
};

/** 2005-06-01 12:34:56, packed as MTF_DATE_TIME. */
const date = Buffer.of(2005 >> 6, ((2005 & 63) << 2) | (6 >> 2), ((6 & 3) << 6) | (1 << 1) | (12 >> 4), ((12 & 15) << 4) | (34 >> 2), ((34 & 3) << 6) | 56); // prettier-ignore

/** A security descriptor: owner and group Administrators, an empty list of rights. */
const SECURITY = Buffer.from('01000480140000002400000000000000340000000102000000000005200000002002000001020000000000052000000020020000020008000000000000000000', 'hex'); // prettier-ignore

interface BlockOptions {
  /** Offset of an MTF_TAPE_ADDRESS in the block, and what it points to. */
  readonly strings?: readonly (readonly [at: number, text: string])[];
  readonly osData?: Buffer;
  readonly displayableSize?: number;
  /** TAPE, ESET and filemarks have fixed ones. */
  readonly logicalAddress?: number;
  readonly controlId?: number;
  readonly stringType?: number;
}

/** The image as bytes. */
export function otherImage({ strings, filemarks }: OtherImage): Buffer {
  const stringType = strings === 'ansi' ? 1 : 2;
  const encode = (text: string): Buffer => Buffer.from(text, strings === 'ansi' ? 'latin1' : 'utf16le');
  const marks = filemarks === 'sfmb';
  const parts: Buffer[] = [];
  const markAddresses: number[] = [];
  let length = 0;
  let setStart = 0;
  let control = 0;
  let files = 0;

  const put = (bytes: Buffer): void => {
    parts.push(bytes);
    length += bytes.length;
  };

  /** A descriptor block: 52 bytes common to all, `fixed` behind them, strings behind those. */
  const block = (type: string, fixed: Buffer, options: BlockOptions = {}): void => {
    const head = Buffer.concat([zeros(52), fixed]);
    const tail: Buffer[] = [];
    let end = head.length;
    const pad = (unit: number): void => {
      const fill = zeros((unit - (end % unit)) % unit);
      tail.push(fill);
      end += fill.length;
    };
    const refer = (at: number, data: Buffer, unit: number): void => {
      pad(unit);
      head.writeUInt16LE(data.length, at);
      head.writeUInt16LE(data.length > 0 ? end : 0, at + 2);
      tail.push(data);
      end += data.length;
    };
    if (options.osData) refer(44, options.osData, 4);
    for (const [at, text] of options.strings ?? []) refer(at, encode(text), 2);
    pad(4);
    const whole = Buffer.concat([head, ...tail]);
    whole.write(type, 0, 'latin1');
    whole.writeUInt16LE(whole.length, 8);
    whole[10] = 14; // Windows NT
    whole[11] = 1;
    u64(options.displayableSize ?? 0).copy(whole, 12);
    u64(options.logicalAddress ?? Math.floor((length - setStart) / BLOCK)).copy(whole, 20);
    whole.writeUInt32LE(options.controlId ?? control++, 36);
    whole[48] = options.stringType ?? stringType;
    whole.writeUInt16LE(xor(whole.subarray(0, 50), 2), 50);
    put(whole);
  };

  const stream = (id: string, data: Buffer, { fileSystem = 0, media = 0 } = {}): void => {
    const head = Buffer.concat([Buffer.from(id), u16(fileSystem), u16(media), u64(data.length), zeros(4)]);
    put(Buffer.concat([head, u16(xor(head, 2)), data]));
    if (id !== 'SPAD') put(zeros((4 - ((length - setStart) % 4)) % 4));
  };
  const padToBlock = (): void => {
    stream('SPAD', zeros((BLOCK - ((length - setStart + 22) % BLOCK)) % BLOCK));
  };
  const checksum = (data: Buffer): void => {
    stream('CSUM', u32(xor(Buffer.concat([data, zeros((4 - (data.length % 4)) % 4)]), 4)));
  };
  const filemark = (): void => {
    if (!marks) return;
    const out = zeros(BLOCK);
    out.write('SFMB');
    out.writeUInt16LE(BLOCK, 8);
    out[10] = 14;
    out[11] = 1;
    u64(length / BLOCK).copy(out, 20);
    out.writeUInt32LE(markAddresses.length + 1, 36);
    out.writeUInt32LE(120, 52);
    out.writeUInt32LE(markAddresses.length, 56);
    [...markAddresses].reverse().forEach((address, i) => u64(address).copy(out, 60 + 8 * i));
    out.writeUInt16LE(xor(out.subarray(0, 50), 2), 50);
    markAddresses.push(length / BLOCK);
    put(out);
  };
  const directory = (id: number, name: string): void => {
    const fixed = [u32(0), date, date, zeros(5), date, u32(id), zeros(4)];
    block('DIRB', Buffer.concat(fixed), { strings: [[80, name]], osData: Buffer.concat([u32(0x10), zeros(4)]) });
  };
  const file = (parent: number, name: string, size: number, isLink = false): void => {
    const fixed = [u32(0x800), date, date, zeros(5), date, u32(parent), u32(++files), zeros(4)];
    const osData = Buffer.concat([u32(0x20), zeros(4), u32(isLink ? 1 : 0)]);
    block('FILE', Buffer.concat(fixed), { strings: [[84, name]], osData, displayableSize: size });
  };
  /** A file of one stream with its content. */
  const plainFile = (parent: number, name: string, content: Buffer): void => {
    file(parent, name, content.length);
    stream('STAN', content);
  };

  const software: [number, string][] = [[68, 'Lab media'], [72, 'a medium'], [80, 'tape-lab']]; // prettier-ignore
  const tape = [u32(0x11223344), u32(Number(marks)), u16(1), u16(0), u16(marks ? 2 : 0), u16(0), zeros(16)];
  block('TAPE', Buffer.concat([...tape, u16(BLOCK), u16(VENDOR), date, byte(1)]), { strings: software, logicalAddress: 0, controlId: 0 });
  padToBlock();
  filemark();

  setStart = length;
  control = 0;
  const set = [u32(4), u16(0), u16(0), u16(VENDOR), u16(1), zeros(16), u64(marks ? length / BLOCK : 2), date, Buffer.of(5, 0, 127, 0, 0)];
  block('SSET', Buffer.concat(set), { strings: [[64, 'Set 1'], [68, 'desc'], [76, 'LAB\\user']] }); // prettier-ignore
  padToBlock();
  const volume = Buffer.concat([u32(4), zeros(12), date]);
  block('VOLB', volume, { strings: [[56, 'C:'], [60, 'System'], [64, 'LABPC']], osData: Buffer.concat([u32(0x000700ff), u32(0)]) }); // prettier-ignore
  padToBlock();

  directory(1, '\0');
  stream('NACL', SECURITY, { fileSystem: 2 });
  padToBlock();
  const hello = Buffer.from('hello from the root\n');
  file(1, 'root.txt', hello.length);
  stream('NACL', SECURITY, { fileSystem: 2 });
  stream('STAN', hello, { media: 0x20 });
  checksum(hello);
  padToBlock();

  directory(2, 'apps\0fred\0');
  padToBlock();
  plainFile(2, 'five k.bin', Buffer.alloc(5000, 'abcdefghij'));
  padToBlock();
  plainFile(2, 'ads.txt', Buffer.from('abc'));
  const alternate = Buffer.from('Zone.Identifier', 'utf16le');
  stream('ADAT', Buffer.concat([u32(alternate.length), alternate, Buffer.from('[ZoneTransfer]\r\nZoneId=3\r\n')]));
  padToBlock();
  file(2, 'empty.dat', 0);
  padToBlock();
  file(2, 'sparse.bin', 200_000);
  stream('STAN', zeros(0), { fileSystem: 8 });
  stream('SPAR', Buffer.concat([u64(0), Buffer.alloc(1000, 'S')]));
  stream('SPAR', Buffer.concat([u64(131_072), Buffer.alloc(700, 'T')]));
  stream('SPAR', u64(200_000));
  padToBlock();
  directory(3, strings === 'ansi' ? 'apps\0third\0' : 'apps\0Übung\0');
  padToBlock();
  plainFile(3, 'last.txt', Buffer.from('last'));
  padToBlock();
  file(3, 'again.txt', hello.length, true);
  stream('LINK', Buffer.from('C:\\root.txt\0', 'utf16le'));
  padToBlock();

  filemark();
  const end = Buffer.concat([u32(4), u32(0), u64(0), u64(0), u16(0), u16(1), date]);
  block('ESET', end, { logicalAddress: 0, stringType: 0 });
  padToBlock();
  filemark();
  return Buffer.concat(parts);
}
