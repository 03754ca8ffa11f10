/** A HANDLE; -1 is INVALID_HANDLE_VALUE. */
export type Handle = number;
/** UTF-16 with a NUL behind it, as {@link wide} makes it. */
export type WideText = Uint8Array;

/** Functions of kernel32.dll that answer TRUE (not 0) or a handle, and leave an error's number for GetLastError. */
export interface Kernel32 {
  readonly GetLastError: () => number;
  readonly CloseHandle: (handle: Handle) => number;
  readonly GetCurrentProcess: () => Handle;
  readonly CreateFileW: (
    path: WideText,
    access: number,
    share: number,
    security: null,
    disposition: number,
    flags: number,
    template: Handle,
  ) => Handle;
  readonly GetFileInformationByHandle: (handle: Handle, into: Uint8Array) => number;
  readonly GetFileInformationByHandleEx: (handle: Handle, infoClass: number, into: Uint8Array, size: number) => number;
  readonly SetFileInformationByHandle: (handle: Handle, infoClass: number, from: Uint8Array, size: number) => number;
  readonly GetFinalPathNameByHandleW: (handle: Handle, into: Uint8Array, characters: number, flags: number) => number;
  readonly GetVolumePathNameW: (path: WideText, into: Uint8Array, characters: number) => number;
  readonly GetVolumeNameForVolumeMountPointW: (root: WideText, into: Uint8Array, characters: number) => number;
  readonly GetVolumeInformationW: (
    root: WideText,
    label: Uint8Array,
    labelCharacters: number,
    serial: Uint8Array,
    longest: Uint8Array,
    flags: Uint8Array,
    fileSystem: Uint8Array,
    fileSystemCharacters: number,
  ) => number;
  readonly DeviceIoControl: (
    handle: Handle,
    code: number,
    from: Uint8Array | null,
    fromSize: number,
    into: Uint8Array | null,
    intoSize: number,
    returned: Uint8Array,
    overlapped: null,
  ) => number;
}

export const KERNEL32: Readonly<Record<keyof Kernel32, string>> = {
  GetLastError: 'uint32_t __stdcall GetLastError()',
  CloseHandle: 'int __stdcall CloseHandle(intptr_t)',
  GetCurrentProcess: 'intptr_t __stdcall GetCurrentProcess()',
  CreateFileW: 'intptr_t __stdcall CreateFileW(const uint8_t *, uint32_t, uint32_t, void *, uint32_t, uint32_t, intptr_t)',
  GetFileInformationByHandle: 'int __stdcall GetFileInformationByHandle(intptr_t, uint8_t *)',
  GetFileInformationByHandleEx: 'int __stdcall GetFileInformationByHandleEx(intptr_t, int, uint8_t *, uint32_t)',
  SetFileInformationByHandle: 'int __stdcall SetFileInformationByHandle(intptr_t, int, const uint8_t *, uint32_t)',
  GetFinalPathNameByHandleW: 'uint32_t __stdcall GetFinalPathNameByHandleW(intptr_t, uint8_t *, uint32_t, uint32_t)',
  GetVolumePathNameW: 'int __stdcall GetVolumePathNameW(const uint8_t *, uint8_t *, uint32_t)',
  GetVolumeNameForVolumeMountPointW: 'int __stdcall GetVolumeNameForVolumeMountPointW(const uint8_t *, uint8_t *, uint32_t)',
  GetVolumeInformationW:
    'int __stdcall GetVolumeInformationW(const uint8_t *, uint8_t *, uint32_t, uint8_t *, uint8_t *, uint8_t *, uint8_t *, uint32_t)',
  DeviceIoControl: 'int __stdcall DeviceIoControl(intptr_t, uint32_t, const uint8_t *, uint32_t, uint8_t *, uint32_t, uint8_t *, void *)',
};

/** SetFileShortNameW, which Wine lacks. */
export type SetFileShortNameW = (handle: Handle, name: WideText) => number;
export const SET_FILE_SHORT_NAME = 'int __stdcall SetFileShortNameW(intptr_t, const uint8_t *)';

/** The calls that give and take whole files as one sequence of bytes. */
export interface BackupCalls {
  readonly BackupRead: (
    handle: Handle,
    into: Uint8Array,
    size: number,
    read: Uint8Array,
    abort: number,
    processSecurity: number,
    context: Uint8Array,
  ) => number;
  readonly BackupWrite: (
    handle: Handle,
    from: Uint8Array,
    size: number,
    written: Uint8Array,
    abort: number,
    processSecurity: number,
    context: Uint8Array,
  ) => number;
  readonly BackupSeek: (
    handle: Handle,
    low: number,
    high: number,
    seekedLow: Uint8Array,
    seekedHigh: Uint8Array,
    context: Uint8Array,
  ) => number;
}

