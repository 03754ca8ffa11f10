import { createRequire } from 'node:module';
import type Koffi from 'koffi';
import type { TypeObject } from 'koffi';

/** PFE_EXPORT_FUNC: takes data, answers a Win32 error. */
export type ExportCallback = (data: Uint8Array) => number;
/** PFE_IMPORT_FUNC: fills a buffer and answers how many bytes it gave, or a Win32 error. */
export type ImportCallback = (buffer: Uint8Array) => { readonly length: number } | { readonly error: number };

/** The raw encryption calls of advapi32.dll. Each answers a Win32 error; 0 is success. */
export interface RawEncryptionCalls {
  open(path: string, flags: number): { readonly error: number; readonly context: bigint };
  read(callback: ExportCallback, context: bigint): number;
  write(callback: ImportCallback, context: bigint): number;
  close(context: bigint): void;
}

const DECLARATIONS = {
  open: 'uint32_t __stdcall OpenEncryptedFileRawW(const uint8_t *, uint32_t, uint8_t *)',
  read: 'uint32_t __stdcall ReadEncryptedFileRaw(WinbackEfsExport *, void *, uint64_t)',
  write: 'uint32_t __stdcall WriteEncryptedFileRaw(WinbackEfsImport *, void *, uint64_t)',
  close: 'void __stdcall CloseEncryptedFileRaw(uint64_t)',
} as const;
const EXPORT = 'uint32_t __stdcall WinbackEfsExport(void *, void *, uint32_t)';
const IMPORT = 'uint32_t __stdcall WinbackEfsImport(void *, void *, void *)';

let koffi: typeof Koffi | undefined;
let prototypes: readonly [exporting: TypeObject, importing: TypeObject] | undefined;

/** Binds the calls. Windows only, in 64-bit processes. @param dll default `advapi32.dll`; another for tests where that has mere stubs */
export function bindRawEncryption(dll = 'advapi32.dll'): RawEncryptionCalls {
  const library = (koffi ??= createRequire(import.meta.url)('koffi') as typeof Koffi);
  const { load, proto, register, unregister, view, pointer } = library;
  const [exporting, importing] = (prototypes ??= [proto(EXPORT), proto(IMPORT)]);
  const functions = load(dll);
  const bound = (text: string): AnyCall => functions.func(text);
  const [open, read, write, close] = [
    bound(DECLARATIONS.open),
    bound(DECLARATIONS.read),
    bound(DECLARATIONS.write),
    bound(DECLARATIONS.close),
  ];
  const during = (callback: (...args: any[]) => number, type: TypeObject, call: (registered: unknown) => number): number => {
    const registered = register(callback, pointer(type));
    try {
      return call(registered);
    } finally {
      unregister(registered);
    }
  };
  const bytesAt = (address: unknown, length: number): Uint8Array => new Uint8Array(view(address, length));
  return {
    open(path, flags) {
      const out = new Uint8Array(8);
      const error = open(Buffer.from(`${path}\0`, 'utf16le'), flags, out);
      return { error, context: new DataView(out.buffer).getBigUint64(0, true) };
    },
    read: (callback, context) =>
      during(
        (data: unknown, _context: unknown, length: number) => (length === 0 ? 0 : callback(bytesAt(data, length))),
        exporting,
        (registered) => read(registered, null, context),
      ),
    write: (callback, context) =>
      during(
        (data: unknown, _context: unknown, length: unknown) => {
          const size = new DataView(view(length, 4));
          const answer = callback(bytesAt(data, size.getUint32(0, true)));
          if ('error' in answer) return answer.error;
          size.setUint32(0, answer.length, true);
          return 0;
        },
        importing,
        (registered) => write(registered, null, context),
      ),
    close(context) {
      close(context);
    },
  };
}

type AnyCall = (...args: any[]) => number;
