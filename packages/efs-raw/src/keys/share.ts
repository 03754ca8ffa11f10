import { EfsError } from '@winback/core';
import type { EfsKeyEntry, EfsMetadata } from '../metadata/efs-metadata.js';
import type { FileKey } from '../metadata/fek.js';
import { encodeEfsMetadata } from '../metadata/write-metadata.js';
import { describeCertificate, thumbprintOf } from './efs-key.js';
import { wrapFor, type EfsRecipient } from './wrap.js';

export type EfsRole = 'user' | 'recovery agent';

const entriesOf = (entries: readonly EfsKeyEntry[]): Uint8Array[] => entries.map(({ bytes }) => bytes);

/** Metadata with one entry more. The data stays as it is. @throws EFS_USER when the certificate is there already, EFS_KEY_FILE */
export function withRecipient(metadata: EfsMetadata, fileKey: FileKey, recipient: EfsRecipient, role: EfsRole): Uint8Array {
  const thumbprint = thumbprintOf(recipient.certificate);
  const there = (role === 'user' ? metadata.users : metadata.recoveryAgents).find((entry) => entry.thumbprint === thumbprint);
  if (there)
    throw new EfsError('EFS_USER', `${describeCertificate(recipient.certificate)}: is a ${role} of the file already`, { thumbprint });
  const users = entriesOf(metadata.users);
  const recoveryAgents = entriesOf(metadata.recoveryAgents);
  (role === 'user' ? users : recoveryAgents).push(wrapFor(recipient, fileKey));
  return encodeEfsMetadata({ version: metadata.version, efsId: metadata.efsId, users, recoveryAgents });
}

/** Metadata without somebody's entries. Needs no key. @throws EFS_USER when nobody has that certificate, or no user would be left */
export function withoutRecipient(metadata: EfsMetadata, thumbprint: string, role?: EfsRole): Uint8Array {
  const wanted = thumbprint.replaceAll(/[\s:]/g, '').toLowerCase();
  const keep = (entries: readonly EfsKeyEntry[], of: EfsRole): EfsKeyEntry[] =>
    role !== undefined && role !== of ? [...entries] : entries.filter((entry) => entry.thumbprint !== wanted);
  const [users, recoveryAgents] = [keep(metadata.users, 'user'), keep(metadata.recoveryAgents, 'recovery agent')];
  if (users.length === metadata.users.length && recoveryAgents.length === metadata.recoveryAgents.length)
    throw new EfsError('EFS_USER', `nobody with the thumbprint ${wanted} can open the file`, { thumbprint: wanted });
  if (users.length === 0) throw new EfsError('EFS_USER', 'the last user of a file cannot be removed', { thumbprint: wanted });
  return encodeEfsMetadata({
    version: metadata.version,
    efsId: metadata.efsId,
    users: entriesOf(users),
    recoveryAgents: entriesOf(recoveryAgents),
  });
}
