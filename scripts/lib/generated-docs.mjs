// The generated pages of docs/: the text of each, from the tables that the code itself uses.

const note = (source) => `<!-- Generated from ${source} by \`npm run docs\`. Do not edit. -->\n`;

/** docs/errors.md */
export function errorsPage({ ERROR_CODES }) {
  const rows = Object.entries(ERROR_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return [
    note('packages/core/src/errors/codes.ts'),
    '# Error codes',
    '',
    'Every error that Winback throws has one of these in its `code`; programs test that, never the message. `details` holds the facts (path, byte',
    'offset, expected and found values, the system’s own error name), `hint` one sentence that says what to do. Codes are never renamed.',
    '`isWinbackError(error, code)` from `@winback/core` recognises them, also across two installed copies of core.',
    '',
    '| Code | Meaning |',
    '| --- | --- |',
    ...rows,
    '',
    '## Exit codes of the command',
    '',
    '| Exit code | Meaning |',
    '| ---: | --- |',
    '| 0 | All done. |',
    '| 1 | Failed; nothing usable was made. |',
    '| 2 | The command line, the configuration or a plugin is wrong. |',
    '| 3 | Done, but some files could not be read, recovered or compared equal; they are listed. |',
    '| 4 | The backup target is missing or locked. |',
    '| 5 | Damaged data was found. |',
    '| 130 | Interrupted. |',
    '',
  ].join('\n');
}

/** docs/formats.md */
export function formatsPage({ structToMarkdown }, packages) {
  const sections = packages.flatMap(([name, layouts]) => [`## ${name}`, '', ...layouts.map((layout) => structToMarkdown(layout))]);
  return [
    note('the layout tables of the packages'),
    '# Binary structures',
    '',
    'Each table below is the one that the code reads and writes with. Offsets are from the start of the structure; integers are little-endian',
    'unless the type says `be`. Bytes that a specification reserves, and those that nobody knows, are kept as they are.',
    '',
    ...sections,
  ].join('\n');
}
