import {
  ADVAPI32,
  BACKUP_CALLS,
  KERNEL32,
  NTDLL,
  SET_FILE_SHORT_NAME,
  type Advapi32,
  type BackupCalls,
  type Kernel32,
  type Ntdll,
  type SetFileShortNameW,
} from './declarations.js';
import { bind, bindIfThere } from './load.js';

export interface Win32Options {
  /** The DLL that BackupRead, BackupWrite and BackupSeek are taken from; default `kernel32.dll`. For tests where that has none. */
  readonly backupDll?: string | undefined;
}

/** The calls of Windows that Node.js lacks. */
export interface Win32 extends Kernel32, Advapi32, Ntdll, BackupCalls {
  /** Undefined where the system has no such call. */
  readonly SetFileShortNameW: SetFileShortNameW | undefined;
}

/** Binds everything. Windows only, in 64-bit processes. */
export const bindWin32 = ({ backupDll = 'kernel32.dll' }: Win32Options = {}): Win32 => ({
  ...bind<Kernel32>('kernel32.dll', KERNEL32),
  ...bind<Advapi32>('advapi32.dll', ADVAPI32),
  ...bind<Ntdll>('ntdll.dll', NTDLL),
  ...bind<BackupCalls>(backupDll, BACKUP_CALLS),
  SetFileShortNameW: bindIfThere('kernel32.dll', SET_FILE_SHORT_NAME) as SetFileShortNameW | undefined,
});
