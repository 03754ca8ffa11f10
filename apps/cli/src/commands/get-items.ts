import type { ListedItem } from '@winback/wsb';
import type { ExitCode } from '../exit-codes.js';
import { problemSummary } from '../job-output.js';
import { runJobCommand } from '../run-job.js';
import type { NextMediaOptions, Session } from '../session.js';
import { nextMediaOf } from '../next-media.js';
import { targetUri } from '../paths.js';
import { plural } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';

interface Options extends NextMediaOptions {
  readonly version: string;
  readonly items?: readonly string[];
  readonly backupTarget: string;
}

export function run(session: Session, options: Options): Promise<ExitCode> {
  const { version, items } = options;
  const target = targetUri(options.backupTarget, session.io.cwd);
  return runJobCommand(session, options, {
    job: { kind: 'items', spec: { target, version, items, nextMedia: nextMediaOf(session.io, options) } },
    describeItem,
    describe: (result) =>
      `${plural(result.count, 'item')} in version ${printable(result.version)}.\n${problemSummary(result.problemCount)}`,
  });
}

const MARKS: Partial<Record<ListedItem['kind'], string>> = {
  directory: 'd',
  'symbolic-link': 'l',
  fifo: 'p',
  socket: 's',
  'character-device': 'c',
  'block-device': 'b',
  'reparse-point': 'r',
};

function describeItem({ path, kind, size, modified }: ListedItem): string {
  const slash = kind === 'directory' && !path.endsWith('/') && !path.endsWith('\\') ? '/' : '';
  return `${MARKS[kind] ?? '-'} ${String(size).padStart(14)} ${modified.slice(0, 19).replace('T', ' ')}  ${printable(path)}${slash}`;
}
