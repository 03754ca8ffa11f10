import { createRequire } from 'node:module';
import type Koffi from 'koffi';

let koffi: typeof Koffi | undefined;

/** koffi, loaded on first use: importing this package costs nothing, and works where koffi has no binary. */
export function loadKoffi(): typeof Koffi {
  koffi ??= createRequire(import.meta.url)('koffi') as typeof Koffi;
  return koffi;
}
