import { describe, expect, it } from 'vitest';
import { convertSpelling, type OptionShape } from '../src/argv.js';

const option = (long: string, takesValue = true, variadic = false): OptionShape => ({ long, takesValue, variadic });
const OPTIONS = [
  option('backup-target'),
  option('include', true, true),
  option('version'),
  option('no-snapshot', false),
  option('quiet', false),
  option('json', false),
];
const convert = (...argv: string[]): string[] => convertSpelling(argv, OPTIONS);

describe('wbadmin’s spelling', () => {
  it.each<[string[], string[]]>([
    [['-backupTarget:E:'], ['--backup-target=E:']],
    [
      ['-backupTarget', 'E:'],
      ['--backup-target', 'E:'],
    ],
    [['-BACKUPTARGET:\\\\server\\share'], ['--backup-target=\\\\server\\share']],
    [
      ['--BackupTarget', 'x'],
      ['--backup-target', 'x'],
    ],
    [['--backup-target=x'], ['--backup-target=x']],
    [['-version:03/31/2025-09:00'], ['--version=03/31/2025-09:00']],
    [['-include:C:,D:\\data'], ['--include=C:', '--include=D:\\data']],
    [['-include:"C:\\a,b",D:'], ['--include=C:\\a,b', '--include=D:']],
    [
      ['--include', 'a,b'],
      ['--include', 'a,b'],
    ],
    [
      ['-quiet', '-noSnapshot'],
      ['--quiet', '--no-snapshot'],
    ],
    [['-?'], ['--help']],
    [['/?'], ['--help']],
  ])('%j is %j', (typed, converted) => {
    expect(convert('start', 'backup', ...typed)).toEqual(['start', 'backup', ...converted]);
  });

  it('leaves values alone, whatever they look like', () => {
    expect(convert('--include', '-quiet', '-quiet')).toEqual(['--include', '-quiet', '--quiet']);
    expect(convert('-backupTarget', '-version:x')).toEqual(['--backup-target', '-version:x']);
  });

  it('leaves alone what it does not know, and what follows --', () => {
    expect(convert('-unknown:x', '-h', '-5', '-')).toEqual(['-unknown:x', '-h', '-5', '-']);
    expect(convert('-quiet', '--', '-quiet', '/?')).toEqual(['--quiet', '--', '-quiet', '/?']);
    expect(convert('--include', '--', '-quiet')).toEqual(['--include', '--', '-quiet']);
  });

  it('an empty value stays one', () => {
    expect(convert('-backupTarget:', '-include:')).toEqual(['--backup-target=', '--include=']);
  });
});
