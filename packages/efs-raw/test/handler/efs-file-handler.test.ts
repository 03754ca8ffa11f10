import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  FileAttribute,
  isRawEncrypted,
  MemoryStreams,
  StreamId,
  type ConvertedFile,
  type FileEntry,
  type OpenedFile,
  type StoredStreams,
  type VolumeCapability,
  type VolumeNode,
} from '@winback/core';
import { testEntry } from '@winback/core/testing';
import { EfsFileHandler, MAIN_STREAM, newFileKey, volumeStreamsOf, type Item } from '../../src/index.js';
import { makeKey } from '../support/certificates.js';
import { encryptedFile, itemsFrom, listItems, listStreams, rawBytes } from '../support/forms.js';

const ann = makeKey('Ann');
const fileKey = newFileKey();
const TAKES: ReadonlySet<VolumeCapability> = new Set(['encrypted-files']);
const NOTHING: ReadonlySet<VolumeCapability> = new Set();
const DESCRIPTOR = Uint8Array.from({ length: 20 }, (_, i) => i);
const handler = new EfsFileHandler(() => Date.now());
const keyFiles = (key = ann) => [{ name: 'key.pem', bytes: Buffer.from(key.keyPem + key.certificatePem) }];

interface Sample {
  readonly items: readonly Item[];
  readonly raw: Uint8Array;
  readonly main: Uint8Array;
  readonly alternate: Uint8Array;
  readonly entry: FileEntry;
  readonly node: VolumeNode;
}

function sample(
  size: number,
  change?: (streams: ReturnType<typeof listStreams>, opened: number) => ReturnType<typeof listStreams>,
): Sample {
  const [main, alternate] = [new Uint8Array(randomBytes(size)), new Uint8Array(randomBytes(100))];
  const items = listItems(encryptedFile(fileKey, ann, { [MAIN_STREAM]: main, ':a:$DATA': alternate }));
  const attributes = FileAttribute.ARCHIVE | FileAttribute.ENCRYPTED;
  const metadata = items.find((item) => item.type === 'metadata')!.bytes;
  const entry = testEntry('dir/f.txt', { attributes, size, efsMetadata: metadata, securityDescriptor: DESCRIPTOR });
  let opened = 0;
  const node: VolumeNode = {
    path: entry.path,
    kind: 'file',
    facts: () => entry,
    open(): OpenedFile {
      const streams = listStreams(volumeStreamsOf(itemsFrom(items), () => undefined));
      const given = change ? change(streams, opened++) : streams;
      const memory = new MemoryStreams(given.map(({ header: { length: _, ...header }, data }) => ({ ...header, data })));
      return { entry, streams: memory, problems: [], changed: () => false };
    },
  };
  return { items, raw: rawBytes(itemsFrom(items)), main, alternate, entry, node };
}

/** What a set holds of a file. */
const kept = ({ node, entry }: Sample): ReturnType<typeof listStreams> => listStreams(handler.open(node, entry));
const stored = (streams: ReturnType<typeof listStreams>): StoredStreams =>
  new MemoryStreams(streams.map(({ header: { length: _, ...header }, data }) => ({ ...header, data })));

/** The same from something slow. */
function slowly(streams: StoredStreams): StoredStreams {
  const later = <T>(value: T): Promise<T> => new Promise((resolve) => setImmediate(() => resolve(value)));
  return { next: () => later(streams.next()) as never, readInto: (into) => later(streams.readInto(into.subarray(0, 5000))) as never };
}

const withoutMetadata = (entry: FileEntry): FileEntry => ({ ...entry, efsMetadata: undefined, securityDescriptor: undefined });
const contentsOf = (streams: ReturnType<typeof listStreams>): Record<string, Uint8Array> => {
  const all: Record<string, Uint8Array> = {};
  let name = '';
  for (const { header, data } of streams) {
    if (header.id === StreamId.DATA || header.id === StreamId.ALTERNATE_DATA) {
      name = header.name ?? 'main';
      all[name] = data;
    } else if (header.id === StreamId.SPARSE_BLOCK) {
      const end = (header.offset ?? 0) + data.length;
      const grown = new Uint8Array(Math.max(all[name]!.length, end));
      grown.set(all[name]!);
      grown.set(data, header.offset ?? 0);
      all[name] = grown;
    }
  }
  return all;
};

