import {
  algorithmName,
  EfsAlgorithm,
  KeyProtection,
  type EfsKeyEntry,
  type EfsMetadata,
  type ProtectedMetadata,
  type Unlocked,
} from '@winback/efs-raw';

export interface ShownEntry {
  readonly role: 'user' | 'recovery agent';
  readonly thumbprint: string | undefined;
  readonly sid: string | undefined;
  readonly name: string | undefined;
  readonly container: string | undefined;
  readonly provider: string | undefined;
  /** `rsa`, `signature` (of a smart card), or a number that is not known. */
  readonly protection: string;
}

const PROTECTION: Readonly<Record<number, string>> = { [KeyProtection.RSA]: 'rsa', [KeyProtection.SIGNATURE]: 'signature' };

const shown = ({ thumbprint, sid, displayName, container, provider, flags }: EfsKeyEntry, role: ShownEntry['role']): ShownEntry => ({
  role,
  thumbprint,
  sid,
  name: displayName,
  container,
  provider,
  protection: PROTECTION[flags] ?? `0x${flags.toString(16)}`,
});

/** Whoever can open a file. */
export function shownEntries(metadata: EfsMetadata | ProtectedMetadata): ShownEntry[] {
  if (metadata.kind === 'keys')
    return [
      ...metadata.users.map((entry) => shown(entry, 'user')),
      ...metadata.recoveryAgents.map((entry) => shown(entry, 'recovery agent')),
    ];
  const known =
    (role: ShownEntry['role']) =>
    (protector: ProtectedMetadata['users'][number]): ShownEntry => ({
      role,
      thumbprint: protector.thumbprint,
      sid: undefined,
      name: protector.texts[0],
      container: protector.texts[1],
      provider: protector.texts[2],
      protection: 'protector',
    });
  return [...metadata.users.map(known('user')), ...metadata.recoveryAgents.map(known('recovery agent'))];
}

export const entryLine = ({ role, name, thumbprint, sid, protection }: ShownEntry): string =>
  `${role}: ${[name ?? 'without a name', `thumbprint ${thumbprint ?? 'unknown'}`, ...(sid === undefined ? [] : [sid]), ...(protection === 'rsa' ? [] : [protection])].join(', ')}`;

/** What encrypts the sectors, as far as it is known: up to version 3 that stands with the key, which must be opened to see it. */
export function cipherText(metadata: EfsMetadata | ProtectedMetadata, unlocked: Unlocked | undefined): string {
  if (unlocked) return algorithmName(unlocked.fileKey.algorithm);
  if (metadata.kind === 'protected') return metadata.algorithm === undefined ? 'unknown' : algorithmName(metadata.algorithm);
  if (metadata.version === 1) return algorithmName(EfsAlgorithm.DESX);
  return 'AES-256, 3DES or DESX: a key tells which (--key)';
}
