import { AceType } from './ace.layout.js';
import { isUnknownAce, type Ace, type KnownAce } from './ace.js';
import type { Acl } from './acl.js';
import { conditionToText, isConditional } from './condition-to-text.js';
import { resourceAttributeText } from './resource-attribute-text.js';
import { parseSecurityDescriptor, type SecurityDescriptor, type SecurityDescriptorPart } from './security-descriptor.js';
import { cannotSay, sidText, type SddlWriting } from './sddl-literals.js';
import { ACE_FLAGS, ACE_TYPES, ACL_FLAGS, CONDITIONAL_TYPES, LABEL_RIGHTS, NULL_ACL, RIGHT_BITS, RIGHT_SETS } from './sddl-names.js';
import type { SidContext } from './sid-aliases.js';

export interface ToSddlOptions extends SidContext {
  /** Which parts to write; every one that is there where it is not given. */
  readonly parts?: readonly SecurityDescriptorPart[];
  /** False writes every SID as S-1-…, none as two letters. */
  readonly aliases?: boolean;
}

const TYPE_WORDS = new Map([...ACE_TYPES].map(([word, type]) => [type, word]));

/**
 * A security descriptor, or the bytes of a self-relative one, in the security descriptor definition language. The text does not hold
 * what the language has no place for: the revision and order of things, control flags other than P, AR and AI of a list that is
 * there, unused room in an ACL, bytes behind the SID of an ACE that defines none.
 * @throws FORMAT_UNSUPPORTED when an ACE has a type or data that SDDL has no words for; of damaged bytes what
 * {@link parseSecurityDescriptor} throws, and of a damaged condition or resource attribute FORMAT_SHORT, FORMAT_STRUCTURE
 */
export function securityDescriptorToSddl(descriptor: SecurityDescriptor | Uint8Array, options: ToSddlOptions = {}): string {
  const sd = descriptor instanceof Uint8Array ? parseSecurityDescriptor(descriptor) : descriptor;
  const { parts, aliases = true, ...context } = options;
  const writing = { ...context, aliases };
  const wanted = (part: SecurityDescriptorPart): boolean => parts === undefined || parts.includes(part);
  return [
    sd.owner && wanted('owner') ? `O:${sidText(sd.owner, { ...writing, part: 'owner' })}` : '',
    sd.group && wanted('group') ? `G:${sidText(sd.group, { ...writing, part: 'group' })}` : '',
    sd.dacl !== undefined && wanted('dacl') ? `D:${aclText('dacl', sd.dacl, sd.control, writing)}` : '',
    sd.sacl !== undefined && wanted('sacl') ? `S:${aclText('sacl', sd.sacl, sd.control, writing)}` : '',
  ].join('');
}

type WritingAnywhere = Omit<SddlWriting, 'part'>;

function aclText(which: 'dacl' | 'sacl', acl: Acl | null, control: number, writing: WritingAnywhere): string {
  const flags = [...ACL_FLAGS[which]].map(([word, flag]) => (control & flag ? word : '')).join('');
  if (acl === null) return flags + NULL_ACL;
  return flags + acl.aces.map((ace, i) => aceText(ace, { ...writing, part: `${which.toUpperCase()}, ACE ${String(i)}` })).join('');
}

function aceText(ace: Ace, writing: SddlWriting): string {
  const type = TYPE_WORDS.get(ace.type);
  if (type === undefined || isUnknownAce(ace)) throw cannotSay(writing, `no word for ACEs of type ${String(ace.type)}`);
  const fields = [
    type,
    flagsText(ace),
    rightsText(ace),
    ace.objectType ?? '',
    ace.inheritedObjectType ?? '',
    sidText(ace.sid, writing),
    ...dataText(ace, writing),
  ];
  return `(${fields.join(';')})`;
}

function flagsText(ace: KnownAce): string {
  const silent = ace.type === AceType.SYSTEM_ACCESS_FILTER ? 'SA' : 'TP';
  return [...ACE_FLAGS].map(([word, flag]) => (ace.flags & flag && word !== silent ? word : '')).join('');
}

/** Names as Windows writes them: one set of rights, or single bits, or a hexadecimal number where a bit has no name. */
function rightsText({ type, mask }: KnownAce): string {
  if (type === AceType.SYSTEM_MANDATORY_LABEL) return bitsText(mask, LABEL_RIGHTS) ?? hex(mask);
  const [set] = [...RIGHT_SETS].find(([, rights]) => rights === mask) ?? [];
  return set ?? bitsText(mask, RIGHT_BITS) ?? hex(mask);
}

const hex = (mask: number): string => `0x${mask.toString(16)}`;

function bitsText(mask: number, names: ReadonlyMap<string, number>): string | undefined {
  const words = [...names].filter(([, bit]) => (mask & bit) !== 0);
  return words.reduce((sum, [, bit]) => sum + bit, 0) === mask ? words.map(([word]) => word).join('') : undefined;
}

function dataText(ace: KnownAce, writing: SddlWriting): readonly string[] {
  const data = ace.applicationData;
  if (data === undefined || data.length === 0) return [];
  if (CONDITIONAL_TYPES.has(ace.type)) {
    if (!isConditional(data)) throw cannotSay(writing, 'the data of a callback ACE is no conditional expression');
    return [`(${conditionToText(data, writing)})`];
  }
  if (ace.type === AceType.SYSTEM_RESOURCE_ATTRIBUTE) return [`(${resourceAttributeText(data, writing)})`];
  return [];
}
