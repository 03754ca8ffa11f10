import { isSnapshotFolder, type VolumeIdentity, type WalkFilter } from '@winback/core';
import { displayPath } from '../job/volume-path.js';
import type { LeaveOut } from '../registry/left-out.js';
import type { Exclusion } from './exclusions.js';

export interface KeepFilter {
  /** For what is below an included path. */
  below(included: string): WalkFilter;
  /** Files and folders left out by patterns so far; what is below a folder is not counted. */
  excluded: number;
}

/** Leaves out what the user's patterns and the registry name, the files of the backup target itself, and the folders that snapshots are made in. */
export function keepFilter(
  volume: VolumeIdentity,
  exclusion: Exclusion,
  targetFiles: ReadonlySet<string>,
  leaveOut: (included: string) => LeaveOut,
  onTargetFile: (path: string) => void,
): KeepFilter {
  const filter: KeepFilter = {
    excluded: 0,
    below(included) {
      const leaves = leaveOut(included);
      return (path, kind) => {
        if (isSnapshotFolder(path)) return false;
        const displayed = displayPath(volume, path);
        if (targetFiles.has(displayed)) {
          onTargetFile(displayed);
          return false;
        }
        if (exclusion(displayed.replaceAll('\\', '/'), kind === 'directory')) {
          filter.excluded++;
          return false;
        }
        return !leaves(path, kind === 'directory');
      };
    },
  };
  return filter;
}
