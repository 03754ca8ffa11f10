import { EfsError, type FileEntry, type StoredStreams, type VolumeRecovery } from '@winback/core';

const PIECE = 256 * 1024;

/**
 * Makes one file of backup streams: whole, or not at all.
 * @param path as the user knows it
 * @throws EFS_IO when a fact or a stream of it could not be kept; RECOVERY_*, FORMAT_*
 */
export async function recoverStreams(recovery: VolumeRecovery, entry: FileEntry, streams: StoredStreams, path: string): Promise<void> {
  const file = recovery.create(entry);
  if (!file) throw new EfsError('EFS_IO', `${path}: is there already`, { path });
  const buffer = new Uint8Array(PIECE);
  try {
    for (let header = await streams.next(); header; header = await streams.next()) {
      if (file.begin(header) === 'unsupported') continue;
      for (let n = await streams.readInto(buffer); n > 0; n = await streams.readInto(buffer)) file.write(buffer.subarray(0, n));
    }
  } catch (error) {
    file.abort();
    throw error;
  }
  const problems = [...file.commit().problems, ...recovery.finish()].filter(({ effect }) => effect !== 'note');
  const [first] = problems;
  if (first) throw new EfsError('EFS_IO', first.error.message, { path }, { cause: first.error, hint: first.error.hint });
}
