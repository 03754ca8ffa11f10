import { copyFileSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import {
  bytesToText,
  describeNodeError,
  HiveFile,
  isWinbackError,
  keepKeysNotToRestore,
  MachineHives,
  nodeErrno,
  RecoveryError,
  renewLastRestoreId,
} from '@winback/core';
import type { RecoveredHive } from '../job/job.js';
import type { ProblemList } from '../job/problem-list.js';
import { findIgnoringCase, native } from './windows-files.js';

const SYSTEM_HIVE = /(?:^|\/)(?:windows|winnt)\/system32\/config\/system$/i;

interface ReplacedHive {
  /** From the recovery target, with slashes. */
  readonly path: string;
  /** A copy of the hive that was there, with its logs. */
  readonly copy: string;
  recovered: boolean;
  wholeVolume: boolean;
}

/**
 * SYSTEM hives that a recovery puts in the place of those of an installed Windows: what KeysNotToRestore names stays as it was, and
 * LastRestoreId is renewed where the system state is what was recovered, not a whole volume.
 */
export class RecoveredHives implements Disposable {
  readonly #hives = new Map<string, ReplacedHive>();

  /** @param newId makes a text that nobody had before */
  constructor(
    private readonly recoveryTarget: string,
    private readonly newId: () => string,
  ) {}

  /**
   * To be told of each file before it is recovered over what is there.
   * @throws RECOVERY_IO when the hive that is there cannot be copied: without the copy what is to be kept of it would be lost
   */
  before(path: string): void {
    if (!SYSTEM_HIVE.test(path) || this.#hives.has(path)) return;
    const hive = join(this.recoveryTarget, path);
    if (!lstatSync(native(hive), { throwIfNoEntry: false })?.isFile()) return;
    try {
      this.#hives.set(path, { path, copy: copyAside(hive), recovered: false, wholeVolume: false });
    } catch (error) {
      if (nodeErrno(error) === undefined) throw error;
      const message = `${path}: the hive that is there cannot be copied to ${tmpdir()}: ${describeNodeError(error)}`;
      const hint = 'what KeysNotToRestore keeps is taken from that copy; TMPDIR names a folder with more room';
      throw new RecoveryError('RECOVERY_IO', message, { path }, { cause: error, hint });
    }
  }

  /** To be told of each file once it is in its place. */
  after(path: string, recoveredAs: string, wholeVolume: boolean): void {
    const hive = this.#hives.get(path);
    if (!hive || recoveredAs !== path) return;
    hive.recovered = true;
    hive.wholeVolume = wholeVolume;
  }

  /** Puts into each hive what is to be kept. What fails is a problem of that hive, which then is as it is in the backup. */
  finish(problems: ProblemList): RecoveredHive[] {
    return [...this.#hives.values()].flatMap((hive) => {
      if (!hive.recovered) return [];
      try {
        return [this.#finish(hive, problems)];
      } catch (error) {
        if (!isWinbackError(error) && nodeErrno(error) === undefined) throw error;
        const why = (error as Error).message.replaceAll(hive.copy, `the hive that ${hive.path} replaced`);
        const message = `${hive.path}: is as it is in the backup: KeysNotToRestore and LastRestoreId could not be applied: ${why}`;
        const problem = new RecoveryError('RECOVERY_FACT', message, { path: hive.path }, { cause: error });
        problems.add({ path: hive.path, error: problem, effect: 'incomplete' });
        return [];
      }
    });
  }

  #finish({ path, copy, wholeVolume }: ReplacedHive, problems: ProblemList): RecoveredHive {
    // What came after it in the backup must not lead elsewhere.
    const place = join(this.recoveryTarget, path);
    if (findIgnoringCase(this.recoveryTarget, path.split('/')) !== place)
      throw new RecoveryError('RECOVERY_ESCAPE', 'a link has taken its place', { path });
    using before = HiveFile.open(copy);
    using restored = HiveFile.open(place, { mode: 'write' });
    const [existing, now] = [new MachineHives(before, 'SYSTEM'), new MachineHives(restored, 'SYSTEM')];
    const { entries, kept, warnings } = keepKeysNotToRestore(existing, now);
    for (const error of warnings) problems.add({ path, error, effect: 'note' });
    const lastRestoreId = wholeVolume ? undefined : this.newId();
    if (lastRestoreId !== undefined) renewLastRestoreId(now, lastRestoreId);
    restored.flush();
    const shown = kept.map(({ rule: { entry }, copied }) => ({ ...entry, keys: copied }));
    return { path: place, entries, kept: shown, lastRestoreId };
  }

  [Symbol.dispose](): void {
    for (const { copy } of this.#hives.values()) rmSync(dirname(copy), { recursive: true, force: true });
  }
}

/** A private copy of a hive with its logs; answers where. */
function copyAside(hive: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'winback-hive-'));
  try {
    const logs = new Set(['', '.LOG', '.LOG1', '.LOG2'].map((end) => `${basename(hive)}${end}`.toUpperCase()));
    for (const name of readdirSync(native(dirname(hive)), { encoding: 'buffer' }).map(bytesToText)) {
      const from = join(dirname(hive), name);
      if (logs.has(name.toUpperCase()) && lstatSync(native(from)).isFile()) copyFileSync(native(from), join(folder, name));
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return join(folder, basename(hive));
}
