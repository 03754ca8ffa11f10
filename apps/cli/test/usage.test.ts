import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Command } from 'commander';
import { ERROR_CODES } from '@winback/core';
import { describe, expect, it } from 'vitest';
import { convertSpelling } from '../src/argv.js';
import { Exit, exitCodeOf, exitCodeOfOutcome } from '../src/exit-codes.js';
import { buildProgram, chosenCommand } from '../src/program.js';
import { testIo, winback } from './test-io.js';

const run = (...argv: string[]): ReturnType<typeof winback> => winback(tmpdir(), ...argv);

const program = (): Command => buildProgram({ io: testIo('/'), run: () => Promise.resolve(0) }, () => undefined);
function leaves(command: Command, path: string[] = []): [path: string[], command: Command][] {
  return command.commands.length === 0 ? [[path, command]] : command.commands.flatMap((sub) => leaves(sub, [...path, sub.name()]));
}

describe('help', () => {
  it('of the program lists the commands', async () => {
    const { code, stdout, stderr } = await run('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const word of ['start', 'get', 'verify', 'delete', 'plugin', 'tour', 'Exit codes']) expect(stdout).toContain(word);
  });

  it.each(leaves(program()).map(([path]) => path.join(' ')))('of %s has an example that the command accepts', async (words) => {
    const { code, stdout } = await run(...words.split(' '), '--help');
    expect(code).toBe(0);
    const example = /Example:\n {2}winback (.*)\n/.exec(stdout)?.[1] ?? '';
    expect(example.startsWith(words)).toBe(true);
    for (const option of ['--json', '--quiet', '--config']) expect(stdout).toContain(option);
    const parsed = program();
    const chosen = chosenCommand(parsed, example.split(' '));
    chosen.exitOverride().action(() => undefined);
    await expect(parsed.parseAsync(example.split(' '), { from: 'user' })).resolves.toBeDefined();
  });

  it('comes in Windows’ spelling too', async () => {
    expect((await run('start', 'backup', '/?')).stdout).toContain('--include');
    expect((await run('start', 'backup', '-help')).code).toBe(0);
  });

  it('without a command it is help, and wrong usage', async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: winback');
    expect((await run('start')).code).toBe(2);
  });
});

describe('--version', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  it.each(['--version', '-V', '-version'])('%s', async (flag) => {
    expect(await run(flag)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('wrong usage ends with 2, one line and a hint', () => {
  it.each<[string[], string, string]>([
    [['strat', 'backup'], "unknown command 'strat'", 'did you mean start?'],
    [['vss', 'list'], "unknown command 'vss'", '"winback --help"'],
    [
      ['start', 'backup', '--backup-target', 'x.bkf'],
      "required option '--include <PATH...>' not specified",
      '"winback start backup --help"',
    ],
    [['start', 'backup', '--inclde', 'x'], "unknown option '--inclde'", 'did you mean --include?'],
    [['start', 'backup', '-include:x'], "required option '--backup-target <URI>' not specified", ''],
    [['start', 'backup', '--include', 'x', '--backup-target', 'y.bkf', '--snapshot', 'maybe'], 'Expected one of auto, required', ''],
    [['start', 'backup', '--include', 'x', '--backup-target', 'y.bkf', '--vss-copy', '--vss-full'], 'cannot be used with', ''],
    [['delete', 'backup', '--keep-versions', '-1', '--backup-target', 'x.bkf'], 'Expected a number', ''],
    [['delete', 'backup', '--keep-versions', '1', '--delete-oldest', '--backup-target', 'x.bkf'], 'cannot be used with', ''],
    [['get', 'versions', 'extra', '--backup-target', 'x.bkf'], 'too many arguments', ''],
    [['get', 'versions', '--backup-target'], 'argument missing', ''],
  ])('%j', async (argv, message, hint) => {
    const { code, stdout, stderr } = await run(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^winback: [^\n]*\n {2}hint: [^\n]*\n$/);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });

  it('with --json also as a document', async () => {
    const { code, stdout, stderr } = await run('get', 'versions', '-json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'USAGE',
        message: "required option '--backup-target <URI>' not specified",
        hint: '"winback get versions --help" shows what it takes',
        details: { command: 'winback get versions' },
      },
    });
    expect(stderr).toContain('winback: required option');
  });

  it('does not let the command line itself reach the terminal raw', async () => {
    expect((await run('\x1b[2J')).stderr).not.toContain('\x1b');
  });
});

describe('exit codes', () => {
  it('follow from the error’s code', () => {
    const special = Object.fromEntries(Object.keys(ERROR_CODES).map((code) => [code, exitCodeOf(code)]));
    expect(special).toMatchObject({
      USAGE: 2,
      CONFIG_INVALID: 2,
      TARGET_SCHEME: 2,
      TARGET_NOT_FOUND: 4,
      TARGET_LOCKED: 4,
      TARGET_DAMAGED: 5,
      FORMAT_CHECKSUM: 5,
      FORMAT_MAGIC: 5,
      INTERRUPTED: 130,
      SOURCE_NOT_FOUND: 1,
      VERSION_NOT_FOUND: 1,
      SNAPSHOT_FAILED: 1,
      TARGET_FULL: 1,
    });
    expect(exitCodeOf(undefined)).toBe(Exit.FAILED);
    expect((['done', 'with-problems', 'damaged'] as const).map(exitCodeOfOutcome)).toEqual([0, 3, 5]);
  });
});

describe('every option', () => {
  it('has a spelling of its own once dashes and case are gone', () => {
    for (const [path, command] of leaves(program())) {
      const keys = command.options.map((o) => (o.long ?? '').replaceAll('-', '').toLowerCase());
      expect(new Set(keys).size, path.join(' ')).toBe(keys.length);
    }
  });

  it('can be spelled as wbadmin does', () => {
    for (const [path, command] of leaves(program())) {
      const shapes = command.options.map((o) => ({ long: (o.long ?? '').slice(2), takesValue: o.required, variadic: o.variadic }));
      for (const { long, takesValue } of shapes) {
        const camel = long.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
        const typed = takesValue ? `-${camel}:v` : `-${camel}`;
        expect(convertSpelling([...path, typed], shapes).at(-1)).toBe(takesValue ? `--${long}=v` : `--${long}`);
      }
    }
  });
});
