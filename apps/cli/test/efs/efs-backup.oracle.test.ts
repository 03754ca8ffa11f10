import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MountedImage } from '@winback/core/testing';
import { main } from '../../src/main.js';
import { testIo, winback } from '../test-io.js';
import { makeKey, mountNtfs, ntfsencrypt, passwordFile, whyNoNtfs, type TestKey } from './efs-tools.js';

const anyString = expect.any(String) as string;
const matching = (text: RegExp): string => expect.stringMatching(text) as string;

describe.skipIf(whyNoNtfs !== undefined)(
  `encrypted files straight out of backups (${whyNoNtfs ?? 'encrypted by ntfsdecrypt'})`,
  { timeout: 120_000 },
  () => {
    let home: string;
    let ann: TestKey;
    let [source, second]: MountedImage[] = [];
    /** What ntfsdecrypt -e put into `docs/letter`. */
    const letter = randomBytes(200_001);
    const notes = randomBytes(5000);
    const run = async (...argv: string[]): Promise<string> => {
      const { code, stdout, stderr } = await winback(home, ...argv);
      expect({ code, stderr }, argv.join(' ')).toEqual({ code: 0, stderr: '' });
      return stdout;
    };
    const key = (one = ann): string[] => ['--key', one.pfx, '--password-file', passwordFile(home)];
    const out = (name: string): string => join(home, name);
    const targets = ['a.bkf', 'tape:image:a.wbtape'];

    beforeAll(async () => {
      home = mkdtempSync(join(tmpdir(), 'winback-efs-backup-'));
      ann = makeKey(home, 'Ann');
      [source, second] = [mountNtfs(), mountNtfs()];
      mkdirSync(join(source.folder, 'docs'));
      writeFileSync(out('plain'), 'first');
      for (const path of [join(source.folder, 'docs', 'letter'), join(second.folder, 'shared')])
        await run('efs', 'encrypt', 'plain', '--cert', ann.cert, '--output', path);
      source.detach();
      ntfsencrypt(source.image, 'docs/letter', ann.pfx, letter);
      source.remount();
      linkSync(join(source.folder, 'docs', 'letter'), join(source.folder, 'docs', 'other name'));
      writeFileSync(join(source.folder, 'docs', 'open'), 'not encrypted');
      await makeStreams(join(source.folder, 'docs', 'streams'));
      writeFileSync(join(source.folder, 'shared'), 'one of two');
      for (const target of targets) {
        const backup = ['start', 'backup', '--backup-target', target, '--no-snapshot', '--quiet', '--include'];
        await run(...backup, join(source.folder, 'docs', 'open')); // an older version, without the letter
        await run(...backup, source.folder, second.folder);
      }
    });
    afterAll(() => {
      source?.unmount();
      second?.unmount();
      rmSync(home, { recursive: true, force: true });
    });

    async function makeStreams(path: string): Promise<void> {
      const { encryptItems, newFileKey, newMetadata, rawOf, Produced } = await import('@winback/efs-raw');
      const { X509Certificate } = await import('node:crypto');
      const fileKey = newFileKey();
      const metadata = newMetadata({ fileKey, users: [{ certificate: new X509Certificate(readFileSync(ann.cert)) }] });
      const reading = (bytes: Uint8Array) => {
        let at = 0;
        return (into: Uint8Array): number => {
          const piece = bytes.subarray(at, at + into.length);
          into.set(piece);
          at += piece.length;
          return piece.length;
        };
      };
      const items = encryptItems(metadata, fileKey, [
        { name: '::$DATA', read: reading(letter) },
        { name: ':notes:$DATA', read: reading(notes) },
      ]);
      const raw = rawOf(new Produced(items));
      const parts: Uint8Array[] = [];
      for (let piece = await raw.next(); piece; piece = await raw.next()) parts.push(new Uint8Array(piece.bytes!));
      writeFileSync(out('streams.efsraw'), Buffer.concat(parts));
      await run('efs', 'import', 'streams.efsraw', path);
    }

    it.each(targets)(
      'are decrypted from %s, by the path from the root or with the volume in front, and by any of their names',
      async (target) => {
        const letterAt = join(source!.folder, 'docs', 'letter');
        for (const path of ['docs/letter', letterAt, 'docs/other name']) {
          const text = await run('efs', 'decrypt', path, '--backup-target', target, ...key(), '--output', 'letter');
          expect(text).toContain(`Decrypted 200,001 bytes of ${join(source!.folder, path === letterAt ? 'docs/letter' : path)} to `);
          expect(readFileSync(out('letter')).equals(letter)).toBe(true);
          expect(statSync(out('letter')).mode & 0o777).toBe(0o600);
          rmSync(out('letter'));
        }
        const alternate = ['efs', 'decrypt', 'docs/streams', '--backup-target', target, ...key(), '--stream', 'notes', '--output', 'notes'];
        expect(JSON.parse(await run(...alternate, '--version', '2', '--json'))).toMatchObject({
          path: join(source!.folder, 'docs/streams'),
          backup: { version: anyString },
          stream: ':notes:$DATA',
          bytes: notes.length,
          openedAs: { role: 'user', thumbprint: ann.thumbprint },
          missing: [],
          otherStreams: ['::$DATA'],
        });
        expect(readFileSync(out('notes')).equals(notes)).toBe(true);
        rmSync(out('notes'));
      },
    );

    it.each(targets)('are told of from %s', async (target) => {
      const info = await run('efs', 'info', 'docs/letter', '--backup-target', target, '--json');
      expect(JSON.parse(info)).toMatchObject({
        form: 'backup',
        backup: { version: anyString },
        version: 2,
        entries: [{ role: 'user', thumbprint: ann.thumbprint }],
        streams: [{ name: '::$DATA', encrypted: true, size: letter.length, missing: [] }],
      });
      expect(await run('efs', 'info', 'docs/letter', '--backup-target', target, ...key())).toMatch(
        /form: in a backup, version [^]*cipher: AES-256\nopened: as user Ann/,
      );
      expect(await run('efs', 'users', 'list', 'docs/letter', '--backup-target', target)).toContain(`thumbprint ${ann.thumbprint}`);
      expect(readdirSync(home)).not.toContain('letter');
    });

    it('that are not there, not encrypted, folders or of several volumes are refused, each in words of its own', async () => {
      const refused = async (path: string, ...more: string[]): Promise<{ code: number; stderr: string }> => {
        const { code, stderr } = await winback(
          home,
          'efs',
          'decrypt',
          path,
          '--backup-target',
          'a.bkf',
          ...key(),
          '--output',
          'no',
          ...more,
        );
        expect(existsSync(out('no'))).toBe(false);
        return { code, stderr };
      };
      expect(await refused('docs/nothing')).toEqual({
        code: 1,
        stderr: matching(/holds no docs\/nothing[^]*--version takes another one: /),
      });
      expect(await refused('docs/letter', '--version', '1')).toEqual({ code: 1, stderr: matching(/holds no docs\/letter/) });
      expect(await refused('docs/letter', '--version', '9')).toEqual({
        code: 1,
        stderr: matching(/VERSION_NOT_FOUND|no version|holds no/i),
      });
      expect(await refused('docs')).toEqual({ code: 2, stderr: matching(/docs is a folder[^]*name one file of it/) });
      expect(await refused('docs/open')).toEqual({
        code: 1,
        stderr: matching(/docs\/open: is not encrypted in this backup[^]*start recovery/),
      });
      expect(await refused('shared')).toEqual({
        code: 2,
        stderr: matching(/shared may be any of [^\n]*, [^\n]* in version[^]*volume in front/),
      });
      expect(await refused('')).toEqual({ code: 2, stderr: matching(/FILE is empty/) });
      expect(await refused('docs/streams', '--stream', 'none')).toEqual({ code: 1, stderr: matching(/has no stream :none:\$DATA/) });
      await run('efs', 'decrypt', join(second!.folder, 'shared'), '--backup-target', 'a.bkf', ...key(), '--output', 'shared');
      expect(readFileSync(out('shared'), 'utf8')).toBe('first');
      const other = makeKey(home, 'Other');
      const args = ['efs', 'decrypt', 'docs/letter', '--backup-target', 'a.bkf', '--key', other.pfx, '--password-file', passwordFile(home)];
      expect(await winback(home, ...args, '--output', 'no')).toMatchObject({
        code: 1,
        stderr: matching(/not encrypted for any of the given keys/),
      });
      expect(await winback(home, ...args, '--output', 'plain')).toMatchObject({ code: 1 });
      expect(readFileSync(out('plain'), 'utf8')).toBe('first');
      expect(existsSync(out('no'))).toBe(false);
      const missing = await winback(home, 'efs', 'info', 'x', '--backup-target', 'none.bkf', '--json');
      expect(missing).toMatchObject({ code: 4, stdout: matching(/"TARGET_NOT_FOUND"/) });
      const without = await winback(home, 'efs', 'info', 'streams.efsraw', '--version', 'latest');
      expect(without).toMatchObject({ code: 2, stderr: matching(/--version is about a backup/) });
    });

    it('that are damaged in the backup are not taken for whole', async () => {
      const bytes = readFileSync(out('a.bkf'));
      const raw = bytes.indexOf(Buffer.from('R\0O\0B\0S\0'));
      bytes[bytes.indexOf(Buffer.from('G\0U\0R\0E\0'), raw + 60_000)] = 0;
      writeFileSync(out('damaged.bkf'), bytes);
      const backup = ['docs/letter', '--backup-target', 'damaged.bkf'];
      const decrypted = await winback(home, 'efs', 'decrypt', ...backup, ...key(), '--output', 'd');
      expect(decrypted).toMatchObject({ code: 5, stderr: matching(/NTED at byte 0x[0-9a-f]+: [^\n]* checksum/) });
      expect(existsSync(out('d'))).toBe(false);
      expect((await winback(home, 'efs', 'info', ...backup)).code).toBe(5);
      expect((await winback(home, 'efs', 'users', 'list', ...backup)).stdout).toContain(ann.thumbprint);
    });

    it('are left alone after Ctrl-C', async () => {
      const io = testIo(home);
      let code: number | undefined;
      void main(['efs', 'decrypt', 'docs/letter', '--backup-target', 'a.bkf', ...key(), '--output', 'c'], io).then((done) => (code = done));
      while (code === undefined) {
        io.interrupt();
        await new Promise(setImmediate);
      }
      expect(code).toBe(130);
      expect(existsSync(out('c'))).toBe(false);
    });
  },
);
