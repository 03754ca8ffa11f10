import { constants } from 'node:os';
import {
  alternateStreams,
  bytesToText,
  MemoryStreams,
  StreamId,
  textToBytes,
  type BackupStreamHeader,
  type BackupStreamSource,
  type StreamFault,
} from '@winback/core';
import {
  cString,
  FileStreams,
  getXattr,
  libc,
  Open,
  StatxBuffer,
  type CPath,
  type OpenFolder,
  type XattrHolder,
} from '@winback/core/linux';
import type { NtfsFacts } from './ntfs-facts.js';
import { getNtfsXattr, NtfsXattr } from './ntfs-xattrs.js';

/** How a mount shows alternate streams (its option streams_interface). */
export type StreamsInterface = 'xattr' | 'windows';

const { ENOTSUP, E2BIG, ERANGE, EIO } = constants.errno;
/** What ntfs-3g answers for a reparse point that it has no plugin for. */
const ELIBACC = 79;
export const READ_DIRECTLY = 'Back the volume up as root, so that it can be read directly.';
const LIST_MAX = 65_536;
const USER = 'user.';
const READ = Open.RDONLY | Open.NOFOLLOW | Open.NONBLOCK | Open.CLOEXEC;

export function streamsInterfaceOf(root: XattrHolder): StreamsInterface {
  return getXattr(root, cString(Buffer.from(NtfsXattr.STREAMS_LIST))) ? 'windows' : 'xattr';
}

/** A file with alternate streams: its place, and the handle or path that reaches it. */
export interface StreamHolder {
  readonly path: string;
  readonly holder: XattrHolder;
  readonly folder: OpenFolder;
  /** The empty name stands for the folder itself. */
  readonly name: CPath;
}

/** The alternate streams of a file, in the order of their names; undefined where it has none. */
export function readAlternates(
  file: StreamHolder,
  shownAs: StreamsInterface,
  facts: NtfsFacts,
  isEncrypted: boolean,
): BackupStreamSource | undefined {
  return shownAs === 'xattr' ? fromXattrs(file, facts, isEncrypted) : fromFiles(file, facts);
}

function fromXattrs({ holder }: StreamHolder, facts: NtfsFacts, isEncrypted: boolean): BackupStreamSource | undefined {
  const { flistxattr, llistxattr, errno } = libc();
  const list = new Uint8Array(LIST_MAX);
  const length = typeof holder === 'number' ? flistxattr(holder, list, LIST_MAX) : llistxattr(holder, list, LIST_MAX);
  if (length < 0) {
    if (errno() !== ENOTSUP) facts.missing(`its alternate streams cannot be listed (errno ${errno()})`);
    return undefined;
  }
  const found = new Map<string, Uint8Array>();
  for (const text of splitNames(list.subarray(0, length))) {
    if (!text.startsWith(USER) || (isEncrypted && text === NtfsXattr.EFS_INFO_AS_STREAM)) continue;
    const value = getXattr(holder, cString(textToBytes(text)));
    if (value) found.set(text.slice(USER.length), value);
    else facts.missing(...whyUnreadable(text.slice(USER.length), errno()));
  }
  return found.size > 0 ? new MemoryStreams(alternateStreams(found)) : undefined;
}

function whyUnreadable(name: string, errno: number): [message: string, hint?: string] {
  const stream = `its alternate stream ${name}`;
  const large = errno === E2BIG || errno === ERANGE || errno === EIO;
  if (large) return [`${stream} is larger than the 64 KiB that this mount can show`, 'Mount the volume with -o streams_interface=windows.'];
  if (errno === ELIBACC || errno === ENOTSUP)
    return [`${stream} lies behind a reparse point, which ntfs-3g does not look behind`, READ_DIRECTLY];
  return [`${stream} cannot be read (errno ${errno})`];
}

/** A list of names, each ended by NUL. */
export function splitNames(list: Uint8Array | undefined): string[] {
  const names: string[] = [];
  for (let start = 0; list && start < list.length;) {
    const end = list.indexOf(0, start);
    const stop = end < 0 ? list.length : end;
    if (stop > start) names.push(bytesToText(list.subarray(start, stop)));
    start = stop + 1;
  }
  return names;
}

function fromFiles(file: StreamHolder, facts: NtfsFacts): BackupStreamSource | undefined {
  const list = getNtfsXattr(file.holder, NtfsXattr.STREAMS_LIST, (errno) => {
    facts.missing(`its alternate streams cannot be listed (errno ${errno})`);
  });
  const names = splitNames(list).sort();
  return names.length > 0 ? new AlternateFiles(file, names, facts) : undefined;
}

/** Alternate streams that are opened as files, one after the other. */
class AlternateFiles implements BackupStreamSource {
  readonly #faults: StreamFault[] = [];
  readonly #statx = new StatxBuffer();
  #index = 0;
  #number = 0;
  #current: FileStreams | undefined;

  constructor(
    private readonly file: StreamHolder,
    private readonly names: readonly string[],
    private readonly facts: NtfsFacts,
  ) {}

  get faults(): readonly StreamFault[] {
    return this.#faults;
  }

  next(): BackupStreamHeader | undefined {
    this.#finish();
    for (let name = this.names[this.#index++]; name !== undefined; name = this.names[this.#index++]) {
      const fd = this.#open(name);
      if (fd < 0 || !this.#statx.readOpen(fd)) {
        this.facts.missing(...whyUnreadable(name, libc().errno()));
        if (fd >= 0) libc().close(fd);
        continue;
      }
      const { size } = this.#statx;
      const entry = { path: this.file.path, kind: 'file', attributes: 0, size, times: { lastWrite: 0n }, linkCount: 1 } as const;
      this.#current = new FileStreams(fd, entry, false, () => undefined);
      this.#current.next();
      this.#number++;
      return { id: StreamId.ALTERNATE_DATA, attributes: 0, length: size, name: `:${name}:$DATA` };
    }
    return undefined;
  }

  readInto(buffer: Uint8Array): number {
    return this.#current?.readInto(buffer) ?? 0;
  }

  close(): void {
    this.#finish();
  }

  #open(stream: string): number {
    const { folder, name } = this.file;
    return libc().openat(folder.fd, alternatePath(name.subarray(0, -1), stream), READ, 0);
  }

  #finish(): void {
    if (!this.#current) return;
    this.#faults.push(...this.#current.faults.map((fault) => ({ ...fault, streamNumber: this.#number })));
    this.#current.close();
    this.#current = undefined;
  }
}

/** `file:stream`, where the mount takes that for an alternate stream; `:stream` is one of the folder that it is opened in. */
export const alternatePath = (file: Uint8Array, stream: string): CPath =>
  cString(Buffer.concat([file, Buffer.from(':'), textToBytes(stream)]));
