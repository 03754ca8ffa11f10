import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  FileAttribute,
  rawEncryptedStream,
  StreamId,
  type BackupStreamHeader,
  type StoredFile,
  type StoredStreams,
  MemoryStreams,
  SourceError,
  type VolumeDriver,
} from '@winback/core';
import { testEntry } from '@winback/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  changeMetadata,
  decryptTo,
  loadKeys,
  MAIN_STREAM,
  newFileKey,
  openEncrypted,
  openStored,
  volumeStreamsOf,
} from '../../src/index.js';
import { makeKey } from '../support/certificates.js';
import { encryptedFile, listStreams, rawBytes } from '../support/forms.js';

const ann = makeKey('Ann');
const keys = loadKeys({ name: 'ann', bytes: Buffer.from(ann.keyPem + ann.certificatePem) });
const [main, notes] = [randomBytes(200_000), randomBytes(700)];
const file = () => encryptedFile(newFileKey(), ann, { [MAIN_STREAM]: main, ':notes:$DATA': notes });
const ENCRYPTED = FileAttribute.ENCRYPTED | FileAttribute.ARCHIVE;
const descriptor = { header: { id: StreamId.SECURITY_DATA, attributes: 0, length: 20 }, data: new Uint8Array(20) };

interface Stream {
  readonly header: BackupStreamHeader;
  readonly data: Uint8Array;
}

/** A file as a set gives it, in small pieces; what the backup noted of it comes with its last stream. */
function storedFile(
  list: readonly Stream[],
  { slow = false, attributes = ENCRYPTED, noted = [] as string[] } = {},
): Pick<StoredFile, 'entry' | 'streams' | 'faults'> {
  let [index, at] = [-1, 0];
  const faults: string[] = [];
  const answer = <T>(value: T): T | Promise<T> => (slow ? Promise.resolve(value) : value);
  const streams: StoredStreams = {
    next() {
      at = 0;
      const header = list[++index]?.header;
      if (!header) faults.push(...noted.splice(0));
      return answer(header);
    },
    readInto(buffer) {
      const piece = (list[index]?.data ?? new Uint8Array()).subarray(at, at + Math.min(buffer.length, 7001));
      buffer.set(piece);
      at += piece.length;
      return answer(piece.length);
    },
  };
  return { entry: testEntry('f', { attributes }), streams, faults };
}

const rawStreams = (bytes = rawBytes(file())): Stream[] => [
  descriptor,
  { header: rawEncryptedStream(bytes.length), data: bytes },
  { header: { id: StreamId.OBJECT_ID, attributes: 0, length: 4 }, data: new Uint8Array(4) },
];

async function decrypt(stored: Pick<StoredFile, 'entry' | 'streams' | 'faults'>, stream = MAIN_STREAM) {
  const source = await openStored('/data/f', stored);
  expect(source).toMatchObject({ path: '/data/f', form: 'backup' });
  const plain = Buffer.alloc(250_000);
  const done = await decryptTo(
    source,
    keys,
    {
      write(bytes, position) {
        plain.set(bytes, position);
      },
    },
    { stream, now: Date.now() },
  );
  return { plain: plain.subarray(0, done.bytes), ...done };
}

