/** What the command line's converter knows of an option. */
export interface OptionShape {
  /** `backup-target` */
  readonly long: string;
  readonly takesValue: boolean;
  readonly variadic: boolean;
}

const key = (name: string): string => name.replaceAll('-', '').toLowerCase();

/**
 * Turns wbadmin's spelling into ours: `-backupTarget:X`, `-backupTarget X` and `--BackupTarget X` all become `--backup-target`. Like on
 * Windows, case does not matter. In the spelling with a colon, commas separate the values of an option that takes several, as they do
 * for wbadmin; a value with a comma in it is given in the other spelling. What follows `--`, and what is the value of an option, is left alone.
 */
export function convertSpelling(argv: readonly string[], options: readonly OptionShape[]): string[] {
  const byKey = new Map(options.map((option) => [key(option.long), option]));
  const out: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const token = argv[i] ?? '';
    if (token === '--') return [...out, ...argv.slice(i)];
    if (token === '-?' || token === '/?') {
      out.push('--help');
      continue;
    }
    const [, dashes, name = '', separator = '', value = ''] = /^(--?)([A-Za-z][A-Za-z-]+)(?:([:=])([\s\S]*))?$/.exec(token) ?? [];
    const option = dashes === undefined ? undefined : byKey.get(key(name));
    if (!option) {
      out.push(token);
      continue;
    }
    const long = `--${option.long}`;
    if (separator === '') {
      out.push(long);
      const next = argv[i + 1];
      if (option.takesValue && next !== undefined && next !== '--') {
        out.push(next); // whatever it looks like, it is the value
        i++;
      }
    } else if (separator === ':' && option.variadic) out.push(...splitList(value).map((part) => `${long}=${part}`));
    else out.push(`${long}=${value}`);
  }
  return out;
}

/** `a,b` as wbadmin's lists have it; quotes that a shell left in keep a comma. */
function splitList(list: string): string[] {
  const parts = list.match(/"[^"]*"|[^,]+/g) ?? [''];
  return parts.map((part) => part.replace(/^"(.*)"$/s, '$1').trim()).filter((part, i, all) => part !== '' || all.length === 1);
}
