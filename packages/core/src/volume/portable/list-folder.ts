import { libc } from '../../ffi/libc.js';
import { LinuxDirent64 } from '../../ffi/linux.layout.js';
import { EntryType, type ReadingDialect } from './mount-dialect.js';
import { NameList } from './name-list.js';

const RECORD_LENGTH = LinuxDirent64.offsetOf('recordLength');
const TYPE = LinuxDirent64.offsetOf('type');
const NAME = LinuxDirent64.size;
const DOT = 0x2e;

/** What one folder holds: its subfolders and everything else, each in byte order. */
export interface FolderNames {
  /** Tagged with DT_*; 0 where the file system does not say what a name is. */
  readonly files: NameList;
  readonly folders: NameList;
  /** Why the list ends early. */
  readonly errno: number | undefined;
}

const buffer = new Uint8Array(128 * 1024);
const view = new DataView(buffer.buffer);

/** Reads a whole folder. `typeOf` is asked for names whose type the file system does not say, or not well enough. */
export function listFolder(fd: number, { doubts, typeOf }: Pick<ReadingDialect, 'doubts' | 'typeOf'>): FolderNames {
  const { getdents64, errno } = libc();
  const files = new NameList();
  const folders = new NameList();
  let failed: number | undefined;
  for (;;) {
    const bytes = getdents64(fd, buffer, buffer.length);
    if (bytes === 0) break;
    if (bytes < 0) {
      failed = errno();
      break;
    }
    for (let at = 0; at < bytes; at += view.getUint16(at + RECORD_LENGTH, true)) {
      const start = at + NAME;
      let end = start;
      while (buffer[end] !== 0) end++;
      if (buffer[start] === DOT && (end === start + 1 || (end === start + 2 && buffer[start + 1] === DOT))) continue;
      const said = buffer[at + TYPE]!;
      const type = doubts(said) ? typeOf(fd, buffer.subarray(start, end + 1), said) : said;
      (type === EntryType.DIRECTORY ? folders : files).add(type, buffer, start, end - start);
    }
  }
  files.sort();
  folders.sort();
  return { files, folders, errno: failed };
}
