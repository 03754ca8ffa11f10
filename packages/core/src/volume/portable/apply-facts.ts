import { constants } from 'node:os';
import { RecoveryError } from '../../errors/index.js';
import { FileAttribute } from '../../facts/file-attributes.js';
import type { FileEntry, PosixFacts } from '../../facts/file-entry.js';
import type { FileTimes } from '../../facts/file-times.js';
import { isSidecarName, takeSidecar, type SidecarFact } from '../../facts/sidecar.js';
import { At, AT_FDCWD, cString, EMPTY, libc, Mode, type CPath } from '../../ffi/libc.js';
import { StatxBuffer } from '../../ffi/statx.js';
import { textToBytes } from '../../text/file-name.js';
import type { FileProblem } from '../volume.js';
import { factError, shown } from './problems.js';
import { readXattrs, setXattr, type XattrHolder } from './xattrs.js';

const { ENODATA, ERANGE } = constants.errno;
const UTIME_OMIT = 0x3fff_fffen;
const SECOND = 1_000_000_000n;
const WRITE_BITS = 0o222;
/** Set-user-ID and set-group-ID. */
const SET_IDS = 0o6000;
const KEEP_ID = 0xffff_ffff;
const CAPABILITY = 'security.capability';
const ACL = 'system.posix_acl_';

/** The owner that a new file gets by itself. */
export interface Owner {
  readonly userId: number;
  readonly groupId: number;
}

/**
 * A recovered file that its facts are set on. All calls reach it through `fd`; an O_PATH file (links and special files, which
 * cannot be opened) is reached through its place in /proc instead, so that nobody can put another file in its place in between.
 */
export interface RecoveredFile {
  readonly path: string;
  readonly fd: number;
  readonly opened: 'open' | 'path';
  readonly kind: FileEntry['kind'];
  /** Where extended attributes are set without following the file. */
  readonly xattrs: XattrHolder;
  /** The open folder that a file stands in, and its name there; folders have none. */
  readonly place?: { readonly folder: number; readonly name: CPath } | undefined;
  /** Undefined: unknown, it was there before. */
  readonly owner: Owner | undefined;
  /** Undefined: as the system made it. */
  readonly mode: number | undefined;
  /** It may have attributes that nobody recorded: those of the folder's default ACL, or of the file that was there before. */
  readonly hasOwnXattrs: 'none' | 'inherited' | 'earlier';
  /** Its content is still being written; whoever writes it sets the times. */
  readonly timesLater?: boolean;
  /** Bytes of its content once it is written; undefined: as the system tells it. */
  readonly size?: number;
}

const times = new Uint8Array(32);
const timesView = new DataView(times.buffer);

/** What POSIX has no place for and could not be kept beside the file either. */
export interface RefusedFact extends SidecarFact {
  readonly errno: number;
}

/**
 * Sets everything that POSIX can set: owner, extended attributes, mode and, last, times. `sidecar` are further attributes; those that
 * the system does not take are answered in `refused`.
 */
export function applyFacts(
  file: RecoveredFile,
  entry: FileEntry,
  sidecar: readonly SidecarFact[] = [],
): { readonly problems: FileProblem[]; readonly refused: readonly RefusedFact[] } {
  const problems: FileProblem[] = [];
  const refused: RefusedFact[] = [];
  const failed = (errno: number, fact: string): void => {
    problems.push({ path: file.path, error: factError(errno, fact, file.path), effect: 'incomplete' });
  };
  const { posix } = entry;
  const owned = posix ? setOwner(file, posix, failed) : true;
  if (file.hasOwnXattrs !== 'none') removeUnrecorded(file, posix, new Set(sidecar.map(({ name }) => name)), failed);
  if (posix?.xattrs) setXattrs(file, withoutSidecar(file, entry, posix.xattrs, problems), failed);
  for (const fact of sidecar) {
    if (!setXattr(file.xattrs, fact.name, fact.value)) refused.push({ ...fact, errno: libc().errno() });
  }
  if (posix) {
    // Whoever owns it now must not lend his rights to a program that another owner had marked so.
    const mode = posix.mode & Mode.PERMISSIONS & (owned || file.kind !== 'file' ? ~0 : ~SET_IDS);
    if (file.kind !== 'symbolic-link' && (mode !== file.mode || posix.xattrs || file.hasOwnXattrs !== 'none')) setMode(file, mode, failed);
  } else if (entry.attributes & FileAttribute.READONLY && file.kind === 'file') {
    const facts = new StatxBuffer();
    if (facts.readOpen(file.fd)) setMode(file, facts.mode & Mode.PERMISSIONS & ~WRITE_BITS, failed);
  }
  if (!file.timesLater) {
    if (!setTimes(file, entry.times)) failed(libc().errno(), 'its times');
    else if (areFar(entry.times) && !hasTimes(file.fd, entry.times)) failed(ERANGE, 'its times');
  }
  return { problems, refused };
}

/** Whether owner and group are as recorded now. */
function setOwner(file: RecoveredFile, posix: PosixFacts, failed: (errno: number, fact: string) => void): boolean {
  const { fchown, fchownat, errno } = libc();
  const { userId, groupId } = posix;
  if (file.owner?.userId === userId && file.owner.groupId === groupId) return true;
  const chown = (user: number): number =>
    file.opened === 'open' ? fchown(file.fd, user, groupId) : fchownat(file.fd, EMPTY, user, groupId, At.EMPTY_PATH);
  if (chown(userId) === 0) return true;
  const number = errno();
  // Whoever is not root may still give it to a group of his own.
  chown(KEEP_ID);
  const facts = new StatxBuffer();
  if (facts.readOpen(file.fd) && facts.userId === userId && facts.groupId === groupId) return true;
  failed(number, `its owner ${userId} and group ${groupId}`);
  return false;
}

