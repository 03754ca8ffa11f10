import { all, BACKUP_TARGET_DRIVER, createContainer, loadPlugins, SNAPSHOT_PROVIDER, VOLUME_DRIVER } from '@winback/core';
import { TAPE_DRIVER } from '@winback/tape';
import { pluginsFor } from '../builtin-plugins.js';
import { Exit, type ExitCode } from '../exit-codes.js';
import type { CommonOptions, Session } from '../session.js';
import { table } from '../terminal/format.js';
import { printable, printableJson } from '../terminal/printable.js';

/** Lists the loaded plugins and what they serve. */
export async function run({ io }: Session, options: CommonOptions): Promise<ExitCode> {
  const resolved = pluginsFor(io, options);
  const uses = await loadPlugins(resolved);
  const container = createContainer(uses);
  const plugins = resolved.map(({ specifier, url, namedBy }) => ({ specifier, url, namedBy }));
  const serves = [
    ...all(container, BACKUP_TARGET_DRIVER).map((d) => ({
      kind: 'backup target',
      name: `${d.scheme}:`,
      description: d.description,
      ...d.probe(),
    })),
    ...all(container, VOLUME_DRIVER).map((d) => ({ kind: 'volume driver', name: d.name, description: '', ...d.probe() })),
    ...all(container, TAPE_DRIVER).map((d) => ({ kind: 'tape driver', name: d.name, description: d.description, ...d.probe() })),
    // Whether a provider can be used depends on the volume, so there is nothing to probe.
    ...all(container, SNAPSHOT_PROVIDER).map((p) => ({
      kind: 'snapshot provider',
      name: p.name,
      description: '',
      available: true as const,
    })),
  ];
  if (options.json) {
    io.stdout.write(`${printableJson({ plugins, serves }, 2)}\n`);
    return Exit.DONE;
  }
  const rows = serves.map((s) => [s.kind, s.name, 'reason' in s ? `not here: ${s.reason}` : s.description].map(printable));
  io.stdout.write(`${plugins.map((p) => `${printable(p.specifier)}\n  from ${printable(p.url)}\n`).join('')}\n${table(rows)}`);
  return Exit.DONE;
}
