import { lstatSync } from 'node:fs';
import { basename } from 'node:path';
import { RegistryError } from '../../errors/families.js';
import { systemClock, type Clock } from '../../ports/clock.js';
import { putBaseBlock } from './base-block.js';
import { buildEmptyHive } from './build-hive.js';
import { HiveStore, type HiveOptions } from './hive-store.js';
import { nativePath } from './native-path.js';
import { openBytes, type OpenHive } from './open-bytes.js';
import { replaceFile } from './replace-file.js';

const PIECE = 1 << 20;

export interface HiveRecovery {
  /** Log entries, or pages of a log of the old kind; 0: the hive was clean, or no log could be used. */
  readonly replayed: number;
  /** As `HiveStore.notes`. */
  readonly notes: readonly string[];
}

/** Registry hives in files: `NTUSER.DAT`, `SYSTEM` and their kind. */
export const HiveFile = {
  /**
   * Opens a hive, and reads its base block and, when it is dirty, its logs; everything else when it is asked for.
   * @throws REGISTRY_IO, REGISTRY_DAMAGED when there is no root key
   * @throws FORMAT_SHORT, FORMAT_MAGIC, FORMAT_UNSUPPORTED when the file is no hive, a log, or of a version before Windows NT 4
   */
  open: (path: string, options: HiveOptions = {}): HiveStore => new HiveStore(path, options),

  /**
   * Makes a hive with nothing in it, and opens it for writing. Its root key has the given security descriptor, or that which Windows
   * gives the keys of the machine.
   * @throws REGISTRY_IO, also when the file exists
   */
  create(path: string, options: { readonly clock?: Clock; readonly securityDescriptor?: Uint8Array } = {}): HiveStore {
    if (lstatSync(nativePath(path), { throwIfNoEntry: false }))
      throw new RegistryError('REGISTRY_IO', `${path} exists already`, { file: path });
    const { clock = systemClock, securityDescriptor } = options;
    replaceFile(path, buildEmptyHive(basename(path), clock.now(), securityDescriptor));
    return new HiveStore(path, { mode: 'write', clock });
  },

  /**
   * Finishes the last write of a hive from its logs, as Windows does before it loads one, and writes the result to `to`: the same file
   * by default, which then is replaced in one step. Nothing is written where nothing was to do, unless `to` is another file.
   * @throws REGISTRY_IO, FORMAT_SHORT, FORMAT_MAGIC, FORMAT_UNSUPPORTED
   */
  recover(path: string, to = path): HiveRecovery {
    const hive = openBytes(path, 'auto');
    let image: readonly Uint8Array[] = [];
    try {
      if (hive.replay || to !== path) image = [...recovered(hive)];
    } finally {
      // Windows replaces no file that is open.
      hive.bytes.close();
    }
    if (image.length > 0) replaceFile(to, image);
    return { replayed: hive.replay?.applied ?? 0, notes: hive.notes };
  },
} as const;

function* recovered(hive: OpenHive): Generator<Uint8Array> {
  const block = Buffer.from(hive.block);
  if (hive.replay) putBaseBlock(block, hive.base);
  yield block;
  for (let at = 0; at < hive.bytes.length; at += PIECE) yield hive.bytes.copy(at, Math.min(PIECE, hive.bytes.length - at));
}
