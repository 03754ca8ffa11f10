import { FactCalls } from '../../src/win32/fact-calls.js';
import { Access, CreateOption, Disposition } from '../../src/win32/ffi/constants.js';
import { bindWin32 } from '../../src/win32/ffi/win32.js';
import { FileCalls } from '../../src/win32/file-calls.js';
import { VolumeCalls } from '../../src/win32/volume-calls.js';

/**
 * The DLL that the Backup* functions are taken from. Under Wine, whose own answer ERROR_NOT_SUPPORTED, it is mock-backup.dll: a stand-in
 * that shows that arguments, contexts and 64-bit positions are passed as documented, and nothing about what Windows does with files.
 */
export const backupDll = process.env['WINBACK_DLL_MOCK_BACKUP'];

const bound = { api: undefined as ReturnType<typeof bindWin32> | undefined };

/** The calls, bound once in the process. */
export function windows() {
  bound.api ??= bindWin32({ backupDll });
  const files = new FileCalls(bound.api);
  return { api: bound.api, files, facts: new FactCalls(files), volumes: new VolumeCalls(files) };
}

export const FULL =
  Access.READ_DATA |
  Access.WRITE_DATA |
  Access.APPEND_DATA |
  Access.READ_EA |
  Access.WRITE_EA |
  Access.READ_ATTRIBUTES |
  Access.WRITE_ATTRIBUTES |
  Access.DELETE |
  Access.READ_CONTROL |
  Access.WRITE_DAC |
  Access.WRITE_OWNER;

/** Runs `body` with a folder open, and closes it. */
export function inFolder<T>(folder: string, body: (handle: number) => T): T {
  const { files } = windows();
  const handle = files.openPath(`\\\\?\\${folder}`, Access.READ_DATA | Access.READ_ATTRIBUTES);
  try {
    return body(handle);
  } finally {
    files.close(handle);
  }
}

/** Makes a file, runs `body` with it open for everything, and closes it. */
export function withFile<T>(folder: number, name: string, body: (handle: number) => T, kind: 'file' | 'directory' = 'file'): T {
  const { files } = windows();
  const options = kind === 'file' ? CreateOption.NON_DIRECTORY_FILE : CreateOption.DIRECTORY_FILE;
  const handle = files.openIn(folder, name, { access: FULL, disposition: Disposition.OPEN_IF, options });
  try {
    return body(handle);
  } finally {
    files.close(handle);
  }
}
