import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isWinbackError, systemClock } from '@winback/core';
import {
  changeMetadata,
  closeEncryptedFileRaw,
  decodeEfsMetadata,
  decryptToFile,
  encryptFile,
  loadKeys,
  openEncrypted,
  openEncryptedFileRaw,
  RawFlag,
  RawFolder,
  readEncryptedFileRaw,
  readEncryptedFileRawStream,
  unlock,
  withRecipient,
  writeEncryptedFileRaw,
  writeEncryptedFileRawStream,
  type EfsMetadata,
} from '../../src/index.js';
import { makeKey, type TestKey } from '../support/certificates.js';
import { rawItems } from '../support/forms.js';

const ann = makeKey('Ann');
const bob = makeKey('Bob');
const keysOf = (key: TestKey) => loadKeys({ name: 'k', bytes: Buffer.from(key.keyPem + key.certificatePem) });
const world = { drivers: [], clock: systemClock };
const code = (expected: string) => (error: unknown) => isWinbackError(error) && error.code === expected;

let home: string;
const at = (name: string): string => join(home, name);
const plain = randomBytes(300_001);
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'winback-raw-'));
  writeFileSync(at('plain'), plain);
  await encryptFile(at('plain'), at('f.efsraw'), { users: [{ certificate: ann.certificate }] }, world);
});
afterEach(() => {
  rmSync(home, { recursive: true });
});
const decrypt = (name: string, key = ann, output = 'out') => {
  const source = openEncrypted(at(name), []);
  return decryptToFile(source, keysOf(key), at(output), { now: Date.now() }).finally(() => source[Symbol.dispose]());
};

describe('raw files', () => {
  it('are made of plain ones and decrypted, for their owner alone to read', async () => {
    expect(await decrypt('f.efsraw')).toMatchObject({ bytes: plain.length, missing: [], otherStreams: [], unlocked: { as: 'user' } });
    expect(readFileSync(at('out')).equals(plain)).toBe(true);
    for (const name of ['out', 'f.efsraw']) expect(statSync(at(name)).mode & 0o777).toBe(0o600);
  });

  it('leave nothing when they cannot be decrypted, and what is there already alone', async () => {
    await expect(decrypt('f.efsraw', bob)).rejects.toSatisfy(code('EFS_NO_KEY'));
    writeFileSync(at('there'), 'mine');
    await expect(decrypt('f.efsraw', ann, 'there')).rejects.toSatisfy(code('EFS_IO'));
    expect(readFileSync(at('there'), 'utf8')).toBe('mine');
    writeFileSync(at('cut.efsraw'), readFileSync(at('f.efsraw')).subarray(0, 60));
    await expect(decrypt('cut.efsraw')).rejects.toThrow(/EFSRPC/);
    await expect(encryptFile(at('none'), at('g.efsraw'), { users: [{ certificate: ann.certificate }] }, world)).rejects.toSatisfy(
      code('SOURCE_NOT_FOUND'),
    );
    await expect(encryptFile(at('plain'), at('g.efsraw'), { users: [] }, world)).rejects.toSatisfy(code('EFS_USER'));
    expect(readdirSync(home).sort()).toEqual(['cut.efsraw', 'f.efsraw', 'plain', 'there']);
  });

  it('that are damaged give the rest, and say which bytes are missing', async () => {
    const raw = readFileSync(at('f.efsraw'));
    raw[raw.indexOf(Buffer.from('G\0U\0R\0E\0'), 60_000)] = 1;
    writeFileSync(at('damaged.efsraw'), raw);
    const { missing } = await decrypt('damaged.efsraw');
    expect(missing).toMatchObject([{ begin: 65_536, end: 131_072 }]);
    expect(readFileSync(at('out')).equals(Buffer.from(plain).fill(0, 65_536, 131_072))).toBe(true);
  });

  it('get other users in one step, or stay as they are', async () => {
    const before = readFileSync(at('f.efsraw'));
    const add = (bytes: Uint8Array): Uint8Array => {
      const metadata = decodeEfsMetadata(bytes) as EfsMetadata;
      return withRecipient(metadata, unlock(metadata, keysOf(ann), Date.now()).fileKey, { certificate: bob.certificate }, 'user');
    };
    await changeMetadata(at('f.efsraw'), [], add);
    await decrypt('f.efsraw', bob);
    expect(readFileSync(at('out')).equals(plain)).toBe(true);
    const after = readFileSync(at('f.efsraw'));
    expect(after.length).toBeGreaterThan(before.length);
    expect(after.subarray(-300_000).equals(before.subarray(-300_000))).toBe(true);
    await expect(changeMetadata(at('f.efsraw'), [], add)).rejects.toSatisfy(code('EFS_USER'));
    expect(readFileSync(at('f.efsraw')).equals(after)).toBe(true);
    expect(readdirSync(home).sort()).toEqual(['f.efsraw', 'out', 'plain']);
  });
});

