import type { Platform } from '@winback/core';

/** Where requests are numbered, and structures laid out, as here: little-endian ones. */
const ARCHITECTURES = new Set(['x64', 'arm64', 'riscv64', 'loong64']);

/** Why Linux' tape devices cannot be used on a system; undefined where they can. */
export function whyNotHere({ os, arch }: Platform): string | undefined {
  if (os !== 'linux') return 'needs Linux';
  return ARCHITECTURES.has(arch) ? undefined : `needs a Node.js of 64 bits, this is ${arch}`;
}
