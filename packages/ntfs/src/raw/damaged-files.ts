import { isWinbackError, joinPath, SourceError, type FileProblem } from '@winback/core';
import type { FolderWalk, Found } from './folder-walk.js';
import { visitIndex } from './index-entries.js';
import { FileName, NameSpace } from './layouts/index.js';
import { recordOf, textAt, viewOf } from './numbers.js';
import { KindCode } from './reparse-kind.js';
import type { VolumeMetadata } from './volume-metadata.js';

const NAME_LENGTH = FileName.offsetOf('nameLength');
const NAME_SPACE = FileName.offsetOf('nameSpace');

/** The files whose records are damaged, by the names that the indexes of their folders still have. */
export function nameDamagedFiles(records: readonly number[], walk: FolderWalk, metadata: VolumeMetadata): FileProblem[] {
  const damaged = new Set(records);
  const problems: FileProblem[] = [];
  const waiting: Found[] = [walk.root];
  for (let folder = waiting.pop(); folder; folder = waiting.pop()) {
    for (const name of metadata.tree.namesIn(folder.record)) {
      const found = walk.found(folder, name);
      if (found.code === KindCode.DIRECTORY) waiting.push(found);
    }
    for (const name of namesInIndex(folder, damaged, metadata)) {
      const path = joinPath(folder.path, name);
      const error = new SourceError('SOURCE_UNREADABLE', `${path}: its FILE record is damaged`, { path });
      problems.push({ path, error, effect: 'skipped' });
    }
  }
  return problems;
}

function namesInIndex(folder: Found, damaged: ReadonlySet<number>, { mft, source }: VolumeMetadata): string[] {
  const names: string[] = [];
  try {
    visitIndex(mft.attributes(folder.record), '$I30', source, (entry, key) => {
      if (key.length < FileName.size || key[NAME_SPACE] === NameSpace.DOS || !damaged.has(recordOf(viewOf(entry), 0))) return;
      names.push(textAt(key, FileName.size, Math.min(key[NAME_LENGTH] ?? 0, (key.length - FileName.size) >> 1)));
    });
  } catch (error) {
    if (!isWinbackError(error)) throw error;
  }
  return names;
}
