import type { ExitCode } from '../exit-codes.js';
import { absolutePath } from '../paths.js';
import type { CommonOptions, Session } from '../session.js';
import type { PasswordOptions } from './efs-keys.js';
import { recipientsOf } from './efs-recipients.js';
import { EfsReport } from './efs-report.js';
import { efsWorld } from './efs-world.js';

interface Options extends CommonOptions, PasswordOptions {
  readonly cert: readonly string[];
  readonly recoveryAgent?: readonly string[];
  readonly output: string;
  readonly algorithm: 'aes-256' | '3des' | 'desx';
  readonly sid?: string;
}

/** Encrypts a file for users and recovery agents. */
export async function run({ io }: Session, options: Options, [text = '']: readonly string[]): Promise<ExitCode> {
  const { EfsAlgorithm, encryptFile } = await import('@winback/efs-raw');
  const [path, output] = [absolutePath(text, io.cwd, 'FILE'), absolutePath(options.output, io.cwd, '--output')];
  const world = await efsWorld(io, options);
  const report = new EfsReport(io, options);
  const users = await recipientsOf(io, options.cert, { ...options, role: 'user' }, report, world.now);
  const recoveryAgents = await recipientsOf(
    io,
    options.recoveryAgent ?? [],
    { ...options, role: 'recovery agent', sid: undefined },
    report,
    world.now,
  );
  const algorithm = { 'aes-256': EfsAlgorithm.AES_256, '3des': EfsAlgorithm.TRIPLE_DES, desx: EfsAlgorithm.DESX }[options.algorithm];
  await encryptFile(path, output, { algorithm, users, recoveryAgents }, world);
  return report.finish([`Encrypted ${path} as ${output}`], { path, output, algorithm: options.algorithm });
}
