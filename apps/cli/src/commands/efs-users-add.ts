import { UsageError } from '@winback/core/errors';
import type { EfsMetadata } from '@winback/efs-raw';
import type { ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { CommonOptions, Session } from '../session.js';
import { plural } from '../terminal/format.js';
import { keysOf, type PasswordOptions } from './efs-keys.js';
import { recipientsOf } from './efs-recipients.js';
import { EfsReport } from './efs-report.js';
import { efsWorld } from './efs-world.js';

interface Options extends CommonOptions, PasswordOptions {
  readonly key: readonly string[];
  readonly cert?: readonly string[];
  readonly recoveryAgent?: readonly string[];
  readonly sid?: string;
}

/** Lets more users or recovery agents open a file. Its data stays as it is. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  const { changeMetadata, decodeEfsMetadata, unlock, withRecipient } = await import('@winback/efs-raw');
  const path = absolutePath(text, io.cwd, 'FILE');
  const { cert = [], recoveryAgent = [] } = options;
  if (cert.length + recoveryAgent.length === 0)
    throw new UsageError('nobody is named', {}, { hint: 'name a certificate with --cert or --recovery-agent' });
  const keys = await keysOf(io, options.key, options);
  const world = await efsWorld(io, options);
  const report = new EfsReport(io, options);
  const users = await recipientsOf(io, cert, { ...options, role: 'user' }, report, world.now);
  const agents = await recipientsOf(io, recoveryAgent, { ...options, role: 'recovery agent', sid: undefined }, report, world.now);
  await changeMetadata(path, world.drivers, (bytes) => {
    const { fileKey, warnings } = unlock(decodeEfsMetadata(bytes), keys, world.now);
    for (const warning of warnings) report.warn(warning);
    const add = (metadata: Uint8Array, [recipient, role]: readonly [(typeof users)[number], 'user' | 'recovery agent']): Uint8Array =>
      withRecipient(decodeEfsMetadata(metadata) as EfsMetadata, fileKey, recipient, role);
    return [...users.map((one) => [one, 'user'] as const), ...agents.map((one) => [one, 'recovery agent'] as const)].reduce(add, bytes);
  });
  const added = users.length + agents.length;
  return report.finish([`${plural(added, 'certificate')} more can open ${path}`], { path, added });
}
