import type { ExitCode } from '../exit-codes.js';
import { runJobCommand } from '../run-job.js';
import type { NextMediaOptions, Session } from '../session.js';
import { nextMediaOf } from '../next-media.js';
import { targetUri } from '../paths.js';
import { plural } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';

interface Options extends NextMediaOptions {
  readonly backupTarget: string;
  readonly version?: string;
  readonly keepVersions?: number;
  readonly deleteOldest?: boolean;
}

export function run(session: Session, options: Options): Promise<ExitCode> {
  const { version, keepVersions, deleteOldest } = options;
  const target = targetUri(options.backupTarget, session.io.cwd);
  return runJobCommand(session, options, {
    job: { kind: 'delete', spec: { target, version, keepVersions, deleteOldest, nextMedia: nextMediaOf(session.io, options) } },
    describe: ({ deleted }) => `Deleted ${plural(deleted.length, 'version')}${deleted.map((id) => `\n  ${printable(id)}`).join('')}\n`,
  });
}
