import { readFileSync } from 'node:fs';
import { describeNodeError, nodeErrno, SourceError } from '@winback/core/errors';
import { importRegFile } from '@winback/core/registry';
import { textToBytes } from '@winback/core/text';
import type { ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { Session } from '../session.js';
import { plural } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import { prefixOf } from './registry-export.js';
import { RegistryReport } from './registry-report.js';
import { openRegistry, type RegistryOptions } from './registry-store.js';

interface Options extends RegistryOptions {
  readonly prefix?: string;
}

/** Merges a .reg file into a registry: all of it, or nothing where a line makes no sense. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  const prefix = prefixOf(options);
  const file = absolutePath(text, io.cwd, 'FILE');
  const bytes = readFile(file);
  using store = await openRegistry(io, options, 'write');
  const count = importRegFile(store, bytes, { prefix });
  store.flush();
  const report = new RegistryReport(io, options);
  const set = `${plural(count.keys, 'key')} and ${plural(count.values, 'value')}`;
  const deleted = `${plural(count.deletedKeys, 'key')} and ${plural(count.deletedValues, 'value')}`;
  report.say(`Imported ${set} from ${printable(file)}${count.deletedKeys + count.deletedValues > 0 ? `, and deleted ${deleted}` : ''}.\n`);
  return report.finish({ file, ...count });
}

/** @throws SOURCE_NOT_FOUND, SOURCE_UNREADABLE */
function readFile(path: string): Uint8Array {
  try {
    return readFileSync(Buffer.from(textToBytes(path)));
  } catch (error) {
    const errno = nodeErrno(error);
    if (errno === undefined) throw error;
    const code = errno === 'ENOENT' || errno === 'ENOTDIR' ? 'SOURCE_NOT_FOUND' : 'SOURCE_UNREADABLE';
    throw new SourceError(code, `${path}: ${describeNodeError(error)}`, { path, errno }, { cause: error });
  }
}
