import { spawnSync } from 'node:child_process';

/** Values (`type:hex` by name) by path. */
export type Exported = Map<string, Record<string, string>>;

/** A hive as hivexregedit exports it. Its strings are the bytes of the hive, in hexadecimal. */
export function exportedByHivex(path: string): Exported {
  const { stdout, status, stderr } = spawnSync('hivexregedit', ['--export', path, '\\'], {
    encoding: 'utf8',
    maxBuffer: 1 << 29,
    env: { ...process.env, PERL_UNICODE: 'O' },
  });
  if (status !== 0) throw new Error(`hivexregedit: ${stderr}`);
  const keys: Exported = new Map();
  let values: Record<string, string> = {};
  for (const line of stdout.split('\n')) {
    if (line.startsWith('[')) {
      // The root is "\" and all below it begins with one.
      keys.set(line.slice(2, -1), (values = {}));
      continue;
    }
    const [, quoted, data = ''] = /^(?:@|"((?:[^"\\]|\\.)*)")=(.*)$/s.exec(line) ?? [];
    if (data) values[(quoted ?? '').replace(/\\(.)/gs, '$1')] = plainData(data);
  }
  return keys;
}

function plainData(text: string): string {
  const dword = /^dword:([0-9a-f]{8})$/.exec(text);
  if (dword) return `4:${Buffer.from(dword[1]!, 'hex').reverse().toString('hex')}`;
  const hex = /^hex\(([0-9a-f]+)\):([0-9a-f,]*)$/.exec(text);
  if (!hex) throw new Error(`hivexregedit says ${text.slice(0, 100)}`);
  return `${String(parseInt(hex[1]!, 16))}:${hex[2]!.replaceAll(',', '')}`;
}
