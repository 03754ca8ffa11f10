import { createRequire } from 'node:module';
import type Koffi from 'koffi';

/** A HANDLE; -1 is INVALID_HANDLE_VALUE. */
export type Handle = number;

/**
 * Functions of kernel32.dll for tape drives. Those with "Tape" in their names answer the number of an error, 0 for none; the others answer
 * TRUE (not 0) or a handle, and leave the number for GetLastError. 32-bit numbers that are answered stand in four bytes.
 */
export interface TapeFunctions {
  readonly GetLastError: () => number;
  readonly CloseHandle: (handle: Handle) => number;
  readonly CreateFileW: (
    path: Uint8Array,
    access: number,
    share: number,
    security: null,
    disposition: number,
    flags: number,
    template: Handle,
  ) => Handle;
  readonly ReadFile: (handle: Handle, into: Uint8Array, size: number, read: Uint8Array, overlapped: null) => number;
  readonly WriteFile: (handle: Handle, from: Uint8Array, size: number, written: Uint8Array, overlapped: null) => number;
  readonly GetTapeParameters: (handle: Handle, operation: number, size: Uint8Array, into: Uint8Array) => number;
  readonly SetTapeParameters: (handle: Handle, operation: number, from: Uint8Array) => number;
  readonly GetTapePosition: (handle: Handle, type: number, partition: Uint8Array, low: Uint8Array, high: Uint8Array) => number;
  readonly SetTapePosition: (handle: Handle, method: number, partition: number, low: number, high: number, immediate: number) => number;
  readonly GetTapeStatus: (handle: Handle) => number;
  readonly PrepareTape: (handle: Handle, operation: number, immediate: number) => number;
  readonly EraseTape: (handle: Handle, type: number, immediate: number) => number;
  readonly CreateTapePartition: (handle: Handle, method: number, count: number, megabytes: number) => number;
  readonly WriteTapemark: (handle: Handle, type: number, count: number, immediate: number) => number;
}

const GET_LAST_ERROR = 'uint32_t __stdcall GetLastError()';
const DECLARATIONS: Readonly<Record<Exclude<keyof TapeFunctions, 'GetLastError'>, string>> = {
  CloseHandle: 'int __stdcall CloseHandle(intptr_t)',
  CreateFileW: 'intptr_t __stdcall CreateFileW(const uint8_t *, uint32_t, uint32_t, void *, uint32_t, uint32_t, intptr_t)',
  ReadFile: 'int __stdcall ReadFile(intptr_t, uint8_t *, uint32_t, uint8_t *, void *)',
  WriteFile: 'int __stdcall WriteFile(intptr_t, const uint8_t *, uint32_t, uint8_t *, void *)',
  GetTapeParameters: 'uint32_t __stdcall GetTapeParameters(intptr_t, uint32_t, uint8_t *, uint8_t *)',
  SetTapeParameters: 'uint32_t __stdcall SetTapeParameters(intptr_t, uint32_t, const uint8_t *)',
  GetTapePosition: 'uint32_t __stdcall GetTapePosition(intptr_t, uint32_t, uint8_t *, uint8_t *, uint8_t *)',
  SetTapePosition: 'uint32_t __stdcall SetTapePosition(intptr_t, uint32_t, uint32_t, uint32_t, uint32_t, int)',
  GetTapeStatus: 'uint32_t __stdcall GetTapeStatus(intptr_t)',
  PrepareTape: 'uint32_t __stdcall PrepareTape(intptr_t, uint32_t, int)',
  EraseTape: 'uint32_t __stdcall EraseTape(intptr_t, uint32_t, int)',
  CreateTapePartition: 'uint32_t __stdcall CreateTapePartition(intptr_t, uint32_t, uint32_t, uint32_t)',
  WriteTapemark: 'uint32_t __stdcall WriteTapemark(intptr_t, uint32_t, uint32_t, int)',
};

/** What the drives need of the system. */
export interface TapeCalls extends TapeFunctions {
  /** Where bytes stand in memory; they stay there as long as they are referred to, for they are no small ones. */
  readonly addressOf: (bytes: Uint8Array) => bigint;
}

export interface TapeCallsOptions {
  /** Where all functions but GetLastError are taken from; default `kernel32.dll`. For tests where that knows no tapes. */
  readonly dll?: string | undefined;
}

let koffi: typeof Koffi | undefined;

/** koffi, loaded on first use: importing this package costs nothing, and works where koffi has no binary. */
function loadKoffi(): typeof Koffi {
  koffi ??= createRequire(import.meta.url)('koffi') as typeof Koffi;
  return koffi;
}

/** Binds everything. Windows only, in 64-bit processes. */
export function bindTapeCalls({ dll = 'kernel32.dll' }: TapeCallsOptions = {}): TapeCalls {
  const { load, address } = loadKoffi();
  const library = load(dll);
  const bound = Object.entries(DECLARATIONS).map(([name, text]) => [name, library.func(text)] as const);
  return {
    ...(Object.fromEntries(bound) as unknown as Omit<TapeFunctions, 'GetLastError'>),
    GetLastError: load('kernel32.dll').func(GET_LAST_ERROR) as TapeFunctions['GetLastError'],
    addressOf: (bytes) => address(bytes),
  };
}
