import {
  isUnknownAce,
  isWinbackError,
  parseSecurityDescriptor,
  securityDescriptorToSddl,
  sidToString,
  wellKnownSidName,
  type Sid,
} from '@winback/core';

/** Somebody whom a security descriptor names. */
export interface NamedSid {
  readonly sid: string;
  /** Undefined where only one computer or domain knows it. */
  readonly name: string | undefined;
}

/** What a security descriptor says, as far as it can be understood. */
export interface SecurityFacts {
  /** Undefined where SDDL has no words for it, or the bytes make no sense. */
  readonly sddl?: string | undefined;
  /** Why there is no SDDL. */
  readonly problem?: string | undefined;
  readonly owner?: NamedSid | undefined;
  readonly group?: NamedSid | undefined;
  /** Whom the lists name, each once. */
  readonly others?: readonly NamedSid[] | undefined;
}

export function securityFacts(bytes: Uint8Array): SecurityFacts {
  try {
    const { owner, group, dacl, sacl } = parseSecurityDescriptor(bytes);
    const aces = [...(dacl?.aces ?? []), ...(sacl?.aces ?? [])];
    const others = new Map(aces.flatMap((ace) => (isUnknownAce(ace) ? [] : [[sidToString(ace.sid), namedSid(ace.sid)] as const])));
    return {
      ...sddlOf(bytes),
      owner: owner && namedSid(owner),
      group: group && namedSid(group),
      others: [...others.values()],
    };
  } catch (error) {
    if (isWinbackError(error)) return { problem: error.message };
    throw error;
  }
}

const namedSid = (sid: Sid): NamedSid => ({ sid: sidToString(sid), name: wellKnownSidName(sid) });

function sddlOf(bytes: Uint8Array): Pick<SecurityFacts, 'sddl' | 'problem'> {
  try {
    return { sddl: securityDescriptorToSddl(bytes) };
  } catch (error) {
    if (isWinbackError(error)) return { problem: error.message };
    throw error;
  }
}
