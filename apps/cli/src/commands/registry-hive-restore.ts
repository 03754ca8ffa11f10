import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeNodeError, nodeErrno, RegistryError } from '@winback/core/errors';
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
    const kept = keep(hive, restored, report);
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
    } else report.say('It is no SYSTEM hive: KeysNotToRestore has no say in it.\n');
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

/** Undefined: it is no SYSTEM hive. */
function keep(existing: string, restored: string, report: RegistryReport): KeptKeys | undefined {
  using before = HiveFile.open(existing);
  using store = HiveFile.open(restored, { mode: 'write' });
  const hives = [new MachineHives(before), new MachineHives(store)] as const;
  if (hives.some(({ kind }) => kind !== 'SYSTEM')) return undefined;
  const kept = keepKeysNotToRestore(...hives);
  for (const warning of kept.warnings) report.note(warning);
  store.flush();
  return kept;
}

function renew(restored: string): string {
  using store = HiveFile.open(restored, { mode: 'write' });
  const id = randomUUID();
  renewLastRestoreId(new MachineHives(store), id);
  store.flush();
  return id;
}