/** The entry with the kind and size of what was really made of it, as a backup will find it. */
export function asFound(file: RecoveredFile, entry: FileEntry): FileEntry {
  const facts = new StatxBuffer();
  return facts.readOpen(file.fd) ? { ...entry, kind: facts.kind, size: file.size ?? facts.size } : entry;
}

/**
 * What looks like facts of Windows beside the file, and would be taken for such by the next backup, is set as a fact alone: as an
 * attribute it could say of a file what was never true of it.
 */
function withoutSidecar(
  file: RecoveredFile,
  entry: FileEntry,
  xattrs: ReadonlyMap<string, Uint8Array>,
  problems: FileProblem[],
): ReadonlyMap<string, Uint8Array> {
  if (![...xattrs.keys()].some(isSidecarName)) return xattrs;
  const broken = new Set(takeSidecar(asFound(file, entry), xattrs)?.broken);
  const names = [...xattrs.keys()].filter((name) => isSidecarName(name) && !broken.has(name));
  for (const name of names) {
    const message = `${shown(file.path)}: its extended attribute ${name} was not set: it would say that the file had a fact of Windows that it did not have`;
    const error = new RecoveryError('RECOVERY_FACT', message, { path: file.path, name });
    problems.push({ path: file.path, error, effect: 'incomplete' });
  }
  return new Map([...xattrs].filter(([name]) => !names.includes(name)));
}

function setXattrs(file: RecoveredFile, xattrs: ReadonlyMap<string, Uint8Array>, failed: (errno: number, fact: string) => void): void {
  for (const [name, value] of xattrs) {
    if (!setXattr(file.xattrs, name, value)) failed(libc().errno(), `its extended attribute ${name}`);
  }
}

/** What the file has and its record does not, as far as it is a fact of the file and not of the system, like security labels. */
function removeUnrecorded(
  file: RecoveredFile,
  posix: PosixFacts | undefined,
  sidecar: ReadonlySet<string>,
  failed: (errno: number, fact: string) => void,
): void {
  const { fremovexattr, lremovexattr, errno } = libc();
  const { xattrs: holder } = file;
  const present = readXattrs(holder, () => undefined);
  for (const name of present?.keys() ?? []) {
    const earlier = file.hasOwnXattrs === 'earlier';
    const ours = posix
      ? name.startsWith(ACL) || (earlier && (name.startsWith('user.') || name === CAPABILITY || isSidecarName(name)))
      : earlier && isSidecarName(name);
    if (!ours || posix?.xattrs?.has(name) || sidecar.has(name)) continue;
    const cName = cString(textToBytes(name));
    if ((typeof holder === 'number' ? fremovexattr(holder, cName) : lremovexattr(holder, cName)) !== 0 && errno() !== ENODATA) {
      failed(errno(), `the absence of the extended attribute ${name}`);
    }
  }
}

function setMode(file: RecoveredFile, mode: number, failed: (errno: number, fact: string) => void): void {
  const { fchmod, fchmodat, errno } = libc();
  const result = file.opened === 'open' ? fchmod(file.fd, mode) : fchmodat(AT_FDCWD, procPath(file.fd), mode, 0);
  if (result !== 0) failed(errno(), `its mode 0${mode.toString(8)}`);
}

/** Sets the times; false: errno says why. */
export function setTimes(file: Pick<RecoveredFile, 'fd' | 'opened'>, { lastWrite, lastAccess }: FileTimes): boolean {
  writeTime(0, lastAccess);
  writeTime(16, lastWrite);
  const { futimens, utimensat } = libc();
  if (file.opened === 'open') return futimens(file.fd, times) === 0;
  return utimensat(file.fd, EMPTY, times, At.EMPTY_PATH) === 0 || utimensat(AT_FDCWD, procPath(file.fd), times, 0) === 0; // Linux before 5.8
}

/**
 * Whether a time lies before 1901 or behind 2038, where file systems begin to have no room for it. Linux then sets the nearest that
 * they have, and says nothing.
 */
export const areFar = ({ lastWrite, lastAccess = 0n }: FileTimes): boolean => isFar(lastWrite) || isFar(lastAccess);
const NEAR = (1n << 31n) * SECOND;
const isFar = (time: bigint): boolean => time >= NEAR || time < -NEAR;

/** Whether an open file has these times, to the second. */
function hasTimes(fd: number, { lastWrite, lastAccess }: FileTimes): boolean {
  const facts = new StatxBuffer();
  const same = (found: bigint, wanted = found): boolean => timeParts(found).seconds === timeParts(wanted).seconds;
  return facts.readOpen(fd) && same(facts.modified, lastWrite) && same(facts.accessed, lastAccess);
}

/** A time as utimensat(2) takes it; one that is not known stays as it is. */
export function timeParts(time: bigint | undefined): { readonly seconds: bigint; readonly nanoseconds: bigint } {
  if (time === undefined) return { seconds: 0n, nanoseconds: UTIME_OMIT };
  const nanoseconds = ((time % SECOND) + SECOND) % SECOND;
  return { seconds: (time - nanoseconds) / SECOND, nanoseconds };
}

function writeTime(at: number, time: bigint | undefined): void {
  const { seconds, nanoseconds } = timeParts(time);
  timesView.setBigInt64(at, seconds, true);
  timesView.setBigInt64(at + 8, nanoseconds, true);
}

const procPath = (fd: number): CPath => Buffer.from(`/proc/self/fd/${fd}\0`);
