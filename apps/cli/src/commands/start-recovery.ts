import type { RecoveredHive, RecoveryResult, RecoverySpec } from '@winback/wsb';
import type { ExitCode } from '../exit-codes.js';
import { problemSummary } from '../job-output.js';
import { leftOutSummary } from '../left-out-summary.js';
import { runJobCommand } from '../run-job.js';
import type { NextMediaOptions, Session } from '../session.js';
import { nextMediaOf } from '../next-media.js';
import { absolutePath, targetUri } from '../paths.js';
import { keyFilesOf } from './efs-keys.js';
import { formatBytes, formatCount, formatRate, formatSeconds, plural } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';

interface Options extends NextMediaOptions {
  readonly version: string;
  readonly items: readonly string[];
  readonly recoveryTarget: string;
  readonly backupTarget: string;
  readonly overwrite: RecoverySpec['overwrite'];
  readonly facts: 'keep' | 'report';
  readonly efsKey?: readonly string[];
  readonly efsPasswordFile?: string;
}

export async function run(session: Session, options: Options): Promise<ExitCode> {
  const { cwd } = session.io;
  const recoveryTarget = absolutePath(options.recoveryTarget, cwd, '--recovery-target');
  const { version, items, overwrite, facts } = options;
  const { efsKey, efsPasswordFile } = options;
  const passwords = efsPasswordFile === undefined ? {} : { passwordFile: efsPasswordFile };
  const keyFiles = await keyFilesOf(session.io, efsKey, passwords);
  const target = targetUri(options.backupTarget, cwd);
  const nextMedia = nextMediaOf(session.io, options);
  const spec: RecoverySpec = { target, version, items, recoveryTarget, overwrite, facts, keyFiles, nextMedia };
  return runJobCommand(session, options, {
    job: { kind: 'recovery', spec },
    describe: (result, seconds) => describeRecovery(result, seconds, recoveryTarget, facts),
  });
}

function describeRecovery(result: RecoveryResult, seconds: number, recoveryTarget: string, facts: 'keep' | 'report'): string {
  const { files, directories, bytes, skipped, converted, leftOut, hives } = result;
  return (
    `Recovered ${plural(files, 'file')} and ${plural(directories, 'folder')} of version ${printable(result.version)}, ${formatBytes(bytes)}, ` +
    `in ${formatSeconds(seconds)} (${formatRate(bytes, seconds)}), to ${printable(recoveryTarget)}\n` +
    (skipped > 0 ? `Left alone, being there already: ${plural(skipped, 'file or folder', 'files and folders')}.\n` : '') +
    (converted > 0
      ? `Kept in another form, from which they can be given back: facts of ${plural(converted, 'file or folder', 'files and folders')}` +
        `${facts === 'report' ? '' : ' (--facts report lists them)'}.\n`
      : '') +
    leftOutSummary(leftOut) +
    hives.map(describeHive).join('') +
    problemSummary(result.problemCount)
  );
}

function describeHive({ path, entries, kept, lastRestoreId }: RecoveredHive): string {
  const lines = kept.map(
    ({ name, text, keys }) => `  ${printable(name)}: ${printable(text)}: ${plural(keys.length, 'key or value', 'keys and values')}\n`,
  );
  const applied = `${formatCount(kept.length)} of ${formatCount(entries)} entries of KeysNotToRestore applied`;
  return (
    `${printable(path)} took the place of another SYSTEM hive, of which ${kept.length === 0 ? 'nothing was kept' : 'was kept'} (${applied})` +
    `${lines.length === 0 ? '.' : ':'}\n${lines.join('')}` +
    (lastRestoreId === undefined ? '' : `  LastRestoreId is now ${lastRestoreId}.\n`)
  );
}