describe('an encrypted file of a volume that gives its raw form', () => {
  const problem = {
    path: 'f',
    error: new SourceError('SOURCE_UNREADABLE', 'f: access denied', { path: 'f' }),
    effect: 'incomplete',
  } as const;
  /** A volume with one file; the file that stands there is what nobody without a key can read. */
  function driver(raw: Uint8Array | undefined, attributes = ENCRYPTED): VolumeDriver {
    const streams = raw ? [{ ...rawEncryptedStream(0), data: raw }] : [];
    const opened = {
      entry: testEntry('f', { attributes }),
      streams: new MemoryStreams(streams),
      problems: raw ? [] : [problem],
      changed: () => false,
    };
    const volume = { node: () => ({ open: () => opened }), [Symbol.dispose]: () => undefined };
    const identity = { root: '/', fileSystem: 'NTFS', device: '' };
    return {
      probe: () => ({ available: true }),
      locate: () => ({ volume: identity, path: 'f', kind: 'file' }),
      open: () => volume,
    } as unknown as VolumeDriver;
  }
  let folder: string;
  let path: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'winback-efs-'));
    path = join(folder, 'f');
    writeFileSync(path, '');
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('is decrypted where it is, and given no other users', async () => {
    const raw = rawBytes(file());
    using source = openEncrypted(path, [driver(raw)]);
    expect(source.form).toBe('volume');
    const plain = Buffer.alloc(250_000);
    const sink = {
      write(bytes: Uint8Array, position: number) {
        plain.set(bytes, position);
      },
    };
    const { bytes } = await decryptTo(source, keys, sink, { now: Date.now() });
    expect(plain.subarray(0, bytes).equals(main)).toBe(true);
    await expect(changeMetadata(path, [driver(raw)], (metadata) => metadata)).rejects.toMatchObject({ code: 'EFS_UNSUPPORTED' });
  });

  it('tells why it could not be read, and that a plain file is none', () => {
    expect(() => openEncrypted(path, [driver(undefined)])).toThrow(problem.error);
    expect(() => openEncrypted(path, [driver(undefined, FileAttribute.ARCHIVE)])).toThrow(
      expect.objectContaining({ code: 'EFS_UNSUPPORTED' }),
    );
  });
});

describe('an encrypted file in a backup', () => {
  it.each([false, true])('is decrypted where it is (a target that waits: %s)', async (slow) => {
    for (const list of [rawStreams(), [descriptor, ...listStreams(volumeStreamsOf(file(), () => undefined))]]) {
      const { plain, missing, otherStreams } = await decrypt(storedFile(list, { slow }));
      expect(plain.equals(main)).toBe(true);
      expect({ missing, otherStreams }).toEqual({ missing: [], otherStreams: [':notes:$DATA'] });
      expect((await decrypt(storedFile(list, { slow }), ':notes:$DATA')).plain.equals(notes)).toBe(true);
    }
  });

  it('tells what the backup noted of it', async () => {
    const { missing } = await decrypt(storedFile(rawStreams(), { noted: ['bytes 5 to 9 could not be read'] }));
    expect(missing).toMatchObject([{ reason: 'bytes 5 to 9 could not be read' }]);
  });

  it('that is cut short or damaged gives the rest, and says what is missing', async () => {
    const raw = rawBytes(file());
    const cut = await decrypt(storedFile(rawStreams(raw.subarray(0, 100_000))));
    expect(cut.missing.length).toBeGreaterThan(0);
    const hit = raw.slice();
    hit[Buffer.from(hit).indexOf(Buffer.from('G\0U\0R\0E\0'), 60_000)] = 0;
    const damaged = await decrypt(storedFile(rawStreams(hit)));
    expect(damaged.missing).toMatchObject([{ begin: 65_536, end: 131_072 }]);
    await expect(decrypt(storedFile(rawStreams(raw.slice().fill(9, 0, 64))))).rejects.toMatchObject({
      code: expect.stringMatching(/^FORMAT_/) as string,
    });
  });

  it('of which nothing was kept, or that is not encrypted, is refused', async () => {
    const plain = [{ header: { id: StreamId.DATA, attributes: 0, length: 3 }, data: Uint8Array.of(1, 2, 3) }];
    await expect(openStored('f', storedFile([descriptor]))).rejects.toMatchObject({
      code: 'EFS_UNSUPPORTED',
      message: expect.stringContaining('holds nothing of its content') as string,
    });
    await expect(openStored('f', storedFile(plain, { attributes: FileAttribute.ARCHIVE }))).rejects.toMatchObject({
      code: 'EFS_UNSUPPORTED',
      message: 'f: is not encrypted in this backup',
    });
  });
});
