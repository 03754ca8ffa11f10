import { createRequire } from 'node:module';
import type Koffi from 'koffi';

let koffi: typeof Koffi | undefined;

/** koffi, loaded on first use: importing this package costs nothing, and works where koffi has no binary. */
export function loadKoffi(): typeof Koffi {
  koffi ??= createRequire(import.meta.url)('koffi') as typeof Koffi;
  return koffi;
}

/** Binds functions of a DLL by their declarations. */
export function bind<F>(dll: string, declarations: Readonly<Record<keyof F & string, string>>): F {
  const library = loadKoffi().load(dll);
  return Object.fromEntries(Object.entries<string>(declarations).map(([name, text]) => [name, library.func(text)])) as F;
}

/** A function's declaration bound, or undefined where the DLL does not have it. */
export function bindIfThere(dll: string, declaration: string): unknown {
  const library = loadKoffi().load(dll);
  try {
    return library.func(declaration);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return undefined; // koffi has no code for what is missing
  }
}

/** Where bytes stand in memory: they stay there as long as they are referred to, for they are no small ones. */
export const addressOf = (bytes: Uint8Array): bigint => loadKoffi().address(bytes);
