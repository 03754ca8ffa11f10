import { HiveFile, joinKey } from '@winback/core/registry';
import type { ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { CommonOptions, Session } from '../session.js';
import { plural } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import { RegistryReport } from './registry-report.js';

/** Reads a hive whole, with its logs, and lists what is damaged. */
export function run({ io }: Session, options: CommonOptions, [file = '']: readonly string[]): Promise<ExitCode> {
  const path = absolutePath(file, io.cwd, 'FILE');
  using hive = HiveFile.open(path);
  const report = new RegistryReport(io, options);
  for (const text of hive.notes) report.problem(`${path}: ${text}`);
  const [keys, values, bytes] = count(hive, report);
  report.say(
    `${printable(path)}: ${plural(keys, 'key')}, ${plural(values, 'value')}, ${plural(bytes, 'byte')} of data.\n` +
      (hive.replayed > 0
        ? 'Its last write was not finished; the logs beside it have it ("winback registry hive recover" finishes it).\n'
        : ''),
  );
  return Promise.resolve(report.finish({ path, keys, values, bytes, replayed: hive.replayed, notes: hive.notes }));
}

/** Keys, values and bytes of data that can be read. What cannot is a problem of the report. */
function count(hive: ReturnType<typeof HiveFile.open>, report: RegistryReport): [number, number, number] {
  let [keys, values, bytes] = [0, 0, 0];
  const left = [''];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const key = report.attempt(() => hive.key(path));
    if (!key) continue;
    keys++;
    report.attempt(() => [key.className, key.securityDescriptor]);
    for (const { data } of report.whole(() => key.values())) {
      values++;
      bytes += data.length;
    }
    for (const name of report.whole(() => key.subkeys())) left.push(joinKey(path, name));
  }
  return [keys, values, bytes];
}
