import type { Win32 } from './ffi/win32.js';
import { TokenPrivileges } from './layouts/nt.layout.js';
import { wide } from './wide-text.js';
import { describeWin32, errorName } from './win32-error.js';

/** What backing up and recovering files of others takes; administrators and backup operators have all but the last. */
const PRIVILEGES = ['SeBackupPrivilege', 'SeRestorePrivilege', 'SeSecurityPrivilege'] as const;
export type BackupPrivilege = (typeof PRIVILEGES)[number];

const TOKEN_QUERY_AND_ADJUST = 0x28;
const SE_PRIVILEGE_ENABLED = 2;

export interface EnabledPrivileges {
  readonly enabled: ReadonlySet<BackupPrivilege>;
  /** Why the others could not be had. */
  readonly missing: readonly { readonly privilege: BackupPrivilege; readonly name: string; readonly reason: string }[];
}

/**
 * Enables the privileges of backup programs for this process: SeBackupPrivilege (read everything), SeRestorePrivilege (write everything,
 * set owners), SeSecurityPrivilege (SACLs). Those that the account does not have are told, never thrown.
 */
export function enableBackupPrivileges(api: Win32): EnabledPrivileges {
  const enabled = new Set<BackupPrivilege>();
  const missing: { privilege: BackupPrivilege; name: string; reason: string }[] = [];
  for (const privilege of PRIVILEGES) {
    const error = enable(api, privilege);
    if (error === 0) enabled.add(privilege);
    else missing.push({ privilege, name: errorName(error), reason: describeWin32(error) });
  }
  return { enabled, missing };
}

/** 0, or the Win32 error's number. */
function enable(api: Win32, privilege: BackupPrivilege): number {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  if (!api.OpenProcessToken(api.GetCurrentProcess(), TOKEN_QUERY_AND_ADJUST, bytes)) return api.GetLastError();
  const token = Number(view.getBigInt64(0, true));
  try {
    if (!api.LookupPrivilegeValueW(null, wide(privilege), bytes)) return api.GetLastError();
    const luid = view.getBigUint64(0, true);
    const state = TokenPrivileges.encode({ privilegeCount: 1, luid, attributes: SE_PRIVILEGE_ENABLED });
    // It answers TRUE also when the account does not have the privilege; the error says so.
    api.AdjustTokenPrivileges(token, 0, state, state.length, null, null);
    return api.GetLastError();
  } finally {
    api.CloseHandle(token);
  }
}
