import { spawn, spawnSync } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { winback } from '../../test-io.js';
import { makeKey, mountNtfs, ntfsdecrypt, passwordFile, whyNoNtfs, type TestKey } from '../efs-tools.js';

const here = dirname(fileURLToPath(import.meta.url));
const workspace = join(here, '../../../../..');
const harness = join(workspace, 'scripts/wine/run.mjs');
const mocks = ['packages/ntfs/test/win32/mock/mock-backup.c', 'packages/efs-raw/test/win32/mock/mock-efs.c'];
/** The harness' exit code where Windows code cannot be run; what is missing is in its output. */
const UNAVAILABLE = 77;
const RESULT = '\u0001result ';
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const SIZES = [0, 1, 513, 70_000, 6_000_001];

const CASES = [
  'a backup keeps encrypted files byte for byte as Windows gives them',
  'a recovery gives them back encrypted, with their facts, and compares them',
  'with a key they come back decrypted',
  'a file that cannot be read is listed, and the others are kept',
  'a file that Windows does not take is taken away again and listed, and the others are recovered',
];

/** What the process printed, and how it ended; in the meantime others go on. */
const run = (args: readonly string[]): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: workspace, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, output });
    });
  });

describe('jobs with encrypted files on Windows, under Wine with stand-ins for its calls', () => {
  let home: string;
  let ann: TestKey;
  let skipped: string | undefined = hasOpenssl ? undefined : 'needs openssl';
  const results = new Map<string, string | undefined>();
  const plain = new Map(SIZES.map((size) => [`${size} ü.enc`, randomBytes(size)]));

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'winback-efs-windows-'));
    if (skipped !== undefined) return;
    ann = makeKey(home, 'Ann');
    for (const folder of ['raw', 'plain']) mkdirSync(join(home, folder));
    for (const [name, bytes] of plain) {
      writeFileSync(join(home, 'plain', name), bytes);
      const encrypted = join(home, 'raw', `${name}.efsraw`);
      const made = await winback(home, 'efs', 'encrypt', join('plain', name), '--cert', ann.cert, '--output', encrypted);
      expect(made).toMatchObject({ code: 0, stderr: '' });
      writeFileSync(join(home, 'raw', name), readFileSync(encrypted));
      rmSync(encrypted);
    }
    await writeFolder();
    const dlls = mocks.flatMap((mock) => ['--dll', join(workspace, mock)]);
    const args = [harness, '--timeout', '300', ...dlls, join(here, 'main.ts'), `Z:${home.replaceAll('/', '\\')}`];
    const { code, output } = await run(args);
    if (code === UNAVAILABLE) {
      skipped = output.trim();
      return;
    }
    if (code !== 0) console.error(`ended with ${String(code)}: ${output}`);
    for (const line of output.split(/\r?\n/).filter((text) => text.startsWith(RESULT))) {
      const { name, failure } = JSON.parse(line.slice(RESULT.length)) as { name: string; failure?: string };
      results.set(name, failure);
    }
  }, 600_000);
  afterAll(() => {
    rmSync(home, { recursive: true, force: true });
  });

  /** The raw form of a folder that encrypts what is put into it. */
  async function writeFolder(): Promise<void> {
    const { newFileKey, newMetadata, Produced, rawOf } = await import('@winback/efs-raw');
    const bytes = newMetadata({ fileKey: newFileKey(), users: [{ certificate: new X509Certificate(readFileSync(ann.cert)) }] });
    const items = (function* () {
      yield { type: 'metadata' as const, bytes };
    })();
    const raw = rawOf(new Produced(items));
    const parts: Uint8Array[] = [];
    for (let piece = await raw.next(); piece; piece = await raw.next()) parts.push(new Uint8Array(piece.bytes!));
    writeFileSync(join(home, 'folder'), Buffer.concat(parts));
  }

  const assertRan = (context: TestContext, name: string): void => {
    if (skipped !== undefined) context.skip(skipped);
    if (!results.has(name)) throw new Error('the process ended before this case');
    const failure = results.get(name);
    if (failure !== undefined) throw new Error(failure);
  };
  for (const name of CASES) {
    it(name, (context) => {
      assertRan(context, name);
    });
  }

  it(
    'what was backed up there is decrypted here, and recovered to NTFS, where ntfsdecrypt opens it',
    { timeout: 120_000 },
    async (context) => {
      assertRan(context, CASES[0]!);
      expect(existsSync(join(home, 'windows.bkf'))).toBe(true);
      const items = JSON.parse(
        (await winback(home, 'get', 'items', '--version', 'latest', '--backup-target', 'windows.bkf', '--json')).stdout,
      ) as {
        items: { path: string }[];
      };
      for (const [name, bytes] of plain) {
        const path = items.items.find((item) => item.path.endsWith(`\\${name}`))!.path;
        const target = ['--backup-target', 'windows.bkf', '--key', ann.pfx, '--password-file', passwordFile(home)];
        const decrypted = await winback(home, 'efs', 'decrypt', path, ...target, '--output', `out ${name}`);
        expect(decrypted).toMatchObject({ code: 0, stderr: '' });
        expect(readFileSync(join(home, `out ${name}`)).equals(bytes)).toBe(true);
      }
      if (whyNoNtfs !== undefined) return context.skip(whyNoNtfs);
      const ntfs = mountNtfs();
      try {
        const recovery = ['start', 'recovery', '--version', 'latest', '--items', '/', '--backup-target', 'windows.bkf', '--quiet'];
        const { code, stderr } = await winback(home, ...recovery, '--recovery-target', ntfs.folder);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        ntfs.detach();
        for (const [name, bytes] of plain) {
          const path = items.items.find((item) => item.path.endsWith(`\\${name}`))!.path;
          const at = path.replace(/^[A-Za-z]:\\/, '').replaceAll('\\', '/');
          expect(Buffer.compare(ntfsdecrypt(ntfs.image, at, ann.pfx), bytes), name).toBe(0);
        }
        ntfs.remount();
        const folder = items.items
          .find((item) => item.path.endsWith('\\private'))!
          .path.replace(/^[A-Za-z]:\\/, '')
          .replaceAll('\\', '/');
        await winback(home, 'efs', 'export', join(ntfs.folder, folder), '--output', 'folder.again');
        expect(readFileSync(join(home, 'folder.again')).equals(readFileSync(join(home, 'folder')))).toBe(true);
      } finally {
        ntfs.unmount();
      }
    },
  );
});
