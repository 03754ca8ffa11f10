import { CommanderError, type Command } from 'commander';
import { convertSpelling } from './argv.js';
import { Exit, type ExitCode } from './exit-codes.js';
import { processIo, type Io } from './io.js';
import { nativeArguments, nativeFolder } from './native-text.js';
import { printError, printErrorDocument, shownError, type ShownError } from './print-error.js';
import { buildProgram, chosenCommand } from './program.js';

/** Runs one command line and answers with the exit code. Never throws, never ends the process (but for a second Ctrl-C). */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: ExitCode = Exit.DONE;
  const program = buildProgram({ io, run: main }, (code) => (exitCode = code));
  const chosen = chosenCommand(program, argv);
  const help = { long: 'help', takesValue: false, variadic: false };
  const shapes = chosen.options.map((o) => ({
    long: (o.long ?? '').replace(/^--/, ''),
    takesValue: o.required || o.optional,
    variadic: o.variadic,
  }));
  const converted = convertSpelling(argv, [...shapes, help]);
  prepare(program, io);
  const json = beforeDashes(converted).includes('--json');
  try {
    await program.parseAsync(converted, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')) {
      return error.exitCode === 0 ? Exit.DONE : Exit.USAGE; // help or the version was printed
    }
    const shown =
      error instanceof CommanderError ? usageError(await plainest(error, converted, io), commandOf(program, converted)) : shownError(error);
    if (json) printErrorDocument(io, shown);
    return printError(io, shown);
  }
}

const beforeDashes = (argv: readonly string[]): readonly string[] => (argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv);
const commandOf = (program: Command, argv: readonly string[]): string => {
  const names: string[] = [];
  for (let c: Command | null = chosenCommand(program, argv); c; c = c.parent) names.unshift(c.name());
  return names.join(' ');
};

/** Every command throws instead of ending the process, and prints where it is told to. */
function prepare(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      io.stdout.write(text);
    },
    // Help that was not asked for; errors are printed by us.
    writeErr: (text) => {
      io.stderr.write(text);
    },
    outputError: () => undefined,
    getOutHelpWidth: () => Math.min(io.stdout.columns, 120),
    getErrHelpWidth: () => Math.min(io.stderr.columns, 120),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  for (const sub of command.commands) prepare(sub, io);
}

/**
 * A misspelled option is also a missing one, if it is required, and commander tells of that alone. So it is asked again without requiring
 * any.
 */
async function plainest(error: CommanderError, argv: readonly string[], io: Io): Promise<CommanderError> {
  if (error.code !== 'commander.missingMandatoryOptionValue') return error;
  const program = buildProgram({ io, run: main }, () => undefined);
  prepare(program, io);
  const chosen = chosenCommand(program, argv).action(() => undefined);
  for (const option of chosen.options) option.makeOptionMandatory(false);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return error;
  } catch (second) {
    return second instanceof CommanderError ? second : error;
  }
}

/** Commander's message in our form: `error: unknown option '--x'\n(Did you mean --y?)`. */
function usageError({ message }: CommanderError, command: string): ShownError {
  const [first = '', ...rest] = message.replace(/^error: /, '').split('\n');
  const [, meant] = /^\(Did you mean (.*)\?\)$/.exec(rest.join(' ')) ?? [];
  return {
    code: 'USAGE',
    message: first.replace(/\.$/, ''),
    hint: meant === undefined ? `"${command} --help" shows what it takes` : `did you mean ${meant}?`,
    details: { command },
  };
}

/** The program as a process. */
export async function runProcess(): Promise<void> {
  const io = processIo();
  const [argv, cwd] = [await nativeArguments(process.argv.slice(2)), await nativeFolder(io.cwd)];
  const code = await main(argv, { ...io, cwd });
  process.exitCode ??= code;
}
