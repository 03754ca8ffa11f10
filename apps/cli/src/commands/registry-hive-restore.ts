import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeNodeError, isWinbackError, nodeErrno, RegistryError, UsageError } from '@winback/core/errors';
import { HiveFile, keepKeysNotToRestore, MachineHives, renewLastRestoreId, type KeptKeys } from '@winback/core/registry';
import type { ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { CommonOptions, Session } from '../session.js';
import { formatCount } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import { RegistryReport } from './registry-report.js';

/** Puts a hive from a backup in the place of another, in one step. Of a SYSTEM hive what KeysNotToRestore names stays. */
export function run({ io }: Session, options: CommonOptions, [from = '', to = '']: readonly string[]): Promise<ExitCode> {
  const [backup, hive] = [absolutePath(from, io.cwd, 'BACKUP'), absolutePath(to, io.cwd, 'HIVE')];
  const report = new RegistryReport(io, options);
  const folder = temporaryFolder();
  try {
    const restored = join(folder, 'restored');
    HiveFile.recover(backup, restored);
    const kept = keep(hive, restored, report, (text) => text.replaceAll(restored, backup));
    const lastRestoreId = kept && renew(restored);
    HiveFile.recover(restored, hive);
    report.say(`${printable(hive)} is now what ${printable(backup)} is.\n`);
    if (kept) {
      report.say(`KeysNotToRestore: ${formatCount(kept.kept.length)} of ${formatCount(kept.entries)} entries applied.\n`);
      for (const { rule, copied } of kept.kept)
        report.say(
          `  ${printable(rule.entry.name)}: ${printable(rule.entry.text)}\n${copied.map((key) => `    ${printable(key)}\n`).join('')}`,
        );
      report.say(`LastRestoreId is now ${lastRestoreId ?? ''}.\n`);
    } else report.say('KeysNotToRestore has no say in it: nothing was kept of what was there.\n');
    const entries = kept?.kept.map(({ rule, copied }) => ({ ...rule.entry, keys: copied })) ?? null;
    return Promise.resolve(
      report.finish({ path: hive, backup, kept: entries, entries: kept?.entries ?? 0, lastRestoreId: lastRestoreId ?? null }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws REGISTRY_IO */
function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'winback-hive-'));
  } catch (error) {
    if (nodeErrno(error) === undefined) throw error;
    const message = `no temporary folder can be made in ${tmpdir()}: ${describeNodeError(error)}`;
    throw new RegistryError('REGISTRY_IO', message, { path: tmpdir() }, { cause: error, hint: 'TMPDIR names another place' });
  }
}

/**
 * Undefined: they are no SYSTEM hives, or nothing can be read of the one that is there, which is no reason not to restore it.
 * @throws USAGE when one is a SYSTEM hive and the other is not
 */
function keep(existing: string, restored: string, report: RegistryReport, named: (text: string) => string): KeptKeys | undefined {
  using store = HiveFile.open(restored, { mode: 'write' });
  const now = new MachineHives(store);
  if (!existsSync(existing)) return undefined;
  try {
    using before = HiveFile.open(existing);
    const old = new MachineHives(before);
    if ((old.kind === 'SYSTEM') !== (now.kind === 'SYSTEM')) throw otherHive(existing, old.kind === 'SYSTEM');
    if (now.kind !== 'SYSTEM') return undefined;
    const kept = keepKeysNotToRestore(old, now);
    for (const warning of kept.warnings) report.note(warning);
    store.flush();
    return kept;
  } catch (error) {
    if (!isWinbackError(error) || error.code === 'USAGE') throw error;
    report.problem(named(`${existing} cannot be read, and nothing was kept of it: ${error.message}`));
    return undefined;
  }
}

const otherHive = (existing: string, isSystem: boolean): UsageError =>
  new UsageError(
    `${existing} is ${isSystem ? 'a' : 'no'} SYSTEM hive, and the hive from the backup is ${isSystem ? 'none' : 'one'}`,
    { path: existing },
    {
      hint: 'name the hive that was kept, and the one of the same kind that it replaces',
    },
  );

function renew(restored: string): string {
  using store = HiveFile.open(restored, { mode: 'write' });
  const id = randomUUID();
  renewLastRestoreId(new MachineHives(store), id);
  store.flush();
  return id;
}
