import { createRequire } from 'node:module';
import type Koffi from 'koffi';

const koffi = (): typeof Koffi => createRequire(import.meta.url)('koffi') as typeof Koffi;

type Ioctl = (fd: number, request: number, ...typed: unknown[]) => number;
let bound: Ioctl | undefined;

/** ioctl(2) with a structure as its argument. Answers 0, or the error's number. */
export function ioctl(fd: number, request: number, argument: Uint8Array): number {
  bound ??= koffi().load(null).func('int ioctl(int fd, unsigned long request, ...)') as Ioctl;
  return bound(fd, request, 'uint8_t *', argument) < 0 ? koffi().errno() : 0;
}

const Direction = { WRITE: 1, READ: 2, READ_WRITE: 3 } as const;

/** A request's number as asm-generic/ioctl.h makes it: the same on all processors but MIPS, PowerPC and SPARC. */
export const ioctlNumber = (direction: keyof typeof Direction, type: number, number: number, size: number): number =>
  ((Direction[direction] << 30) | (size << 16) | (type << 8) | number) >>> 0;
