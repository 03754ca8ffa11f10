import type { RecoveryResult, RecoverySpec } from '@winback/wsb';
import type { ExitCode } from '../exit-codes.js';
import { problemSummary } from '../job-output.js';
import { runJobCommand } from '../run-job.js';
import type { JobOptions, Session } from '../session.js';
import { absolutePath, targetUri } from '../paths.js';
import { formatBytes, formatRate, formatSeconds, plural } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';

interface Options extends JobOptions {
  readonly version: string;
  readonly items: readonly string[];
  readonly recoveryTarget: string;
  readonly backupTarget: string;
  readonly overwrite: RecoverySpec['overwrite'];
}

export function run(session: Session, options: Options): Promise<ExitCode> {
  const { cwd } = session.io;
  const recoveryTarget = absolutePath(options.recoveryTarget, cwd, '--recovery-target');
  const { version, items, overwrite } = options;
  const spec: RecoverySpec = { target: targetUri(options.backupTarget, cwd), version, items, recoveryTarget, overwrite };
  return runJobCommand(session, options, {
    job: { kind: 'recovery', spec },
    describe: (result, seconds) => describeRecovery(result, seconds, recoveryTarget),
  });
}

function describeRecovery(result: RecoveryResult, seconds: number, recoveryTarget: string): string {
  const { files, directories, bytes, skipped } = result;
  return (
    `Recovered ${plural(files, 'file')} and ${plural(directories, 'folder')} of version ${printable(result.version)}, ${formatBytes(bytes)}, ` +
    `in ${formatSeconds(seconds)} (${formatRate(bytes, seconds)}), to ${printable(recoveryTarget)}\n` +
    (skipped > 0 ? `Left alone, being there already: ${plural(skipped, 'file or folder', 'files and folders')}.\n` : '') +
    problemSummary(result.problemCount)
  );
}
