import { UsageError } from '@winback/core/errors';
import { expandRootKey, RegExport } from '@winback/core/registry';
import { Exit, type ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { Session } from '../session.js';
import { plural } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import { RegistryReport } from './registry-report.js';
import { existingKey, keyPath, openRegistry, type RegistryOptions } from './registry-store.js';
import { newFile, standardOutput } from './volume-bytes.js';

interface Options extends RegistryOptions {
  readonly output?: string;
  readonly prefix?: string;
}

/** Writes a key with everything below it as a .reg file. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  const output = options.output === undefined ? undefined : absolutePath(options.output, io.cwd, '--output');
  if (output === undefined && (options.json || io.stdout.isTTY)) {
    throw new UsageError('a .reg file is UTF-16, which is not for a terminal or a document', {}, { hint: 'name a file with --output' });
  }
  using store = await openRegistry(io, options, 'read');
  const path = existingKey(store, keyPath(text, options)).path;
  const all = new RegExport(store, path, { prefix: prefixOf(options) });
  const sink = output === undefined ? standardOutput(io) : newFile(output);
  try {
    for (const piece of all.pieces()) {
      await sink.write(piece);
      if (sink.closed) break;
    }
    sink.finish();
  } catch (error) {
    sink.abort();
    throw error;
  }
  const report = new RegistryReport(io, options);
  for (const { path: key, reason, damaged } of all.leftOut) {
    if (damaged) report.problem(reason, Exit.DAMAGED);
    else report.problem(`${key} was left out: ${reason}`);
  }
  if (output === undefined) return report.finish({});
  report.say(`Wrote ${plural(all.keys, 'key')} and ${plural(all.values, 'value')} to ${printable(output)}\n`);
  return report.finish({ path, output, keys: all.keys, values: all.values, leftOut: all.leftOut });
}

/** The key that a hive is in a .reg file; the registry of a system needs none. @throws USAGE */
export function prefixOf(options: Options): string | undefined {
  if (options.hive !== undefined) return expandRootKey((options.prefix ?? '').replace(/\\+$/, ''));
  if (options.prefix === undefined) return undefined;
  throw new UsageError('--prefix is the place of a hive, and none is named', {}, { hint: 'name one with --hive FILE' });
}
