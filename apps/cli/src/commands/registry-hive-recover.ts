import { RegistryError } from '@winback/core/errors';
import { HiveFile } from '@winback/core/registry';
import type { ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { CommonOptions, Session } from '../session.js';
import { plural } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import { RegistryReport } from './registry-report.js';

interface Options extends CommonOptions {
  readonly output?: string;
}

/** Finishes the last write of a hive from the logs beside it. */
export function run({ io }: Session, options: Options, [file = '']: readonly string[]): Promise<ExitCode> {
  const path = absolutePath(file, io.cwd, 'FILE');
  const to = options.output === undefined ? path : absolutePath(options.output, io.cwd, '--output');
  const { replayed, notes } = HiveFile.recover(path, to);
  const report = new RegistryReport(io, options);
  for (const text of notes) report.note(new RegistryError('REGISTRY_DAMAGED', `${path}: ${text}`, { file: path }));
  report.say(
    replayed > 0
      ? `${printable(to)}: ${plural(replayed, 'piece')} of the logs were applied.\n`
      : `${printable(path)}: nothing ${notes.length > 0 ? 'could be done' : 'was to do'}${to === path ? '' : `; ${printable(to)} is a copy`}.\n`,
  );
  return Promise.resolve(report.finish({ path, output: to, replayed, notes }));
}
