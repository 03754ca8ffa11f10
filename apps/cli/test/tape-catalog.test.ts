import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemPlatform, xor16 } from '@winback/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { winback } from './test-io.js';

const linux = systemPlatform().os === 'linux';

describe.skipIf(!linux)(`catalogs on tapes${linux ? '' : ' (files are backed up on Linux)'}`, { timeout: 120_000 }, () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'winback-catalog-test-'));
    mkdirSync(join(home, 'files', 'folder'), { recursive: true });
    for (let i = 0; i < 12; i++)
      writeFileSync(join(home, 'files', 'folder', `file ${String(i)}`), Buffer.alloc(100_000, `content ${String(i)} `));
    writeFileSync(join(home, 'files', 'alone'), 'alone');
  });
  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
  });
  const run = async (...argv: string[]) => {
    const { code, stdout, stderr } = await winback(home, ...argv);
    return { code, stdout, stderr };
  };
  const done = async (...argv: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };
  const backup = (target: string) => done('start', 'backup', '--include', 'files', '--backup-target', target, '--no-snapshot', '--quiet');
  const recover = (target: string, item: string, ...more: string[]) =>
    run(
      'start',
      'recovery',
      '--version',
      'latest',
      '--items',
      item,
      '--recovery-target',
      'out',
      '--backup-target',
      target,
      '--quiet',
      ...more,
    );
  const files = (): string[] =>
    readdirSync(join(home, 'out'), { recursive: true, encoding: 'utf8' }).filter((name) => /(file \d+|alone)$/.test(name));

  it.each(['', '?catalog=1', '?catalog=2', '?catalog=none'])('of "%s" give the same items and the same files', async (option) => {
    await backup(`tape:image:a.wbtape${option}`);
    const bare = (text: string): unknown => (JSON.parse(text) as { items: unknown }).items;
    const items = bare(await done('get', 'items', '--version', 'latest', '--backup-target', 'tape:a.wbtape', '--json'));
    await backup('same.bkf');
    expect(items).toEqual(bare(await done('get', 'items', '--version', 'latest', '--backup-target', 'same.bkf', '--json')));
    expect(await recover('tape:a.wbtape', join(home, 'files/folder/file 7'))).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(files().map((name) => name.split('/').at(-1))).toEqual(['file 7']);
    expect(readFileSync(join(home, 'out', files()[0]!))).toEqual(readFileSync(join(home, 'files/folder/file 7')));
    const nothing = await recover('tape:a.wbtape', '/no such file');
    expect([nothing.code, nothing.stderr.includes('holds no')]).toEqual([1, true]);
    const text = await done('tape', 'inspect', 'tape:a.wbtape');
    expect(/set-map SSET {2}number=1/.test(text) && /detail FILE .* name=alone/.test(text)).toBe(option !== '?catalog=none');
  });

  it('of other types there are none', async () => {
    const { code, stderr } = await run(
      'start',
      'backup',
      '--include',
      'files',
      '--backup-target',
      'tape:image:a.wbtape?catalog=4',
      '--no-snapshot',
    );
    expect([code, stderr.includes('there are no catalogs of type "4" on tapes')]).toEqual([1, true]);
  });

  it('passwords of backups are given by a file, or passed over', async () => {
    await backup('a.bkf');
    const path = join(home, 'a.bkf');
    const bytes = readFileSync(path);
    const place = bytes.readUInt16LE(2048 + 8) - 14;
    bytes.writeUInt16LE(14, 2048 + 72);
    bytes.writeUInt16LE(place, 2048 + 74);
    bytes.write('secret\0', 2048 + place, 'utf16le');
    bytes.writeUInt16LE(xor16(bytes, 2048, 50), 2048 + 50);
    writeFileSync(path, bytes);
    const refused = await recover('a.bkf', '/');
    expect([refused.code, refused.stderr.includes('asks for a password')]).toEqual([4, true]);
    writeFileSync(join(home, 'password'), 'secret\n');
    expect(await recover('a.bkf', '/', '--password-file', 'password')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(files()).toHaveLength(13);
    rmSync(join(home, 'out'), { recursive: true });
    const ignored = await recover('a.bkf', '/', '--ignore-password');
    expect(ignored.code).toBe(0);
    expect(files()).toHaveLength(13);
    const missing = await recover('a.bkf', '/', '--password-file', 'no such file');
    expect([missing.code, missing.stderr.includes('cannot be read')]).toEqual([4, true]);
    expect(missing.stderr + refused.stderr).not.toContain('secret');
  });
});
