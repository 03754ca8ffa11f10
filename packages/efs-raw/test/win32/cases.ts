import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Koffi from 'koffi';
import { isWinbackError, systemPlatform } from '@winback/core';
import {
  closeEncryptedFileRaw,
  openEncryptedFileRaw,
  RawFlag,
  readEncryptedFileRaw,
  readEncryptedFileRawStream,
  WindowsBackend,
  writeEncryptedFileRaw,
  writeEncryptedFileRawStream,
} from '../../src/index.js';

/** A test of code that only Windows can run. */
export interface WindowsCase {
  readonly name: string;
  readonly run: (folder: string) => Promise<void>;
}

/** mock-efs.dll in the place of advapi32.dll, whose calls Wine has as stubs alone. */
const dll = process.env['WINBACK_DLL_MOCK_EFS'] ?? '';
const backend = new WindowsBackend(systemPlatform(), dll);
const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
const mock = (name: string): number => (koffi.load(dll).func(`uint32_t __stdcall ${name}()`) as () => number)();
const spools = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('winback-efs-'));

const SIZES = [0, 1, 4999, 5000, 5001, 300_000];

export const windowsCases: readonly WindowsCase[] = [
  {
    name: 'export gives every byte to a callback, and as a stream',
    async run(folder) {
      for (const size of SIZES) {
        const [path, bytes] = [join(folder, `größe ${size}`), randomBytes(size)];
        writeFileSync(path, bytes);
        const file = await openEncryptedFileRaw(path, 0, backend);
        const parts: Buffer[] = [];
        await readEncryptedFileRaw((data) => void parts.push(Buffer.from(data)), file);
        closeEncryptedFileRaw(file);
        assert.ok(Buffer.concat(parts).equals(bytes));
        const again = await openEncryptedFileRaw(path, RawFlag.EFS_DROP_ALTERNATE_STREAMS, backend);
        assert.equal(mock('MockLastFlags'), 16);
        const pieces: Uint8Array[] = [];
        for await (const piece of readEncryptedFileRawStream(again)) pieces.push(piece);
        closeEncryptedFileRaw(again);
        assert.ok(Buffer.concat(pieces).equals(bytes));
      }
      assert.equal(mock('MockOpenContexts'), 0);
      assert.deepEqual(spools(), []);
    },
  },
  {
    name: 'import takes every byte of a callback that answers at once, of one that does not, and of a stream',
    async run(folder) {
      for (const size of SIZES) {
        const [path, bytes] = [join(folder, 'new'), randomBytes(size)];
        const from = (later: boolean) => {
          let at = 0;
          return (buffer: Uint8Array): number | Promise<number> => {
            const piece = bytes.subarray(at, at + Math.min(buffer.length, 3000));
            buffer.set(piece);
            at += piece.length;
            return later ? Promise.resolve(piece.length) : piece.length;
          };
        };
        for (const later of [false, true]) {
          const file = await openEncryptedFileRaw(path, RawFlag.CREATE_FOR_IMPORT | RawFlag.OVERWRITE_HIDDEN, backend);
          assert.equal(mock('MockLastFlags'), 5);
          await writeEncryptedFileRaw(from(later), file);
          closeEncryptedFileRaw(file);
          assert.ok(readFileSync(path).equals(bytes));
        }
        const file = await openEncryptedFileRaw(path, RawFlag.CREATE_FOR_IMPORT, backend);
        await writeEncryptedFileRawStream([bytes.subarray(0, 10), bytes.subarray(10)], file);
        closeEncryptedFileRaw(file);
        assert.ok(readFileSync(path).equals(bytes));
      }
      assert.equal(mock('MockOpenContexts'), 0);
      assert.deepEqual(spools(), []);
    },
  },
  {
    name: 'an error of a callback ends the call, and is what is thrown',
    async run(folder) {
      const path = join(folder, 'f');
      writeFileSync(path, randomBytes(20_000));
      const mine = new Error('mine');
      const reading = await openEncryptedFileRaw(path, 0, backend);
      let calls = 0;
      const fails = readEncryptedFileRaw(() => {
        if (++calls === 2) throw mine;
      }, reading);
      await assert.rejects(fails, (error) => error === mine);
      assert.equal(calls, 2);
      closeEncryptedFileRaw(reading);
      const writing = await openEncryptedFileRaw(join(folder, 'g'), RawFlag.CREATE_FOR_IMPORT, backend);
      let given = 0;
      const failing = writeEncryptedFileRaw((buffer) => {
        if (++given === 2) throw mine;
        return buffer.length;
      }, writing);
      await assert.rejects(failing, (error) => error === mine);
      closeEncryptedFileRaw(writing);
    },
  },
  {
    name: 'errors of Windows are told by name',
    async run(folder) {
      const isMissing = (error: unknown): boolean => isWinbackError(error, 'EFS_IO') && error.details['name'] === 'ERROR_FILE_NOT_FOUND';
      await assert.rejects(openEncryptedFileRaw(join(folder, 'none'), 0, backend), isMissing);
    },
  },
];
