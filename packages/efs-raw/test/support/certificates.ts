import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { EFS_RECOVERY_PURPOSE, EFS_USER_PURPOSE } from '../../src/index.js';

export interface TestKey {
  readonly certificate: X509Certificate;
  readonly certificatePem: string;
  /** PKCS #8. */
  readonly keyPem: string;
  readonly pfx: (password: string | null, options?: { readonly algorithm?: '3des' | 'aes256' }) => Uint8Array;
}

export interface CertificateFacts {
  readonly purpose?: 'user' | 'recovery agent';
  /** Years from now when it ends. */
  readonly years?: number;
  readonly bits?: number;
  /** Take the key of another, as when a certificate is renewed. */
  readonly keyOf?: TestKey;
}

/** A certificate with its key, signed by itself. */
export function makeKey(name: string, { purpose = 'user', years = 5, bits = 2048, keyOf }: CertificateFacts = {}): TestKey {
  const keyPem = keyOf?.keyPem ?? generateKeyPairSync('rsa', { modulusLength: bits }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const privateKey = forge.pki.privateKeyFromPem(String(keyPem));
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.rsa.setPublicKey(privateKey.n, privateKey.e);
  certificate.serialNumber = `0${Math.floor(Math.random() * 1e12).toString(16)}`;
  const now = Date.now();
  certificate.validity.notBefore = new Date(now - 10 * 365 * 86_400_000);
  certificate.validity.notAfter = new Date(now + years * 365 * 86_400_000);
  certificate.setSubject([{ name: 'commonName', value: name }]);
  certificate.setIssuer([{ name: 'commonName', value: name }]);
  // ntfsdecrypt loses the last digit of what GnuTLS tells it, so that it needs one more.
  const oid = purpose === 'user' ? EFS_USER_PURPOSE : EFS_RECOVERY_PURPOSE;
  certificate.setExtensions([{ name: 'extKeyUsage', [oid]: true, [`${oid}0`]: true }]);
  certificate.sign(privateKey, forge.md.sha256.create());
  const certificatePem = forge.pki.certificateToPem(certificate);
  return {
    certificate: new X509Certificate(certificatePem),
    certificatePem,
    keyPem: String(keyPem),
    pfx: (password, { algorithm = '3des' } = {}) => {
      const structure = forge.pkcs12.toPkcs12Asn1(privateKey, [certificate], password, { algorithm, friendlyName: name });
      return new Uint8Array(Buffer.from(forge.asn1.toDer(structure).getBytes(), 'latin1'));
    },
  };
}
