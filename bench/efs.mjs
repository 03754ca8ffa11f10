// node bench/efs.mjs [MEGABYTES]: decrypting against ntfsdecrypt and openssl, raw export against cat. Linux, as root, with ntfs-3g and openssl.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare } from './measure.mjs';

const megabytes = Number(process.argv[2] ?? 2048);
const rounds = Number(process.argv[3] ?? 3);
const home = mkdtempSync(join(tmpdir(), 'winback-bench-efs-'));
const at = (name) => join(home, name);
const sh = (script) => execFileSync('bash', ['-euc', script], { cwd: home, stdio: ['ignore', 'pipe', 'inherit'] });
const winback = (...args) => [process.execPath, join(import.meta.dirname, '../apps/cli/bin/winback.js'), ...args, '--quiet'];
const mount = () => sh('mount -t ntfs-3g -o loop,efs_raw,streams_interface=windows image mounted');
const unmount = () => sh('umount mounted; while losetup -j image | grep -q .; do sleep 0.1; done');

try {
  const purpose = '1.3.6.1.4.1.311.10.3.4';
  sh(`openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out pem -subj /CN=Ann -days 100 -addext extendedKeyUsage=${purpose},${purpose}0 2>/dev/null
    openssl pkcs12 -export -inkey key -in pem -out pfx -passout pass:secret; (head -c ${megabytes}M /dev/urandom; head -c 100 pem) > plain
    head -c ${megabytes}M plain > cipher; truncate -s ${megabytes * 2 + 200}M image; mkntfs -q -F -f image >/dev/null 2>&1`);
  writeFileSync(at('password'), 'secret');
  mkdirSync(at('mounted'));
  mount();
  const [encrypt, ...rest] = winback('efs', 'encrypt', at('plain'), '--cert', at('pem'), '--output', at('file.efsraw'));
  execFileSync(encrypt, rest);
  const [program, ...args] = winback('efs', 'import', at('file.efsraw'), at('mounted/file'));
  execFileSync(program, args);
  unmount();

  const before = () => ['out', 'raw'].forEach((name) => rmSync(at(name), { force: true }));
  const key = ['--key', at('pfx'), '--password-file', at('password')];
  const ours = { name: 'winback', command: winback('efs', 'decrypt', at('file.efsraw'), ...key, '--output', at('out')) };
  // ntfs-3g does not give the last two bytes of ciphertext that ends with a page, so the file is a little longer.
  const openssl = ['openssl', 'enc', '-d', '-aes-256-cbc', '-nopad', '-K', '11'.repeat(32), '-iv', '22'.repeat(16)];
  compare(
    `decrypting ${megabytes} MB`,
    ours,
    { name: 'openssl enc', command: [...openssl, '-in', at('cipher'), '-out', at('out')] },
    { rounds, before },
  );
  const script = `(echo secret) | setsid -w ntfsdecrypt -k '${at('pfx')}' '${at('image')}' file > '${at('out')}'`;
  compare('', ours, { name: 'ntfsdecrypt', command: ['bash', '-c', script] }, { rounds: Math.min(rounds, 2), before });

  mount();
  const exported = { name: 'winback', command: winback('efs', 'export', at('mounted/file'), '--output', at('raw')) };
  const cat = { name: 'cat', command: ['bash', '-c', `cat '${at('mounted/file')}' > '${at('raw')}'`] };
  compare(`raw export of ${megabytes} MB`, exported, cat, { rounds, before });
  unmount();
} finally {
  execFileSync('bash', ['-c', 'umount mounted 2>/dev/null || true'], { cwd: home });
  rmSync(home, { recursive: true, force: true });
}