describe('an encrypted file in a backup', () => {
  it.each([0, 1, 512, 65_536, 200_000])('of %d bytes is its facts and one stream, as long as it said', (size) => {
    const one = sample(size);
    const streams = kept(one);
    expect(streams.map(({ header }) => header.foreign?.id ?? header.id)).toEqual([StreamId.SECURITY_DATA, 'NTED']);
    const [, raw] = streams;
    expect(raw!.header.length).toBe(raw!.data.length);
    expect(Buffer.compare(raw!.data, one.raw)).toBe(0);
  });

  it('is claimed, folders and links are not', () => {
    const { entry } = sample(1);
    expect(handler.claims(entry)).toBe(true);
    for (const other of [{ kind: 'directory' }, { linkTo: 'x' }, { efsMetadata: undefined }] as const)
      expect(handler.claims({ ...entry, ...other })).toBe(false);
  });

  it('that became shorter meanwhile has the length that was said, and a fault', () => {
    const one = sample(600_000, (streams, opened) =>
      opened < 2 ? streams : streams.filter(({ header }) => header.id !== StreamId.SPARSE_BLOCK || (header.offset ?? 0) < 200_000),
    );
    const source = handler.open(one.node, one.entry);
    const streams = listStreams(source);
    expect(streams[1]!.data.length).toBe(streams[1]!.header.length);
    expect(source.faults).toMatchObject([{ kind: 'length-changed', streamNumber: 2 }]);
  });
});

