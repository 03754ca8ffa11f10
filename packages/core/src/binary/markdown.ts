import type { Struct } from './struct.js';

/** The table as Markdown: docs/formats.md is generated from this, and the tests fail when it is stale. */
export const structToMarkdown = (s: Pick<Struct<never>, 'name' | 'size' | 'spec' | 'rows'>): string =>
  [
    `### ${s.name} (${String(s.size)} bytes)`,
    '',
    `Source: ${s.spec}`,
    '',
    '| Offset | Size | Type | Field | Meaning |',
    '| ---: | ---: | --- | --- | --- |',
    ...s.rows.map(([o, f, c, d]) => `| 0x${o.toString(16).padStart(2, '0')} | ${String(c.size)} | ${c.type} | \`${f}\` | ${d} |`),
    '',
  ].join('\n');