describe('the raw encryption calls over a folder of raw files', () => {
  it('export and import by callback and by stream', async () => {
    const folder = new RawFolder(home);
    const raw = readFileSync(at('f.efsraw'));
    const file = await openEncryptedFileRaw('f', 0, folder);
    const parts: Buffer[] = [];
    await readEncryptedFileRaw(async (data) => {
      await Promise.resolve();
      parts.push(Buffer.from(data));
    }, file);
    closeEncryptedFileRaw(file);
    expect(Buffer.concat(parts).equals(raw)).toBe(true);
    let given = 0;
    const target = await openEncryptedFileRaw('g', RawFlag.CREATE_FOR_IMPORT, folder);
    await writeEncryptedFileRaw((buffer) => {
      const piece = raw.subarray(given, given + Math.min(buffer.length, 999));
      buffer.set(piece);
      given += piece.length;
      return piece.length;
    }, target);
    closeEncryptedFileRaw(target);
    expect(readFileSync(at('g.efsraw')).equals(raw)).toBe(true);
    const source = await openEncryptedFileRaw('g', 0, folder);
    const again = await openEncryptedFileRaw('h', RawFlag.CREATE_FOR_IMPORT, folder);
    await writeEncryptedFileRawStream(readEncryptedFileRawStream(source), again);
    closeEncryptedFileRaw(source);
    expect(readFileSync(at('h.efsraw')).equals(raw)).toBe(true);
  });

  it('refuse what is no raw form, or fails, and leave what was there', async () => {
    const folder = new RawFolder(home);
    const raw = readFileSync(at('f.efsraw'));
    for (const bytes of [
      Buffer.from('nonsense'),
      raw.subarray(0, 100_000),
      Buffer.concat([raw.subarray(0, 100_000), Buffer.alloc(9), raw.subarray(100_000)]),
    ]) {
      const file = await openEncryptedFileRaw('f', RawFlag.CREATE_FOR_IMPORT, folder);
      await expect(writeEncryptedFileRawStream([bytes], file)).rejects.toThrow();
      closeEncryptedFileRaw(file);
    }
    const mine = new Error('mine');
    const file = await openEncryptedFileRaw('f', RawFlag.CREATE_FOR_IMPORT, folder);
    await expect(writeEncryptedFileRaw(() => Promise.reject(mine), file)).rejects.toBe(mine);
    expect(readFileSync(at('f.efsraw')).equals(raw)).toBe(true);
    expect(readdirSync(home).sort()).toEqual(['f.efsraw', 'plain']);
    await expect(openEncryptedFileRaw('none', 0, folder)).rejects.toSatisfy(code('SOURCE_NOT_FOUND'));
    const reading = await openEncryptedFileRaw('f', 0, folder);
    await expect(writeEncryptedFileRaw(() => 0, reading)).rejects.toSatisfy(code('EFS_IO'));
    await expect(readEncryptedFileRaw(() => undefined, file)).rejects.toSatisfy(code('EFS_IO'));
    await expect(readEncryptedFileRaw(() => Promise.reject(mine), reading)).rejects.toBe(mine);
  });

  it('drop alternate streams when asked to', async () => {
    const file = await openEncryptedFileRaw('f', RawFlag.EFS_DROP_ALTERNATE_STREAMS, new RawFolder(home));
    const parts: Uint8Array[] = [];
    for await (const piece of readEncryptedFileRawStream(file)) parts.push(piece);
    closeEncryptedFileRaw(file);
    expect(rawItems(Buffer.concat(parts)).filter(({ type }) => type === 'stream')).toMatchObject([{ name: '::$DATA' }]);
  });
});
