import { bind } from '@winback/core/base';

/** Of linux/fs.h and bits/fcntl-linux.h. */
const SYNC_FILE_RANGE_WRITE = 2;
const POSIX_FADV_WILLNEED = 3;

interface Hints {
  readonly sync_file_range: (fd: number, offset: number, length: number, flags: number) => number;
  readonly posix_fadvise: (fd: number, offset: number, length: number, advice: number) => number;
}

let hints: Hints | null | undefined;

/** Null: this system has none, or koffi is not here for it. */
function loadHints(): Hints | null {
  try {
    return bind<Hints>({
      sync_file_range: 'int sync_file_range(int, int64_t, int64_t, uint32_t)',
      posix_fadvise: 'int posix_fadvise(int, int64_t, int64_t, int)',
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return null; // only speed is lost
  }
}

/** Has the disk begin with what was written to a part of a file, so that little is left to wait for at the end. Errors are told by fdatasync. */
export function beginWriteBack(fd: number, offset: number, length: number): void {
  if (hints === undefined) hints = loadHints();
  hints?.sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE);
}

/** Has a part of a file read before it is asked for. */
export function readSoon(fd: number, offset: number, length: number): void {
  if (hints === undefined) hints = loadHints();
  hints?.posix_fadvise(fd, offset, length, POSIX_FADV_WILLNEED);
}
