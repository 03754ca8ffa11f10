import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSnapshotFolder, nodeErrno, SNAPSHOT_FOLDER_PREFIX } from '@winback/core';
import { createReadOnlySnapshot, deleteSubvolume } from './subvolume.js';

/** Name of the snapshot inside of its folder, and of the file that says whose it is. */
const SNAPSHOT = 'volume';
const OWNER = 'owner.json';

/** A process so that it cannot be taken for another: numbers are used again, also after a restart and in containers. */
interface Owner {
  readonly pid: number;
  /** Clock ticks from the start of the system to that of the process. */
  readonly started: string;
  readonly bootId: string;
  readonly pidNamespace: string;
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
const pidNamespace = (): string => readlinkSync('/proc/self/ns/pid');

/** Field 22 of /proc/PID/stat; the name in field 2 may hold anything but ends with the last parenthesis. Undefined: no such process. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    const errno = nodeErrno(error);
    if (errno === 'ENOENT' || errno === 'ESRCH') return undefined;
    throw error;
  }
}

const thisProcess = (): Owner => ({
  pid: process.pid,
  started: startOf(process.pid) ?? '',
  bootId: bootId(),
  pidNamespace: pidNamespace(),
});

/** A private folder in the volume's root with one snapshot in it. Answers with the folder. */
export function makeSnapshotFolder(root: string, id: string): string {
  const folder = join(root, SNAPSHOT_FOLDER_PREFIX + id);
  mkdirSync(folder, { mode: 0o700 });
  try {
    writeFileSync(join(folder, OWNER), JSON.stringify(thisProcess()), { flag: 'wx', mode: 0o600 });
    createReadOnlySnapshot(root, folder, SNAPSHOT);
  } catch (error) {
    removeSnapshotFolder(folder);
    throw error;
  }
  return folder;
}

export const snapshotIn = (folder: string): string => join(folder, SNAPSHOT);

/** Takes all of it away; parts that are gone already are no error. @throws SNAPSHOT_FAILED */
export function removeSnapshotFolder(folder: string): void {
  // The owner's file goes last but the folder: until then the folder is recognised as a leftover.
  if (exists(snapshotIn(folder))) deleteSubvolume(folder, SNAPSHOT);
  ignoreMissing(() => {
    unlinkSync(join(folder, OWNER));
  });
  ignoreMissing(() => {
    rmdirSync(folder);
  });
}

/** Removes the snapshots in a volume whose process was killed. Those of running processes, and what merely has such a name, stay. */
export function removeLeftovers(root: string): string[] {
  const removed: string[] = [];
  for (const name of readdirSync(root)) {
    if (!isSnapshotFolder(name)) continue;
    const folder = join(root, name);
    const facts = lstatSync(folder, { throwIfNoEntry: false });
    if (!facts?.isDirectory() || facts.uid !== process.geteuid?.()) continue;
    const owner = ownerOf(folder);
    if (!owner || isRunning(owner)) continue;
    removeSnapshotFolder(folder);
    removed.push(name);
  }
  return removed;
}

function ownerOf(folder: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(join(folder, OWNER), 'utf8')) as Partial<Owner> | null;
    const whole = typeof owner?.pid === 'number' && typeof owner.started === 'string' && owner.bootId && owner.pidNamespace;
    return whole ? (owner as Owner) : undefined;
  } catch (error) {
    // Unreadable or no JSON: not ours to remove.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

function isRunning(owner: Owner): boolean {
  if (owner.bootId !== bootId()) return false;
  // Processes of another container cannot be seen; theirs are left alone until the next start of the system.
  if (owner.pidNamespace !== pidNamespace()) return true;
  return startOf(owner.pid) === owner.started;
}

const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

function ignoreMissing(remove: () => void): void {
  try {
    remove();
  } catch (error) {
    if (nodeErrno(error) !== 'ENOENT') throw error;
  }
}
