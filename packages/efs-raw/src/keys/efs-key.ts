import type { KeyObject, X509Certificate } from 'node:crypto';

/** A private key, with its certificate where that is known. */
export interface EfsKey {
  readonly privateKey: KeyObject;
  readonly certificate: X509Certificate | undefined;
  /** SHA-1 of the certificate, hexadecimal in small letters. */
  readonly thumbprint: string | undefined;
}

export const thumbprintOf = (certificate: X509Certificate): string => certificate.fingerprint.replaceAll(':', '').toLowerCase();

/** What a key or certificate is called when people are told of it. */
export function describeCertificate(certificate: X509Certificate): string {
  const name = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? certificate.subject.replaceAll('\n', ', ');
  return `${name || 'without a name'}, thumbprint ${thumbprintOf(certificate)}`;
}

/** What may be amiss with a certificate and keeps nobody from using it. `now` in milliseconds since 1970. */
export function certificateWarnings(certificate: X509Certificate, now: number): string[] {
  const warnings: string[] = [];
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (to < now) warnings.push(`the certificate of ${describeCertificate(certificate)} expired on ${new Date(to).toISOString()}`);
  if (from > now)
    warnings.push(`the certificate of ${describeCertificate(certificate)} is not valid before ${new Date(from).toISOString()}`);
  return warnings;
}

/** Purposes that a certificate can be for. */
export const EFS_USER_PURPOSE = '1.3.6.1.4.1.311.10.3.4';
export const EFS_RECOVERY_PURPOSE = '1.3.6.1.4.1.311.10.3.4.1';
