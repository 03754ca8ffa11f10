import type { Handle, WideText } from './declarations.js';
import { bind } from './load.js';

/** Functions of advapi32.dll that answer an error's number, 0 for none. Lengths are 32-bit numbers, given and answered in four bytes. */
export interface RegistryFunctions {
  readonly RegOpenKeyExW: (key: Handle, path: WideText, options: number, access: number, into: Uint8Array) => number;
  readonly RegCreateKeyExW: (
    key: Handle,
    path: WideText,
    reserved: 0,
    className: WideText | null,
    options: number,
    access: number,
    security: Uint8Array | null,
    into: Uint8Array,
    disposition: null,
  ) => number;
  readonly RegQueryInfoKeyW: (
    key: Handle,
    className: Uint8Array,
    classLength: Uint8Array,
    reserved: null,
    subkeys: null,
    longestSubkey: null,
    longestClass: null,
    values: null,
    longestValueName: null,
    longestData: null,
    securityDescriptor: null,
    lastWrite: Uint8Array,
  ) => number;
  readonly RegEnumKeyExW: (
    key: Handle,
    index: number,
    name: Uint8Array,
    nameLength: Uint8Array,
    reserved: null,
    className: null,
    classLength: null,
    lastWrite: null,
  ) => number;
  readonly RegEnumValueW: (
    key: Handle,
    index: number,
    name: Uint8Array,
    nameLength: Uint8Array,
    reserved: null,
    type: Uint8Array | null,
    data: Uint8Array | null,
    size: Uint8Array | null,
  ) => number;
  readonly RegQueryValueExW: (key: Handle, name: WideText, reserved: null, type: Uint8Array, data: Uint8Array, size: Uint8Array) => number;
  readonly RegSetValueExW: (key: Handle, name: WideText, reserved: 0, type: number, data: Uint8Array, size: number) => number;
  readonly RegDeleteValueW: (key: Handle, name: WideText) => number;
  readonly RegGetKeySecurity: (key: Handle, information: number, into: Uint8Array, size: Uint8Array) => number;
  readonly RegFlushKey: (key: Handle) => number;
  readonly RegCloseKey: (key: Handle) => number;
}

const REGISTRY_FUNCTIONS: Readonly<Record<keyof RegistryFunctions, string>> = {
  RegOpenKeyExW: 'int32_t __stdcall RegOpenKeyExW(intptr_t, const uint8_t *, uint32_t, uint32_t, uint8_t *)',
  RegCreateKeyExW:
    'int32_t __stdcall RegCreateKeyExW(intptr_t, const uint8_t *, uint32_t, const uint8_t *, uint32_t, uint32_t, const uint8_t *, uint8_t *, void *)',
  RegQueryInfoKeyW:
    'int32_t __stdcall RegQueryInfoKeyW(intptr_t, uint8_t *, uint8_t *, void *, void *, void *, void *, void *, void *, void *, void *, uint8_t *)',
  RegEnumKeyExW: 'int32_t __stdcall RegEnumKeyExW(intptr_t, uint32_t, uint8_t *, uint8_t *, void *, void *, void *, void *)',
  RegEnumValueW: 'int32_t __stdcall RegEnumValueW(intptr_t, uint32_t, uint8_t *, uint8_t *, void *, uint8_t *, uint8_t *, uint8_t *)',
  RegQueryValueExW: 'int32_t __stdcall RegQueryValueExW(intptr_t, const uint8_t *, void *, uint8_t *, uint8_t *, uint8_t *)',
  RegSetValueExW: 'int32_t __stdcall RegSetValueExW(intptr_t, const uint8_t *, uint32_t, uint32_t, const uint8_t *, uint32_t)',
  RegDeleteValueW: 'int32_t __stdcall RegDeleteValueW(intptr_t, const uint8_t *)',
  RegGetKeySecurity: 'int32_t __stdcall RegGetKeySecurity(intptr_t, uint32_t, uint8_t *, uint8_t *)',
  RegFlushKey: 'int32_t __stdcall RegFlushKey(intptr_t)',
  RegCloseKey: 'int32_t __stdcall RegCloseKey(intptr_t)',
};

/** Functions of ntdll.dll, which answer an NTSTATUS, for what the others have no call for. */
export interface NativeRegistryFunctions {
  readonly NtQueryKey: (key: Handle, informationClass: number, into: Uint8Array, size: number, needed: Uint8Array) => number;
  readonly NtDeleteKey: (key: Handle) => number;
  readonly RtlNtStatusToDosError: (status: number) => number;
}

const NATIVE_REGISTRY_FUNCTIONS: Readonly<Record<keyof NativeRegistryFunctions, string>> = {
  NtQueryKey: 'uint32_t __stdcall NtQueryKey(intptr_t, uint32_t, uint8_t *, uint32_t, uint8_t *)',
  NtDeleteKey: 'uint32_t __stdcall NtDeleteKey(intptr_t)',
  RtlNtStatusToDosError: 'uint32_t __stdcall RtlNtStatusToDosError(uint32_t)',
};

/** The calls of Windows that the registry takes. */
export interface RegistryApi extends RegistryFunctions, NativeRegistryFunctions {}

/** Binds everything. Windows only, in 64-bit processes. */
export const bindRegistry = (): RegistryApi => ({
  ...bind<RegistryFunctions>('advapi32.dll', REGISTRY_FUNCTIONS),
  ...bind<NativeRegistryFunctions>('ntdll.dll', NATIVE_REGISTRY_FUNCTIONS),
});

/** Predefined keys (winreg.h), which are open from the start. They are 32-bit numbers with their sign. */
export const PREDEFINED_KEYS: Readonly<Record<string, Handle>> = {
  HKEY_CLASSES_ROOT: -0x8000_0000,
  HKEY_CURRENT_USER: -0x7fff_ffff,
  HKEY_LOCAL_MACHINE: -0x7fff_fffe,
  HKEY_USERS: -0x7fff_fffd,
  HKEY_CURRENT_CONFIG: -0x7fff_fffb,
};

/** Access rights of keys (winnt.h), beside those that all objects have. */
export const KeyAccess = {
  QUERY_VALUE: 0x1,
  SET_VALUE: 0x2,
  ENUMERATE_SUB_KEYS: 0x8,
  WOW64_64KEY: 0x100,
  /** READ_CONTROL, QUERY_VALUE, ENUMERATE_SUB_KEYS and NOTIFY. */
  READ: 0x2_0019,
} as const;

/** REG_OPTION_* (winnt.h). */
export const KeyOption = { CREATE_LINK: 2, BACKUP_RESTORE: 4, OPEN_LINK: 8 } as const;

/** KEY_INFORMATION_CLASS. */
export const KeyInformationClass = { BASIC: 0 } as const;
