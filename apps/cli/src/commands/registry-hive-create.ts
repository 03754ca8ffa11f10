import { HiveFile } from '@winback/core/registry';
import type { ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { CommonOptions, Session } from '../session.js';
import { printable } from '../terminal/printable.js';
import { RegistryReport } from './registry-report.js';

/** Makes a hive with nothing in it. */
export function run({ io }: Session, options: CommonOptions, [file = '']: readonly string[]): Promise<ExitCode> {
  const path = absolutePath(file, io.cwd, 'FILE');
  HiveFile.create(path)[Symbol.dispose]();
  const report = new RegistryReport(io, options);
  report.say(`${printable(path)} is a hive with nothing in it.\n`);
  return Promise.resolve(report.finish({ path }));
}
