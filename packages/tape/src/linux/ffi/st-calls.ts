import { bind, lastErrno } from '@winback/core/base';
import { closeSync, constants, openSync, readFileSync, readSync, realpathSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type Koffi from 'koffi';
import { SgIoHeader } from '../mtio.layout.js';

/** What SG_IO answered; `errno` other than 0: it was not sent. */
export interface SgIoAnswer {
  readonly errno: number;
  readonly status: number;
  readonly hostStatus: number;
  readonly sense: Uint8Array;
  readonly residual: number;
}

/** The system calls of a tape drive. Errors are numbers, never thrown. */
export interface StCalls {
  /** A descriptor; below 0: the error's number. */
  readonly open: (path: string, writable: boolean) => number;
  readonly close: (fd: number) => void;
  /** Bytes; below 0: the error's number. */
  readonly read: (fd: number, into: Uint8Array) => number;
  readonly write: (fd: number, from: Uint8Array) => number;
  /** 0, or the error's number. `argument` is the structure of the request. */
  readonly ioctl: (fd: number, request: number, argument: Uint8Array) => number;
  readonly sgIo: (fd: number, cdb: Uint8Array, direction: 'none' | 'read' | 'write', data: Uint8Array, timeoutMs: number) => SgIoAnswer;
  /** A file of sysfs; undefined where it is not there. */
  readonly readText: (path: string) => string | undefined;
  /** Where links lead; the path itself where there is nothing. */
  readonly realPath: (path: string) => string;
}

const SG_IO = 0x2285;
const SG_INTERFACE = 0x53;
const DIRECTIONS = { none: -1, write: -2, read: -3 } as const;
const EIO = 5;
const EINTR = 4;

/** Node.js' error as its number below 0; nothing else is caught. */
function negative(error: unknown): number {
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') return error.errno < 0 ? error.errno : -EIO;
  throw error;
}

function numbered(call: () => number): number {
  for (;;) {
    try {
      return call();
    } catch (error) {
      const errno = negative(error);
      if (errno !== -EINTR) return errno;
    }
  }
}

/** Binds the calls of this system. @throws where koffi has no binary for it */
export function bindStCalls(): StCalls {
  const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
  const { ioctl: call } = bind<{ ioctl: (fd: number, request: number, ...typed: unknown[]) => number }>({
    ioctl: 'int ioctl(int fd, unsigned long request, ...)',
  });
  const ioctl = (fd: number, request: number, argument: Uint8Array): number => {
    for (;;) {
      if (call(fd, request, 'uint8_t *', argument) >= 0) return 0;
      const errno = lastErrno();
      if (errno !== EINTR) return errno;
    }
  };
  const sense = new Uint8Array(252);
  return {
    open: (path, writable) => numbered(() => openSync(path, (writable ? constants.O_RDWR : constants.O_RDONLY) | constants.O_NONBLOCK)),
    close: (fd) => void numbered(() => (closeSync(fd), 0)),
    read: (fd, into) => numbered(() => readSync(fd, into, 0, into.length, null)),
    write: (fd, from) => numbered(() => writeSync(fd, from, 0, from.length, null)),
    ioctl,
    sgIo(fd, cdb, direction, data, timeoutMs) {
      const header = SgIoHeader.encode(
        SgIoHeader.create({
          interfaceId: SG_INTERFACE,
          direction: DIRECTIONS[direction],
          commandLength: cdb.length,
          senseLength: sense.length,
          dataLength: data.length,
          data: data.length === 0 ? 0n : koffi.address(data),
          command: koffi.address(cdb),
          sense: koffi.address(sense),
          timeout: timeoutMs,
        }),
      );
      const errno = ioctl(fd, SG_IO, header);
      const { status, hostStatus, senseWritten, residual } = SgIoHeader.decode(header);
      return { errno, status, hostStatus, sense: sense.slice(0, senseWritten), residual };
    },
    readText(path) {
      try {
        return readFileSync(path, 'latin1');
      } catch (error) {
        return void negative(error);
      }
    },
    realPath(path) {
      try {
        return realpathSync(path);
      } catch (error) {
        negative(error);
        return path;
      }
    },
  };
}
