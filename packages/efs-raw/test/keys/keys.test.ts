import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  decodeEfsMetadata,
  loadCertificates,
  loadKeys,
  newFileKey,
  newMetadata,
  unlock,
  withRecipient,
  type EfsMetadata,
} from '../../src/index.js';
import { makeKey, type TestKey } from '../support/certificates.js';

const ann = makeKey('Ann');
const bob = makeKey('Bob');
const file = (bytes: Uint8Array | string) => ({ name: 'the file', bytes: Buffer.from(bytes as string) });
const code = (expected: string, message = /./) =>
  expect.objectContaining({ code: expected, message: expect.stringMatching(message) as string }) as Error;
const thumb = (key: TestKey): string => key.certificate.fingerprint.replaceAll(':', '').toLowerCase();
const fileKey = newFileKey();
const metadataFor = (...users: TestKey[]): EfsMetadata =>
  decodeEfsMetadata(newMetadata({ fileKey, users: users.map(({ certificate }) => ({ certificate })) })) as EfsMetadata;
const now = Date.now();

describe('files with keys', () => {
  it('PKCS#12 with a password, an empty one, and none', () => {
    for (const algorithm of ['3des', 'aes256'] as const) {
      for (const [password, given] of [
        ['secret', 'secret'],
        ['', ''],
        ['', undefined],
        [null, undefined],
        ['pässwörd €', 'pässwörd €'],
      ] as const) {
        const [key] = loadKeys(file(ann.pfx(password, { algorithm })), given);
        expect(key!.thumbprint).toBe(thumb(ann));
        expect(key!.privateKey.export({ type: 'pkcs8', format: 'pem' })).toBe(
          createPrivateKey(ann.keyPem).export({ type: 'pkcs8', format: 'pem' }),
        );
      }
    }
  });

  it('a password that is wrong or missing is told, and not repeated', () => {
    for (const bytes of [ann.pfx('secret'), ann.pfx('secret', { algorithm: 'aes256' })]) {
      expect(() => loadKeys(file(bytes), 'guess')).toThrow(code('EFS_PASSWORD', /^the file: the password is wrong$/));
      expect(() => loadKeys(file(bytes))).toThrow(code('EFS_PASSWORD', /none was given/));
    }
    const pem = String(createPrivateKey(ann.keyPem).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }));
    expect(() => loadKeys(file(pem), 'guess')).toThrow(code('EFS_PASSWORD', /wrong$/));
    expect(() => loadKeys(file(pem))).toThrow(code('EFS_PASSWORD', /none/));
    expect(loadKeys(file(pem), 'secret')[0]!.thumbprint).toBeUndefined();
  });

  it('PEM with several keys and certificates, in any order', () => {
    const keys = loadKeys(file(bob.certificatePem + ann.keyPem + ann.certificatePem + bob.keyPem));
    expect(keys.map(({ thumbprint }) => thumbprint)).toEqual([thumb(ann), thumb(bob)]);
  });

  it('DER', () => {
    const key = createPrivateKey(ann.keyPem);
    expect(loadKeys(file(key.export({ type: 'pkcs8', format: 'der' })))).toHaveLength(1);
    expect(loadKeys(file(key.export({ type: 'pkcs1', format: 'der' })))).toHaveLength(1);
    expect(loadCertificates(file(ann.certificate.raw))[0]!.fingerprint).toBe(ann.certificate.fingerprint);
  });

  it('certificates of a PKCS#12 file', () => {
    expect(loadCertificates(file(ann.pfx('secret')), 'secret').map(({ fingerprint }) => fingerprint)).toEqual([
      ann.certificate.fingerprint,
    ]);
  });

  it('anything else is refused', () => {
    for (const bytes of [
      '',
      'no key',
      Buffer.alloc(100),
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
      Buffer.alloc(2 << 20),
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
    ])
      expect(() => loadKeys(file(bytes as string))).toThrow(code('EFS_KEY_FILE'));
    expect(() => loadKeys(file(ann.certificatePem))).toThrow(code('EFS_KEY_FILE', /no private key/));
    expect(() => loadCertificates(file(ann.keyPem))).toThrow(code('EFS_KEY_FILE', /no certificate/));
    const pfx = ann.pfx('secret');
    for (let at = 0; at < pfx.length; at += 97) {
      const bytes = pfx.slice();
      bytes[at]! ^= 0x55;
      try {
        loadKeys(file(bytes), 'secret');
      } catch (error) {
        expect((error as { code: string }).code).toMatch(/^EFS_(PASSWORD|KEY_FILE)$/);
      }
    }
  });

  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
  it.skipIf(!hasOpenssl)('PKCS#12 of openssl: of today, as Windows 7 takes it, with AES (needs openssl)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'winback-keys-'));
    try {
      writeFileSync(join(folder, 'key.pem'), ann.keyPem + ann.certificatePem);
      for (const options of [[], ['-legacy'], ['-keypbe', 'AES-256-CBC', '-certpbe', 'AES-256-CBC', '-macalg', 'sha256']]) {
        for (const password of ['secret', '']) {
          execFileSync('openssl', ['pkcs12', '-export', '-in', 'key.pem', '-out', 'k.pfx', '-passout', `pass:${password}`, ...options], {
            cwd: folder,
          });
          expect(loadKeys(file(readFileSync(join(folder, 'k.pfx'))), password)[0]!.thumbprint).toBe(thumb(ann));
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('opening the key of a file', () => {
  const keysOf = (key: TestKey) => loadKeys(file(key.keyPem + key.certificatePem));

  it('as any of its users, or a recovery agent', () => {
    const agent = makeKey('Agent', { purpose: 'recovery agent' });
    const metadata = decodeEfsMetadata(withRecipient(metadataFor(bob, ann), fileKey, { certificate: agent.certificate }, 'recovery agent'));
    expect(unlock(metadata, keysOf(ann), now)).toMatchObject({ fileKey, as: 'user', warnings: [] });
    expect(unlock(metadata, keysOf(agent), now)).toMatchObject({ fileKey, as: 'recovery agent' });
    expect(unlock(metadata, [...keysOf(makeKey('Other')), ...keysOf(bob)], now).entry.displayName).toBe('Bob');
  });

  it('by a key without its certificate, and by one whose certificate was renewed', () => {
    expect(unlock(metadataFor(bob, ann), loadKeys(file(ann.keyPem)), now).entry.displayName).toBe('Ann');
    expect(unlock(metadataFor(ann), keysOf(makeKey('Ann again', { keyOf: ann })), now).fileKey).toEqual(fileKey);
  });

  it('nobody who fits: those who would are told', () => {
    const metadata = metadataFor(ann);
    const error = code('EFS_NO_KEY');
    expect(() => unlock(metadata, keysOf(bob), now)).toThrow(error);
    expect(() => unlock(metadata, keysOf(bob), now)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(`${thumb(ann)} (user Ann)`) as string }) as Error,
    );
    expect(() => unlock(metadata, [], now)).toThrow(error);
  });

  it('a private key that is another than that of its certificate', () => {
    const [key] = keysOf(ann);
    const wrong = { ...key!, privateKey: createPrivateKey(bob.keyPem) };
    expect(() => unlock(metadataFor(ann), [wrong], now)).toThrow(code('EFS_KEY_WRONG', new RegExp(thumb(ann))));
  });

  it('with a certificate that has expired, which is told', () => {
    const old = makeKey('Old', { years: -1 });
    const { warnings } = unlock(metadataFor(old), keysOf(old), now);
    expect(warnings).toEqual([expect.stringMatching(/Old, thumbprint [0-9a-f]{40} expired on 20/)]);
  });

  it('what a smart card protects, and metadata of later versions, are refused by name', () => {
    const metadata = metadataFor(ann);
    const card = { ...metadata, users: metadata.users.map((entry) => ({ ...entry, flags: 1 })) };
    expect(() => unlock(card, keysOf(ann), now)).toThrow(code('EFS_UNSUPPORTED', /smart card/));
    const later = { kind: 'protected', version: 5, efsId: undefined, algorithm: undefined, users: [], recoveryAgents: [] } as const;
    expect(() => unlock(later, keysOf(ann), now)).toThrow(code('EFS_UNSUPPORTED', /version 5/));
  });
});
