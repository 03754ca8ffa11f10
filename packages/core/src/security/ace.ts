import { FormatError } from '../errors/index.js';
import { hasAccessForm, hasObjectForm } from './ace-form.js';
import { AccessAllowedAce, AccessAllowedObjectAce, AceHeader, AceObjectFlag, AceObjectType } from './ace.layout.js';
import { buildSid, parseSid, sidSize, type Sid } from './sid.js';

/** An access control entry of a known type. */
export interface KnownAce {
  /** AceType. */
  readonly type: number;
  /** AceFlag, added up. */
  readonly flags: number;
  /** ACCESS_MASK, 32 bits. */
  readonly mask: number;
  /** The trustee; of a mandatory label the integrity level, of a scoped policy the policy. */
  readonly sid: Sid;
  /** GUID of what the ACE is about, in object ACEs. */
  readonly objectType?: string;
  /** GUID of the kind of child that inherits it, in object ACEs. */
  readonly inheritedObjectType?: string;
  /** Bits of an object ACE's Flags beside those two that say which GUIDs are there. */
  readonly objectFlags?: number;
  /** Bytes behind the SID: a conditional expression, a resource attribute, or what no one defines. */
  readonly applicationData?: Uint8Array;
}

/** An entry of a type whose form nobody documents, as its bytes. */
export interface UnknownAce {
  readonly type: number;
  readonly flags: number;
  /** Everything behind ACE_HEADER. */
  readonly body: Uint8Array;
}

export type Ace = KnownAce | UnknownAce;

export const isUnknownAce = (ace: Ace): ace is UnknownAce => 'body' in ace;

const GUIDS_PRESENT = AceObjectFlag.OBJECT_TYPE_PRESENT | AceObjectFlag.INHERITED_OBJECT_TYPE_PRESENT;

/**
 * Reads the ACE at `at` of an ACL that ends where `bytes` do.
 * @throws FORMAT_SHORT, FORMAT_RANGE
 */
export function parseAce(bytes: Uint8Array, at: number, origin: number): { readonly ace: Ace; readonly size: number } {
  const { aceType: type, aceFlags: flags, aceSize: size } = AceHeader.decode(bytes, at, origin);
  const left = bytes.length - at;
  const place = { struct: AceHeader.name, field: 'aceSize', offset: origin + at + AceHeader.offsetOf('aceSize'), actual: size };
  if (size < AceHeader.size || size % 4 !== 0)
    throw new FormatError('FORMAT_RANGE', `expected a multiple of 4 from 4, found ${String(size)}`, {
      ...place,
      expected: 'multiple of 4',
    });
  if (size > left)
    throw new FormatError('FORMAT_SHORT', `the ACE takes ${String(size)} bytes, the ACL has ${String(left)} left`, {
      ...place,
      expected: left,
    });
  const inside = bytes.subarray(0, at + size);
  if (hasAccessForm(type)) {
    const { mask } = AccessAllowedAce.decode(inside, at, origin);
    return { ace: { type, flags, mask, ...trusteeParts(inside, at + AccessAllowedAce.size, origin) }, size };
  }
  if (hasObjectForm(type)) return { ace: { type, flags, ...objectParts(inside, at, origin) }, size };
  return { ace: { type, flags, body: inside.slice(at + AceHeader.size) }, size };
}

function trusteeParts(inside: Uint8Array, at: number, origin: number): Pick<KnownAce, 'sid' | 'applicationData'> {
  const sid = parseSid(inside, at, origin);
  const applicationData = inside.slice(at + sidSize(sid));
  return { sid, ...(applicationData.length > 0 ? { applicationData } : {}) };
}

function objectParts(inside: Uint8Array, at: number, origin: number): Omit<KnownAce, 'type' | 'flags'> {
  const { mask, flags } = AccessAllowedObjectAce.decode(inside, at, origin);
  let next = at + AccessAllowedObjectAce.size;
  const takeGuid = (): string => {
    const { guid } = AceObjectType.decode(inside, next, origin);
    next += AceObjectType.size;
    return guid;
  };
  const objectType = flags & AceObjectFlag.OBJECT_TYPE_PRESENT ? { objectType: takeGuid() } : {};
  const inherited = flags & AceObjectFlag.INHERITED_OBJECT_TYPE_PRESENT ? { inheritedObjectType: takeGuid() } : {};
  const objectFlags = (flags & ~GUIDS_PRESENT) >>> 0;
  return { mask, ...objectType, ...inherited, ...(objectFlags === 0 ? {} : { objectFlags }), ...trusteeParts(inside, next, origin) };
}

/** @throws FORMAT_RANGE when a number does not fit, the ACE is no multiple of 4, or its type has no room for what is given */
export function buildAce(ace: Ace): Uint8Array {
  const tail = isUnknownAce(ace) ? [ace.body] : knownTail(ace);
  const object = !isUnknownAce(ace) && hasObjectForm(ace.type);
  const headSize = (isUnknownAce(ace) ? AceHeader : object ? AccessAllowedObjectAce : AccessAllowedAce).size;
  const aceSize = tail.reduce((sum, part) => sum + part.length, headSize);
  if (aceSize % 4 !== 0) throw wrongAce(`${String(aceSize)} bytes are no multiple of 4`, aceSize);
  const head = { aceType: ace.type, aceFlags: ace.flags, aceSize };
  if (isUnknownAce(ace)) return concat(AceHeader.encode(head), tail);
  if (!object) return concat(AccessAllowedAce.encode({ ...head, mask: ace.mask }), tail);
  return concat(AccessAllowedObjectAce.encode({ ...head, mask: ace.mask, flags: objectFlagsOf(ace) }), tail);
}

function objectFlagsOf(ace: KnownAce): number {
  const objectType = ace.objectType === undefined ? 0 : AceObjectFlag.OBJECT_TYPE_PRESENT;
  const inherited = ace.inheritedObjectType === undefined ? 0 : AceObjectFlag.INHERITED_OBJECT_TYPE_PRESENT;
  return (((ace.objectFlags ?? 0) & ~GUIDS_PRESENT) | objectType | inherited) >>> 0;
}

function knownTail(ace: KnownAce): readonly Uint8Array[] {
  if (!hasAccessForm(ace.type) && !hasObjectForm(ace.type))
    throw wrongAce(`an ACE of type ${String(ace.type)} is given by its body`, ace.type);
  const guids = [ace.objectType, ace.inheritedObjectType].filter((guid) => guid !== undefined);
  if (guids.length > 0 && !hasObjectForm(ace.type)) throw wrongAce(`an ACE of type ${String(ace.type)} has no GUIDs`, ace.type);
  return [...guids.map((guid) => AceObjectType.encode({ guid })), buildSid(ace.sid), ace.applicationData ?? new Uint8Array(0)];
}

const wrongAce = (problem: string, actual: unknown): FormatError =>
  new FormatError('FORMAT_RANGE', problem, { struct: AceHeader.name, offset: 0, actual });

const concat = (head: Uint8Array, tail: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat([head, ...tail]));
