import type { VerifyResult } from '@winback/wsb';
import type { ExitCode } from '../exit-codes.js';
import { problemSummary } from '../job-output.js';
import { runJobCommand } from '../run-job.js';
import type { NextMediaOptions, Session } from '../session.js';
import { nextMediaOf } from '../next-media.js';
import { absolutePath, targetUri } from '../paths.js';
import { formatBytes, formatRate, formatSeconds, plural } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';

interface Options extends NextMediaOptions {
  readonly backupTarget: string;
  readonly version?: string;
  readonly compare?: string;
}

export function run(session: Session, options: Options): Promise<ExitCode> {
  const { cwd } = session.io;
  const compare = options.compare === undefined ? undefined : absolutePath(options.compare, cwd, '--compare');
  const target = targetUri(options.backupTarget, cwd);
  return runJobCommand(session, options, {
    job: { kind: 'verify', spec: { target, version: options.version, compare, nextMedia: nextMediaOf(session.io, options) } },
    describe: (result, seconds) => describe(result, seconds, compare),
  });
}

function describe(result: VerifyResult, seconds: number, compare: string | undefined): string {
  const { outcome, versions, files, directories, bytes, different } = result;
  const what = `${plural(versions.length, 'version')}, ${plural(files, 'file')} in ${plural(directories, 'folder')}, ${formatBytes(bytes)}, in ${formatSeconds(seconds)} (${formatRate(bytes, seconds)})`;
  const verdict = outcome === 'damaged' ? 'DAMAGED' : 'No damage found';
  const compared =
    compare === undefined
      ? ''
      : different === 0
        ? `Same as ${printable(compare)}\n`
        : `${plural(different, 'file differs', 'files differ')} from ${printable(compare)}\n`;
  return `${verdict}: ${what}.\n${compared}${problemSummary(result.problemCount)}`;
}
