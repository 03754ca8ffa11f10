import { createRequire } from 'node:module';
import type Koffi from 'koffi';

let koffi: typeof Koffi | undefined;

/** koffi, loaded on first use: importing core costs nothing, and works where koffi has no binary. */
export function loadKoffi(): typeof Koffi {
  koffi ??= createRequire(import.meta.url)('koffi') as typeof Koffi;
  return koffi;
}

/** A table of C declarations and the functions they become. */
export type Bound<F> = { readonly [K in keyof F]: F[K] };

/** Binds C functions of the C library that Node.js itself runs on, glibc or musl, by their declarations. */
export function bind<F>(declarations: Readonly<Record<keyof F & string, string>>): Bound<F> {
  const library = loadKoffi().load(null);
  return Object.fromEntries(Object.entries<string>(declarations).map(([name, text]) => [name, library.func(text)])) as Bound<F>;
}

/** The number of the last error, asked right after the call that failed. */
export const lastErrno = (): number => loadKoffi().errno();
