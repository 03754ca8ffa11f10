import { X509Certificate } from 'node:crypto';
import { EfsError } from '@winback/core';
import { encodeFek, type FileKey } from '../metadata/fek.js';
import { encodeKeyEntry } from '../metadata/write-metadata.js';
import { describeCertificate, thumbprintOf } from './efs-key.js';
import { encryptWithRsa, modulusLength } from './fek-cipher.js';

/** Somebody who is to be able to open a file. */
export interface EfsRecipient {
  readonly certificate: X509Certificate;
  /** S-1-5-…, which Windows shows the name of. */
  readonly sid?: string | undefined;
  /** Default: the certificate's name. */
  readonly displayName?: string | undefined;
}

/** Windows takes no longer name of a subject either. */
const NAME_LIMIT = 256;

/** An entry of a key list for somebody. @throws EFS_KEY_FILE when the certificate has no RSA key, FORMAT_* when the SID is none */
export function wrapFor({ certificate, sid, displayName }: EfsRecipient, fileKey: FileKey): Uint8Array {
  if (modulusLength(certificate.publicKey) === 0) {
    const kind = certificate.publicKey.asymmetricKeyType ?? 'unknown';
    throw new EfsError('EFS_KEY_FILE', `the certificate of ${describeCertificate(certificate)} has a key of kind ${kind}; EFS needs RSA`);
  }
  const name = displayName ?? /^CN=(.*)$/m.exec(certificate.subject)?.[1];
  return encodeKeyEntry({
    encryptedFek: encryptWithRsa(certificate.publicKey, encodeFek(fileKey)),
    thumbprint: Buffer.from(thumbprintOf(certificate), 'hex'),
    sid,
    displayName: name?.slice(0, NAME_LIMIT),
  });
}
