import { execFileSync } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MountedImage } from '@winback/core/testing';
import type { FileKey, Item, Steps } from '@winback/efs-raw';
import { winback } from '../test-io.js';
import { makeKey, mountNtfs, ntfsdecrypt, ntfsencrypt, passwordFile, whyNoNtfs, type TestKey } from './efs-tools.js';

const SIZES = [0, 1, 511, 512, 513, 4095, 4096, 5000, 65_535, 65_536, 65_537, 66_048, 131_072, 1_000_001];
const ALGORITHMS = ['aes-256', '3des', 'desx'] as const;

describe.skipIf(whyNoNtfs !== undefined)(
  `encrypted files on NTFS volumes (${whyNoNtfs ?? 'judged by ntfsdecrypt'})`,
  { timeout: 120_000 },
  () => {
    let home: string;
    let [ann, bob, agent]: TestKey[] = [];
    let source: MountedImage;
    let destination: MountedImage;
    const plain = new Map<string, Buffer>();
    const run = async (...argv: string[]): Promise<string> => {
      const { code, stdout, stderr } = await winback(home, ...argv);
      expect({ code, stderr }, argv.join(' ')).toEqual({ code: 0, stderr: '' });
      return stdout;
    };
    const key = (one: TestKey | undefined): string[] => ['--key', one!.pfx, '--password-file', passwordFile(home)];

    beforeAll(async () => {
      home = mkdtempSync(join(tmpdir(), 'winback-efs-'));
      [ann, bob, agent] = [makeKey(home, 'Ann'), makeKey(home, 'Bob'), makeKey(home, 'Agent', { agent: true })];
      [source, destination] = [mountNtfs(), mountNtfs()];
      for (const algorithm of ALGORITHMS) {
        for (const size of algorithm === 'aes-256' ? SIZES : [1, 512, 70_000]) {
          const name = `${algorithm}-${size}`;
          plain.set(name, randomBytes(size));
          writeFileSync(join(home, name), plain.get(name)!);
          await run(
            'efs',
            'encrypt',
            name,
            '--cert',
            ann.cert,
            bob.cert,
            '--recovery-agent',
            agent.cert,
            '--algorithm',
            algorithm,
            '--output',
            join(source.folder, name),
          );
        }
      }
    });
    afterAll(() => {
      source.unmount();
      destination.unmount();
      rmSync(home, { recursive: true, force: true });
    });

    it('that we encrypt are opened by ntfsdecrypt, with the keys of users and agents', () => {
      source.detach();
      for (const [name, bytes] of plain) {
        for (const who of [ann, bob, agent]) {
          if (who !== ann && bytes.length !== 5000) continue;
          expect(Buffer.compare(ntfsdecrypt(source.image, name, who!.pfx), bytes), `${name} as ${who!.name}`).toBe(0);
        }
      }
      source.remount();
    });

    it('are decrypted where they are, by us', async () => {
      for (const [name, bytes] of plain) {
        const output = join(home, `${name}.plain`);
        await run('efs', 'decrypt', join(source.folder, name), ...key(ann), '--output', output);
        expect(Buffer.compare(readFileSync(output), bytes), name).toBe(0);
      }
    });

    it('go out and in raw, and are opened there by ntfsdecrypt', async () => {
      for (const name of plain.keys()) {
        await run('efs', 'export', join(source.folder, name), '--output', `${name}.efsraw`);
        await run('efs', 'import', `${name}.efsraw`, join(destination.folder, name));
        await run('efs', 'decrypt', `${name}.efsraw`, ...key(agent), '--output', `${name}.raw-plain`);
        expect(Buffer.compare(readFileSync(join(home, `${name}.raw-plain`)), plain.get(name)!), name).toBe(0);
      }
      destination.detach();
      for (const [name, bytes] of plain) expect(Buffer.compare(ntfsdecrypt(destination.image, name, bob!.pfx), bytes), name).toBe(0);
      destination.remount();
      // What was imported exports as the same bytes.
      for (const name of ['aes-256-0', 'aes-256-66048', 'aes-256-1000001']) {
        await run('efs', 'export', join(destination.folder, name), '--output', `${name}.again`);
        expect(Buffer.compare(readFileSync(join(home, `${name}.again`)), readFileSync(join(home, `${name}.efsraw`))), name).toBe(0);
      }
    });

    it('that ntfsdecrypt encrypted are opened by us', async () => {
      const bytes = randomBytes(200_001);
      source.detach();
      ntfsencrypt(source.image, 'aes-256-5000', ann!.pfx, bytes);
      source.remount();
      await run('efs', 'decrypt', join(source.folder, 'aes-256-5000'), ...key(bob), '--output', 'theirs');
      expect(Buffer.compare(readFileSync(join(home, 'theirs')), bytes)).toBe(0);
      plain.set('aes-256-5000', bytes);
    });

    it('go from NTFS into a .bkf file and onto another NTFS volume, where ntfsdecrypt opens them; and onto a plain folder with a key', async () => {
      mkdirSync(join(source.folder, 'sub'));
      writeFileSync(join(source.folder, 'sub', 'open.txt'), 'not encrypted');
      await run('start', 'backup', '--include', source.folder, '--backup-target', 'a.bkf', '--no-snapshot', '--quiet');
      const inspected = await run('tape', 'inspect', 'a.bkf', '--json');
      expect(inspected.match(/"NTED"/g)?.length).toBeGreaterThanOrEqual(plain.size);
      const bkf = readFileSync(join(home, 'a.bkf'));
      for (const [name, bytes] of plain) if (bytes.length >= 500) expect(bkf.includes(bytes.subarray(0, 100)), name).toBe(false);
      const recovery = [
        'start',
        'recovery',
        '--version',
        'latest',
        '--items',
        '/',
        '--backup-target',
        'a.bkf',
        '--quiet',
        '--recovery-target',
      ];
      await run(...recovery, join(destination.folder, 'recovered'));
      await run('verify', '--backup-target', 'a.bkf', '--quiet');
      await run('verify', '--backup-target', 'a.bkf', '--compare', join(destination.folder, 'recovered'), '--quiet');
      destination.detach();
      for (const [name, bytes] of plain)
        expect(Buffer.compare(ntfsdecrypt(destination.image, `recovered/${name}`, ann!.pfx), bytes), name).toBe(0);
      destination.remount();

      await run(...recovery, 'plain', '--efs-key', agent!.pfx, '--efs-password-file', passwordFile(home));
      for (const [name, bytes] of plain) expect(Buffer.compare(readFileSync(join(home, 'plain', name)), bytes), name).toBe(0);
      expect(statSync(join(home, 'plain', 'aes-256-513')).mode & 0o77).toBe(0);
      expect(readFileSync(join(home, 'plain', 'sub', 'open.txt'), 'utf8')).toBe('not encrypted');

      const raw = await winback(home, ...recovery, 'raw');
      expect(raw.code).toBe(3);
      expect(raw.stderr).toContain('aes-256-513.efsraw');
      expect(readdirSync(join(home, 'raw')).filter((name) => name.startsWith('aes-'))).toEqual(
        SIZES.map((size) => `aes-256-${size}.efsraw`).sort(),
      );
      await run('efs', 'decrypt', 'raw/aes-256-513.efsraw', ...key(ann), '--output', 'from-raw');
      expect(Buffer.compare(readFileSync(join(home, 'from-raw')), plain.get('aes-256-513')!)).toBe(0);
      const compared = await winback(home, 'verify', '--backup-target', 'a.bkf', '--compare', 'raw', '--quiet');
      expect(compared.stderr).not.toContain('is missing');
      expect(compared.stderr).not.toContain('is not in the version');
    });

    it('with a key that does not fit come back raw, and it is said whose would', async () => {
      const other = makeKey(home, 'Other');
      const args = [
        'start',
        'recovery',
        '--version',
        'latest',
        '--items',
        '/',
        '--backup-target',
        'a.bkf',
        '--quiet',
        '--recovery-target',
        'other',
      ];
      const { code, stderr } = await winback(home, ...args, '--efs-key', other.pfx, '--efs-password-file', passwordFile(home));
      expect(code).toBe(3);
      expect(stderr).toContain(`${ann!.thumbprint} (user Ann)`);
      expect(existsSync(join(home, 'other', 'aes-256-513.efsraw'))).toBe(true);
      writeFileSync(join(home, 'wrong'), 'guess');
      const wrong = await winback(home, ...args, '--efs-key', ann!.pfx, '--efs-password-file', 'wrong');
      expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/password is wrong/) as string });
      expect(wrong.stderr).not.toContain('guess');
    });

    /** A raw form of streams of any kind, for Ann, as a file. */
    async function writeRaw(name: string, items: (fileKey: FileKey, metadata: Uint8Array) => Steps<Item>): Promise<Buffer> {
      const { newFileKey, newMetadata, rawOf, Produced } = await import('@winback/efs-raw');
      const fileKey = newFileKey();
      const metadata = newMetadata({ fileKey, users: [{ certificate: new X509Certificate(readFileSync(ann!.cert)) }] });
      const raw = rawOf(new Produced(items(fileKey, metadata)));
      const parts: Uint8Array[] = [];
      for (let piece = await raw.next(); piece; piece = await raw.next()) parts.push(new Uint8Array(piece.bytes!));
      writeFileSync(join(home, name), Buffer.concat(parts));
      return Buffer.concat(parts);
    }

    const reading = (bytes: Uint8Array) => {
      let at = 0;
      return (into: Uint8Array): number => {
        const piece = bytes.subarray(at, at + into.length);
        into.set(piece);
        at += piece.length;
        return piece.length;
      };
    };

    it('keep their alternate streams', async () => {
      const { encryptItems } = await import('@winback/efs-raw');
      const [main, alternate] = [randomBytes(3000), randomBytes(70_000)];
      const raw = await writeRaw('streams.efsraw', (fileKey, metadata) =>
        encryptItems(metadata, fileKey, [
          { name: '::$DATA', read: reading(main) },
          { name: ':notes:$DATA', read: reading(alternate) },
        ]),
      );
      await run('efs', 'import', 'streams.efsraw', join(source.folder, 'streams'));
      source.remount();
      await run('efs', 'export', join(source.folder, 'streams'), '--output', 'streams.again');
      expect(Buffer.compare(readFileSync(join(home, 'streams.again')), raw)).toBe(0);
      await run('efs', 'decrypt', join(source.folder, 'streams'), ...key(ann), '--stream', 'notes', '--output', 'notes');
      expect(Buffer.compare(readFileSync(join(home, 'notes')), alternate)).toBe(0);
      await run('start', 'backup', '--include', join(source.folder, 'streams'), '--backup-target', 's.bkf', '--no-snapshot', '--quiet');
      const recovery = [
        'start',
        'recovery',
        '--version',
        'latest',
        '--items',
        '/',
        '--backup-target',
        's.bkf',
        '--quiet',
        '--recovery-target',
      ];
      await run(...recovery, join(destination.folder, 'streams'));
      await run('efs', 'decrypt', join(destination.folder, 'streams', 'streams'), ...key(ann), '--stream', 'notes', '--output', 'notes2');
      expect(Buffer.compare(readFileSync(join(home, 'notes2')), alternate)).toBe(0);
      const plainly = await winback(home, ...recovery, 'streams-plain', '--efs-key', ann!.pfx, '--efs-password-file', passwordFile(home));
      expect(plainly.stderr).toMatch(/^(incomplete: streams: this file system has no place for the alternate stream notes[^\n]*\n)?$/);
      expect(Buffer.compare(readFileSync(join(home, 'streams-plain', 'streams')), main)).toBe(0);
    });

    it('with holes keep them, and holes read as zeros', async () => {
      const { sectorCipher } = await import('@winback/efs-raw');
      const UNIT = 65_536;
      const size = 40 * UNIT - 700;
      const wanted = Buffer.alloc(size);
      const runs = [
        [3 * UNIT, randomBytes(UNIT)],
        [20 * UNIT, randomBytes(2 * UNIT)],
      ] as const;
      for (const [at, bytes] of runs) bytes.copy(wanted, at);
      await writeRaw('holes.efsraw', function* (fileKey, metadata) {
        yield { type: 'metadata', bytes: metadata };
        yield { type: 'stream', name: '::$DATA', encrypted: true, unitShift: 16 };
        for (const [offset, bytes] of runs) {
          const data = new Uint8Array(bytes);
          sectorCipher(fileKey).encrypt(data, offset);
          yield { type: 'run', offset, length: data.length, valid: data.length, data };
        }
        yield { type: 'end', size };
      });
      await run('efs', 'decrypt', 'holes.efsraw', ...key(ann), '--output', 'holes');
      expect(Buffer.compare(readFileSync(join(home, 'holes')), wanted)).toBe(0);
      await run('efs', 'import', 'holes.efsraw', join(source.folder, 'holes'));
      source.remount();
      await run('efs', 'decrypt', join(source.folder, 'holes'), ...key(ann), '--output', 'holes2');
      expect(Buffer.compare(readFileSync(join(home, 'holes2')), wanted)).toBe(0);
      await run('efs', 'export', join(source.folder, 'holes'), '--output', 'holes.again');
      await run('start', 'backup', '--include', join(source.folder, 'holes'), '--backup-target', 'h.bkf', '--no-snapshot', '--quiet');
      const recovery = [
        'start',
        'recovery',
        '--version',
        'latest',
        '--items',
        '/',
        '--backup-target',
        'h.bkf',
        '--quiet',
        '--recovery-target',
      ];
      await run(...recovery, join(destination.folder, 'h'));
      await run('verify', '--backup-target', 'h.bkf', '--quiet');
      for (const file of ['holes.again', join(destination.folder, 'h', 'holes')]) {
        await run('efs', 'decrypt', file, ...key(ann), '--output', 'holes3');
        expect(Buffer.compare(readFileSync(join(home, 'holes3')), wanted), file).toBe(0);
        rmSync(join(home, 'holes3'));
      }
      expect(readFileSync(join(home, 'holes.again')).length).toBeLessThan(4 * UNIT);
    });

    it('of folders whose new files are to be encrypted hold their keys, which go out and in', async () => {
      const raw = await writeRaw('folder.efsraw', function* (_key, metadata) {
        yield { type: 'metadata', bytes: metadata };
      });
      await run('efs', 'import', 'folder.efsraw', join(source.folder, 'folder'), '--directory');
      source.remount();
      await run('efs', 'export', join(source.folder, 'folder'), '--output', 'folder.again');
      expect(Buffer.compare(readFileSync(join(home, 'folder.again')), raw)).toBe(0);
      await run('start', 'backup', '--include', join(source.folder, 'folder'), '--backup-target', 'd.bkf', '--no-snapshot', '--quiet');
      const recovery = [
        'start',
        'recovery',
        '--version',
        'latest',
        '--items',
        '/',
        '--backup-target',
        'd.bkf',
        '--quiet',
        '--recovery-target',
      ];
      await run(...recovery, join(destination.folder, 'd'));
      destination.remount();
      await run('efs', 'export', join(destination.folder, 'd', 'folder'), '--output', 'folder.recovered');
      expect(Buffer.compare(readFileSync(join(home, 'folder.recovered')), raw)).toBe(0);
    });

    it('do not replace hidden ones unless they are told to', async () => {
      const target = join(source.folder, 'hidden');
      writeFileSync(target, 'mine');
      execFileSync('setfattr', ['-n', 'system.ntfs_attrib', '-v', '0x02000000', target]);
      const refused = await winback(home, 'efs', 'import', 'aes-256-513.efsraw', target);
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/hidden/) as string });
      await run('efs', 'import', 'aes-256-513.efsraw', target, '--overwrite-hidden');
      await run('efs', 'decrypt', target, ...key(ann), '--output', 'hidden');
      expect(Buffer.compare(readFileSync(join(home, 'hidden')), plain.get('aes-256-513')!)).toBe(0);
    });

    it('get and lose users without a change to their data', async () => {
      const name = 'aes-256-65537';
      const raw = readFileSync(join(home, `${name}.efsraw`));
      for (const file of [join(home, `${name}.efsraw`), join(source.folder, name)]) {
        await run('efs', 'users', 'remove', file, '--thumbprint', bob!.thumbprint);
        const alone = JSON.parse(await run('efs', 'users', 'list', file, '--json')) as { entries: { thumbprint: string; role: string }[] };
        expect(alone.entries.map(({ thumbprint, role }) => [role, thumbprint])).toEqual([
          ['user', ann!.thumbprint],
          ['recovery agent', agent!.thumbprint],
        ]);
        expect((await winback(home, 'efs', 'decrypt', file, ...key(bob), '--output', 'no')).stderr).toMatch(
          /not encrypted for any of the given keys/,
        );
        expect(existsSync(join(home, 'no'))).toBe(false);
        const carol = existsSync(join(home, 'Carol.pem')) ? makeKey(home, 'Carol2') : makeKey(home, 'Carol');
        await run('efs', 'users', 'add', file, ...key(ann), '--cert', carol.cert);
        const output = `${name}-${carol.name}`;
        await run('efs', 'decrypt', file, ...key(carol), '--output', output);
        expect(Buffer.compare(readFileSync(join(home, output)), plain.get(name)!)).toBe(0);
        if (file.startsWith(home)) expect(readFileSync(file).subarray(-65_536).equals(raw.subarray(-65_536))).toBe(true);
      }
      source.detach();
      expect(Buffer.compare(ntfsdecrypt(source.image, name, join(home, 'Carol2.pfx')), plain.get(name)!)).toBe(0);
      source.remount();
    });

    it('are told of', async () => {
      const { streams, entries, ...info } = JSON.parse(await run('efs', 'info', 'aes-256-513.efsraw', ...key(ann), '--json')) as Record<
        string,
        unknown
      >;
      expect(info).toMatchObject({ form: 'raw', version: 2, cipher: 'AES-256', openedAs: { role: 'user', thumbprint: ann!.thumbprint } });
      expect(streams).toEqual([{ name: '::$DATA', encrypted: true, size: 513, missing: [] }]);
      expect(entries).toHaveLength(3);
      expect(await run('efs', 'info', join(source.folder, 'desx-1'))).toMatch(/metadata: version 1\ncipher: DESX\n/);
    });

    it('are not put where they cannot be, which is said', async () => {
      source.remount('streams_interface=windows');
      const { code, stderr } = await winback(home, 'efs', 'import', 'aes-256-513.efsraw', join(source.folder, 'new'));
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/takes no encrypted files[^]*efs_raw/) as string });
      expect(existsSync(join(source.folder, 'new'))).toBe(false);
      source.remount();
      execFileSync('bash', ['-c', `head -c 40000 aes-256-65536.efsraw > cut.efsraw`], { cwd: home });
      expect((await winback(home, 'efs', 'import', 'cut.efsraw', join(source.folder, 'cut'))).code).toBe(1);
      expect(existsSync(join(source.folder, 'cut'))).toBe(false);
      const cut = await winback(home, 'efs', 'decrypt', 'cut.efsraw', ...key(ann), '--output', 'cut');
      expect(cut).toMatchObject({ code: 5, stderr: expect.stringMatching(/bytes 3\d+ to 65535 are missing/) as string });
    });
  },
);
