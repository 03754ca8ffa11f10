import { EfsError, type MaybePromise } from '@winback/core';
import type { RawFile, RawFileBackend } from './raw-file.js';

/** What Windows hands over at once, at most. */
const PIECE = 256 * 1024;

const notForExport = (): EfsError => new EfsError('EFS_IO', 'the file was opened for import, not for export');

/**
 * Opens an encrypted file for its raw form, which needs no key.
 * See https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-openencryptedfileraww
 * @param flags of RawFlag; 0 is export
 * @throws EFS_UNSUPPORTED, EFS_IO, SOURCE_*
 */
export async function openEncryptedFileRaw(path: string, flags: number, backend: RawFileBackend): Promise<RawFile> {
  return await backend.open(path, flags);
}

/**
 * Exports a file: calls back with its raw form, piece by piece. An error of the callback ends the export.
 * @throws EFS_IO when the file was opened for import
 */
export async function readEncryptedFileRaw(callback: (data: Uint8Array) => MaybePromise<void>, file: RawFile): Promise<void> {
  if (file.exportTo) {
    file.exportTo((data) => {
      if (callback(data) instanceof Promise) throw new EfsError('EFS_IO', 'Windows gives a raw form only to callbacks that answer at once');
    });
    return;
  }
  if (!file.next) throw notForExport();
  for (let data = await file.next(); data; data = await file.next()) await callback(data);
}

/**
 * Imports a file: calls back for its raw form until the callback gives no more. An error of the callback ends the import, and nothing of
 * the file stays.
 * @param callback fills the buffer and answers how many bytes it gave; 0 at the end
 * @throws EFS_DAMAGED, FORMAT_*, EFS_IO, RECOVERY_*
 */
export async function writeEncryptedFileRaw(callback: (buffer: Uint8Array) => MaybePromise<number>, file: RawFile): Promise<void> {
  if (!file.import) throw new EfsError('EFS_IO', 'the file was opened for export, not for import');
  await file.import(callback);
}

export function closeEncryptedFileRaw(file: RawFile): void {
  file.close();
}

/** The raw form of a file open for export as a stream. */
export async function* readEncryptedFileRawStream(file: RawFile): AsyncGenerator<Uint8Array, void> {
  if (!file.next) throw notForExport();
  for (let data = await file.next(); data; data = await file.next()) yield data.slice();
}

/** Imports a file from a stream of its raw form. */
export async function writeEncryptedFileRawStream(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, file: RawFile): Promise<void> {
  const pieces = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let current = new Uint8Array();
  const fill = async (buffer: Uint8Array): Promise<number> => {
    while (current.length === 0) {
      const step = await pieces.next();
      if (step.done === true) return 0;
      current = new Uint8Array(step.value);
    }
    const n = Math.min(buffer.length, current.length, PIECE);
    buffer.set(current.subarray(0, n));
    current = current.subarray(n);
    return n;
  };
  try {
    await writeEncryptedFileRaw(fill, file);
  } finally {
    await pieces.return?.();
  }
}
