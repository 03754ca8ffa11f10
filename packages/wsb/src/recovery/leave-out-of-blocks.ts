import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackupTarget, type StoredFile } from '@winback/core';
import { locate } from '../backup/plan.js';
import type { JobContext, LeftOutResult, RecoverySpec } from '../job/job.js';
import { ProblemList } from '../job/problem-list.js';
import { ProgressMeter } from '../job/progress-meter.js';
import { LeftOut, type LeaveOut } from '../registry/left-out.js';
import { targetDriverFor } from '../target/open-target.js';
import { eachFile } from './each-file.js';
import { FileRecoverer } from './file-recoverer.js';
import type { Selection } from './selection.js';
import { volumeFolders } from './volume-folders.js';

const HIVE = /^(?:windows|winnt)\/system32\/config\/(?:system|software)(?:\.log[12]?)?$/i;

/** Files that are not recovered from a version of blocks. */
interface LeaveOutOfBlocks {
  leaves(file: StoredFile): boolean;
  readonly result: LeftOutResult;
}

interface Parts {
  readonly target: BackupTarget;
  readonly problems: ProblemList;
  readonly selection: Selection;
}

/**
 * A version of blocks holds the files that FilesNotToBackup names. Where all of a volume is recovered they are left out, as Windows'
 * own programs delete them then. What counts is the registry of the Windows on that volume, as the version has it; for other
 * volumes that of the running system.
 */
export async function leaveOutOfBlocks(context: JobContext, spec: RecoverySpec, parts: Parts): Promise<LeaveOutOfBlocks> {
  const { container, onEvent } = context;
  if (targetDriverFor(container, spec.target).level !== 'blocks') return { leaves: () => false, result: { entries: [], known: 0 } };
  const leftOut = new LeftOut(container, parts.problems, onEvent);
  const ofVolume = new Map<string, LeaveOut>();
  const folder = mkdtempSync(join(tmpdir(), 'winback-hives-'));
  try {
    const placeOf = await recoverHives(context, spec, parts, folder);
    for (const [root, { volume, place }] of placeOf) {
      if (!parts.selection.isWhole(volume)) continue;
      const recovered = { registry: `the SYSTEM hive of ${root} in ${spec.version}` };
      const leaves = leftOut.ofVolume(volume, place, { fromBackups: true, fromSnapshots: false, recovered });
      ofVolume.set(root, leaves(''));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  let above = '\0'; // the last folder that was left out: what is below it is not counted
  return {
    leaves({ volume, entry: { path, kind } }) {
      if (path.startsWith(above)) return true;
      if (!ofVolume.get(volume.root)?.(path, kind === 'directory')) return false;
      if (kind === 'directory') above = `${path}/`;
      return true;
    },
    get result() {
      return leftOut.result;
    },
  };
}

/** Recovers the hives of each volume into a private folder; answers where the root of each volume would be there. */
async function recoverHives(
  context: JobContext,
  { version }: RecoverySpec,
  { target }: Parts,
  folder: string,
): Promise<Map<string, { volume: StoredFile['volume']; place: string }>> {
  const silent = (): void => undefined;
  const places = new Map<string, { volume: StoredFile['volume']; place: string }>();
  const reader = await target.openSet(version);
  try {
    using recovery = locate(context.container, folder).driver.openRecovery(folder, { overwrite: 'overwrite' });
    const folderOf = volumeFolders(reader.version.volumes);
    const meter = new ProgressMeter('recovery', silent);
    const recoverer = new FileRecoverer({ context, problems: new ProblemList(silent), meter, folder: recovery, folderOf, reader });
    await eachFile(context, reader, (file) => {
      const { volume, entry } = file;
      if (!places.has(volume.root)) places.set(volume.root, { volume, place: join(folder, folderOf(volume)) });
      return entry.kind === 'file' && HIVE.test(entry.path) ? recoverer.recover(file) : undefined;
    });
    recovery.finish();
  } finally {
    await reader.close();
  }
  return places;
}
