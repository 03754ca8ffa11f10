/** Direct transfers begin and end at multiples of this many bytes, in memory and in the file. No disk that is common asks for more. */
export const DIRECT_ALIGNMENT = 4096;

const WASM_PAGE = 65_536;

interface MemorySize {
  readonly initial: number;
  readonly maximum: number;
  readonly shared: boolean;
}

/** Node.js has it; its types leave it to those of browsers. */
declare const WebAssembly: { readonly Memory: new (size: MemorySize) => { readonly buffer: ArrayBufferLike } };

/**
 * Zeros that begin on a page, as direct transfers need it. Memory of WebAssembly does by its design; other memory of JavaScript begins
 * anywhere. Where there is no room for the addresses that it reserves (`ulimit -v`) it is ordinary memory, and what is written from it
 * takes the ordinary way.
 */
export function alignedMemory(bytes: number): ArrayBuffer {
  return (wasmMemory(bytes, false) as ArrayBuffer | undefined) ?? new ArrayBuffer(bytes);
}

/** The same, for threads to share. */
export function alignedSharedMemory(bytes: number): SharedArrayBuffer {
  return (wasmMemory(bytes, true) as SharedArrayBuffer | undefined) ?? new SharedArrayBuffer(bytes);
}

function wasmMemory(bytes: number, shared: boolean): ArrayBufferLike | undefined {
  const pages = Math.ceil(bytes / WASM_PAGE);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared }).buffer;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}