describe('recovery', () => {
  const convert = async (
    one: Sample,
    capabilities: typeof TAKES,
    files: ReturnType<typeof keyFiles> = [],
    slow = false,
  ): Promise<ConvertedFile> => {
    const streams = stored(kept(one));
    const converted = await handler
      .beginRecovery({ keyFiles: files })
      .convert(withoutMetadata(one.entry), slow ? slowly(streams) : streams, capabilities);
    return converted!;
  };
  const listSlowly = async (streams: StoredStreams): Promise<ReturnType<typeof listStreams>> => {
    const all: ReturnType<typeof listStreams> = [];
    const piece = new Uint8Array(10_000);
    for (let header = await streams.next(); header; header = await streams.next()) {
      const parts: Uint8Array[] = [];
      for (let n = await streams.readInto(piece); n > 0; n = await streams.readInto(piece)) parts.push(piece.slice(0, n));
      all.push({ header, data: new Uint8Array(Buffer.concat(parts)) });
    }
    return all;
  };

  it.each([0, 513, 200_000])('of %d bytes to a volume that takes it gives the ciphertext and its metadata', async (size) => {
    const one = sample(size);
    for (const slow of [false, true]) {
      const { entry, streams, problems } = await convert(one, TAKES, [], slow);
      const wanted = listStreams(volumeStreamsOf(itemsFrom(one.items), () => undefined));
      const found = await listSlowly(streams);
      expect(problems).toEqual([]);
      expect(entry).toEqual(withoutMetadata(one.entry));
      expect(found[0]!.data).toEqual(DESCRIPTOR);
      expect(contentsOf(found.slice(1))).toEqual(contentsOf(wanted));
      expect(found[1]).toEqual(wanted[0]);
    }
  });

  it('to one that does not gives the raw form byte for byte, under another name, and says so', async () => {
    const one = sample(100_000);
    const { entry, streams, problems } = await convert(one, NOTHING);
    const found = listStreams(streams);
    expect(entry).toMatchObject({ path: 'dir/f.txt.efsraw', size: one.raw.length, attributes: FileAttribute.ARCHIVE });
    expect(found.map(({ header }) => header.id)).toEqual([StreamId.SECURITY_DATA, StreamId.DATA]);
    expect(Buffer.compare(found[1]!.data, one.raw)).toBe(0);
    expect(problems).toMatchObject([{ effect: 'incomplete', error: { code: 'RECOVERY_FACT' } }]);
  });

  it('with a key gives plain text anywhere', async () => {
    for (const size of [0, 1, 100_001]) {
      const one = sample(size);
      for (const capabilities of [TAKES, NOTHING]) {
        for (const slow of [false, true]) {
          const { entry, streams, problems } = await convert(one, capabilities, keyFiles(), slow);
          expect(contentsOf(await listSlowly(streams))).toEqual({ main: one.main, ':a:$DATA': one.alternate });
          expect({ path: entry.path, attributes: entry.attributes, problems }).toEqual({
            path: 'dir/f.txt',
            attributes: FileAttribute.ARCHIVE,
            problems: [],
          });
        }
      }
    }
  });

  it('with a key that does not fit gives what there is without one, and says whose would', async () => {
    const one = sample(70_000);
    const other = keyFiles(makeKey('Other'));
    const { entry, streams, problems } = await convert(one, NOTHING, other);
    expect(Buffer.compare(listStreams(streams)[1]!.data, one.raw)).toBe(0);
    expect(entry.path).toBe('dir/f.txt.efsraw');
    expect(problems.map(({ error }) => error.code)).toEqual(['EFS_NO_KEY', 'RECOVERY_FACT']);
    const taken = await convert(one, TAKES, other);
    expect(listStreams(taken.streams).some(({ header }) => header.foreign?.id === '$EFS')).toBe(true);
    expect(taken.problems.map(({ error }) => error.code)).toEqual(['EFS_NO_KEY']);
  });

  it('gives the raw form as it is to a volume that takes that', async () => {
    const one = sample(200_000);
    for (const keys of [undefined, keyFiles(makeKey('Other'))]) {
      for (const slow of [false, true]) {
        const { entry, streams, problems } = await convert(one, new Set(['raw-encrypted-files']), keys, slow);
        const [, raw, ...more] = await listSlowly(streams);
        expect([isRawEncrypted(raw!.header), more.length, Buffer.compare(raw!.data, one.raw)]).toEqual([true, 0, 0]);
        expect([entry.path, entry.attributes]).toEqual(['dir/f.txt', one.entry.attributes]);
        expect(problems.map(({ error }) => error.code)).toEqual(keys ? ['EFS_NO_KEY'] : []);
      }
    }
  });

  it('of sets that hold ciphertext and metadata as streams of their own decrypts those too', async () => {
    const one = sample(100_000);
    const streams = listStreams(volumeStreamsOf(itemsFrom(one.items), () => undefined));
    const recovery = handler.beginRecovery({ keyFiles: keyFiles() });
    const converted = await recovery.convert(withoutMetadata(one.entry), stored(streams), NOTHING);
    expect(contentsOf(listStreams(converted!.streams))).toEqual({ main: one.main, ':a:$DATA': one.alternate });
    const without = await handler.beginRecovery({}).convert(withoutMetadata(one.entry), stored(streams), NOTHING);
    expect(listStreams(without!.streams)).toEqual(streams);
  });

  it('of a damaged file decrypts the rest and names what is missing', async () => {
    const one = sample(200_000);
    const streams = kept(one).map((stream) => {
      if (!isRawEncrypted(stream.header)) return stream;
      const data = stream.data.slice();
      data[Buffer.from(data).indexOf(Buffer.from('G\0U\0R\0E\0'), 60_000)] = 1;
      return { ...stream, data };
    });
    const converted = await handler.beginRecovery({ keyFiles: keyFiles() }).convert(withoutMetadata(one.entry), stored(streams), NOTHING);
    const main = contentsOf(listStreams(converted!.streams))['main'];
    const wanted = one.main.slice().fill(0, 65_536, 131_072);
    expect(Buffer.compare(main!, wanted)).toBe(0);
    expect(converted!.problems).toMatchObject([{ error: { code: 'RECOVERY_DAMAGED', details: { begin: 65_536, end: 131_072 } } }]);
    const nonsense = [{ header: streams[1]!.header, data: streams[1]!.data.slice().fill(7, 0, 100) }];
    const kept2 = await handler.beginRecovery({ keyFiles: keyFiles() }).convert(withoutMetadata(one.entry), stored(nonsense), TAKES);
    expect(kept2!.entry.path).toBe('dir/f.txt.efsraw');
    expect(kept2!.problems).toMatchObject([{ error: { code: 'RECOVERY_DAMAGED' } }]);
    expect(Buffer.compare(listStreams(kept2!.streams)[0]!.data, nonsense[0]!.data)).toBe(0);
  });

  it('says once that a certificate has expired', async () => {
    const old = makeKey('Old', { years: -1, keyOf: ann });
    const recovery = handler.beginRecovery({ keyFiles: keyFiles(old) });
    const one = sample(10);
    const first = await recovery.convert(withoutMetadata(one.entry), stored(kept(one)), NOTHING);
    const second = await recovery.convert(withoutMetadata(one.entry), stored(kept(one)), NOTHING);
    expect(first!.problems).toMatchObject([{ effect: 'note' }]);
    expect(second!.problems).toEqual([]);
  });

  it('leaves folders, links and files that are not what they seem alone', async () => {
    const { entry } = sample(1);
    const recovery = handler.beginRecovery({});
    expect(recovery.convert({ ...entry, kind: 'directory' }, stored([]), TAKES)).toBeUndefined();
    expect(recovery.convert({ ...entry, linkTo: 'x' }, stored([]), TAKES)).toBeUndefined();
    const plain = [{ header: { id: StreamId.DATA, attributes: 0, length: 3 }, data: Uint8Array.of(1, 2, 3) }];
    const converted = await recovery.convert(entry, stored(plain), TAKES);
    expect(listStreams(converted!.streams)).toEqual(plain);
  });

  it('is refused before it begins when a key cannot be used', () => {
    expect(() => handler.beginRecovery({ keyFiles: [{ name: 'k', bytes: ann.pfx('secret'), password: 'guess' }] })).toThrow(
      expect.objectContaining({ code: 'EFS_PASSWORD' }),
    );
  });
});
