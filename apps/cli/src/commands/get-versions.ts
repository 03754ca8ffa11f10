import type { BackupVersion } from '@winback/core';
import type { ExitCode } from '../exit-codes.js';
import { problemSummary } from '../job-output.js';
import { runJobCommand } from '../run-job.js';
import type { NextMediaOptions, Session } from '../session.js';
import { nextMediaOf } from '../next-media.js';
import { targetUri } from '../paths.js';
import { withoutSecrets } from '../secrets.js';
import { formatBytes, formatCount, table } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';

interface Options extends NextMediaOptions {
  readonly backupTarget: string;
}

export function run(session: Session, options: Options): Promise<ExitCode> {
  const target = targetUri(options.backupTarget, session.io.cwd);
  return runJobCommand(session, options, {
    job: { kind: 'versions', spec: { target, nextMedia: nextMediaOf(session.io, options) } },
    document: (result) => ({ ...result, versions: result.versions.map(documentOf) }),
    describe: ({ versions, problemCount }) => describe(versions, target) + problemSummary(problemCount),
  });
}

const isoTime = (time: bigint): string => new Date(Number(time / 1_000_000n)).toISOString();

const documentOf = (version: BackupVersion): object => ({ ...version, time: isoTime(version.time) });

function stateOf({ catalog, continuesOn }: BackupVersion): string {
  if (continuesOn !== undefined) return `goes on on cartridge ${String(continuesOn)}, not seen`;
  if (!catalog) return '';
  return catalog.problemCount === 0 ? 'complete' : `${formatCount(catalog.problemCount)} problems`;
}

function describe(versions: readonly BackupVersion[], target: string): string {
  if (versions.length === 0) return `${printable(withoutSecrets(target))} holds no versions.\n`;
  const rows = versions.map((v) => [
    printable(v.id),
    v.files === undefined ? '?' : formatCount(v.files),
    v.bytes === undefined ? '?' : formatBytes(v.bytes),
    stateOf(v),
    printable(v.volumes.join(', ')),
    printable(v.machine),
    printable(v.software),
    printable(v.name),
  ]);
  return table([['VERSION (UTC)', 'FILES', 'SIZE', 'STATE', 'VOLUMES', 'MACHINE', 'SOFTWARE', 'NAME'], ...rows], [1, 2]);
}
