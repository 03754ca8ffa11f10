import { RecoveryError } from '../../errors/index.js';
import { nameSome } from '../../facts/extended-attributes.js';
import type { FileEntry } from '../../facts/file-entry.js';
import type { FileProblem } from '../volume.js';
import { shown } from './problems.js';

/** All streams that a file had and could not be given, as one problem; none when it was given everything. */
export function unheldProblem(entry: FileEntry, streams: readonly string[]): FileProblem[] {
  if (streams.length === 0) return [];
  const error = new RecoveryError(
    'RECOVERY_FACT',
    `${shown(entry.path)}: this file system has no place for ${nameSome(streams)}`,
    { path: entry.path, facts: streams },
    { hint: 'Recover to a volume with NTFS to keep them.' },
  );
  return [{ path: entry.path, error, effect: 'incomplete' }];
}