export const BACKUP_CALLS: Readonly<Record<keyof BackupCalls, string>> = {
  BackupRead: 'int __stdcall BackupRead(intptr_t, uint8_t *, uint32_t, uint8_t *, int, int, uint8_t *)',
  BackupWrite: 'int __stdcall BackupWrite(intptr_t, const uint8_t *, uint32_t, uint8_t *, int, int, uint8_t *)',
  BackupSeek: 'int __stdcall BackupSeek(intptr_t, uint32_t, uint32_t, uint8_t *, uint8_t *, uint8_t *)',
};

export interface Advapi32 {
  readonly OpenProcessToken: (process: Handle, access: number, token: Uint8Array) => number;
  readonly LookupPrivilegeValueW: (system: null, name: WideText, luid: Uint8Array) => number;
  readonly AdjustTokenPrivileges: (
    token: Handle,
    disableAll: number,
    state: Uint8Array,
    size: number,
    previous: null,
    returned: null,
  ) => number;
}

export const ADVAPI32: Readonly<Record<keyof Advapi32, string>> = {
  OpenProcessToken: 'int __stdcall OpenProcessToken(intptr_t, uint32_t, uint8_t *)',
  LookupPrivilegeValueW: 'int __stdcall LookupPrivilegeValueW(void *, const uint8_t *, uint8_t *)',
  AdjustTokenPrivileges: 'int __stdcall AdjustTokenPrivileges(intptr_t, int, const uint8_t *, uint32_t, void *, void *)',
};

/** Functions of ntdll.dll that answer an NTSTATUS: what kernel32.dll has no call for, or none that starts from an open folder. */
export interface Ntdll {
  readonly NtCreateFile: (
    handle: Uint8Array,
    access: number,
    attributes: Uint8Array,
    ioStatus: Uint8Array,
    allocation: null,
    fileAttributes: number,
    share: number,
    disposition: number,
    options: number,
    ea: null,
    eaLength: number,
  ) => number;
  readonly NtQueryInformationFile: (
    handle: Handle,
    ioStatus: Uint8Array,
    into: Uint8Array,
    size: number,
    informationClass: number,
  ) => number;
  readonly NtSetInformationFile: (handle: Handle, ioStatus: Uint8Array, from: Uint8Array, size: number, informationClass: number) => number;
  readonly NtQueryEaFile: (
    handle: Handle,
    ioStatus: Uint8Array,
    into: Uint8Array,
    size: number,
    single: number,
    list: null,
    listLength: number,
    index: null,
    restart: number,
  ) => number;
  readonly NtSetEaFile: (handle: Handle, ioStatus: Uint8Array, from: Uint8Array, size: number) => number;
  readonly NtQuerySecurityObject: (handle: Handle, information: number, into: Uint8Array, size: number, needed: Uint8Array) => number;
  readonly NtSetSecurityObject: (handle: Handle, information: number, from: Uint8Array) => number;
  readonly RtlNtStatusToDosError: (status: number) => number;
}

export const NTDLL: Readonly<Record<keyof Ntdll, string>> = {
  NtCreateFile:
    'uint32_t __stdcall NtCreateFile(uint8_t *, uint32_t, const uint8_t *, uint8_t *, void *, uint32_t, uint32_t, uint32_t, uint32_t, void *, uint32_t)',
  NtQueryInformationFile: 'uint32_t __stdcall NtQueryInformationFile(intptr_t, uint8_t *, uint8_t *, uint32_t, uint32_t)',
  NtSetInformationFile: 'uint32_t __stdcall NtSetInformationFile(intptr_t, uint8_t *, const uint8_t *, uint32_t, uint32_t)',
  NtQueryEaFile: 'uint32_t __stdcall NtQueryEaFile(intptr_t, uint8_t *, uint8_t *, uint32_t, uint8_t, void *, uint32_t, void *, uint8_t)',
  NtSetEaFile: 'uint32_t __stdcall NtSetEaFile(intptr_t, uint8_t *, const uint8_t *, uint32_t)',
  NtQuerySecurityObject: 'uint32_t __stdcall NtQuerySecurityObject(intptr_t, uint32_t, uint8_t *, uint32_t, uint8_t *)',
  NtSetSecurityObject: 'uint32_t __stdcall NtSetSecurityObject(intptr_t, uint32_t, const uint8_t *)',
  RtlNtStatusToDosError: 'uint32_t __stdcall RtlNtStatusToDosError(uint32_t)',
};
