import { Command, InvalidArgumentError, Option } from 'commander';
import type { ExitCode } from './exit-codes.js';
import type { Session } from './session.js';

/** The module behind a command, loaded when it is chosen. */
export type CommandModule<O> = Promise<{
  readonly run: (session: Session, options: O, args: readonly string[]) => Promise<ExitCode> | ExitCode;
}>;

const key = (text: string): string => text.replaceAll('-', '').toLowerCase();

/** A parser for one of several words, written in any case and with or without dashes: `CreateCopy` is `create-copy`. */
export const oneOf =
  <const W extends string>(...words: W[]) =>
  (value: string): W => {
    const word = words.find((w) => key(w) === key(value));
    if (word === undefined) throw new InvalidArgumentError(`Expected one of ${words.join(', ')}.`);
    return word;
  };

export const nonNegative = (value: string): number => {
  if (!/^[0-9]{1,9}$/.test(value)) throw new InvalidArgumentError('Expected a number, 0 or more.');
  return Number(value);
};

export const target = (): Option =>
  new Option('--backup-target <URI>', 'where the backups are: a file that ends in .bkf, or SCHEME:…').makeOptionMandatory();
export const version = (text: string): Option => new Option('--version <ID>', text);

/** Adds what every command has, an example, and what it does. */
export function command(name: string, summary: string, example: string): Command {
  return new Command(name)
    .description(summary)
    .addHelpText('after', `\nExample:\n  ${example}`)
    .option('--json', 'print one JSON document')
    .option('--quiet', 'print problems and errors only')
    .option('--config <FILE>', 'configuration to use instead of the nearest winback.config.json');
}

/** The same for commands that run a job. */
export const jobCommand = (name: string, summary: string, example: string): Command =>
  command(name, summary, example).addOption(
    new Option('--progress <HOW>', 'bar or lines on stderr (auto), one JSON object a line (json), or none')
      .argParser(oneOf('auto', 'json', 'none'))
      .default('auto'),
  );

/** Of jobs that go through backups of other programs, which may ask for a password. */
export const passwordFile = (): Option =>
  new Option('--password-file <FILE>', 'file whose first line is the password that a backup asks for; it protects nothing');
export const ignorePassword = (): Option => new Option('--ignore-password', 'read backups that ask for a password without it');

/** Of jobs that go through backup sets, which may be on several cartridges. */
export const nextMedia = (): Option =>
  new Option('--next-media-command <COMMAND>', 'what gets the next cartridge into the tape drive (default: somebody at the terminal)');
export const changer = (): Option =>
  new Option(
    '--changer <ADDRESS>',
    'the changer that gets it, and the first one where the drive is empty: /dev/sg3, iscsi://…, changer:FOLDER; ADDRESS?drive=1 is its second drive, ADDRESS?slot=3 or ?barcode=… names the first cartridge',
  ).conflicts('nextMediaCommand');
