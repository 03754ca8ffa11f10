import { hasObjectForm } from './ace-form.js';
import { AceType } from './ace.layout.js';
import type { KnownAce } from './ace.js';
import { defaultAclRevision, type Acl } from './acl.js';
import { readCondition } from './condition-from-text.js';
import { readResourceAttribute } from './resource-attribute-text.js';
import { SecurityDescriptorControl as Control } from './security-descriptor.layout.js';
import type { SecurityDescriptor, SecurityDescriptorPart } from './security-descriptor.js';
import { ACE_FLAGS, ACE_TYPES, ACL_FLAGS, CONDITIONAL_TYPES, LABEL_RIGHTS, NULL_ACL, RIGHT_BITS, RIGHT_SETS } from './sddl-names.js';
import { SddlReader } from './sddl-reader.js';
import type { SidContext } from './sid-aliases.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const PARTS = new Map<string, SecurityDescriptorPart>([
  ['O', 'owner'],
  ['G', 'group'],
  ['D', 'dacl'],
  ['S', 'sacl'],
]);

const RIGHTS = new Map([...RIGHT_BITS, ...RIGHT_SETS, ...LABEL_RIGHTS]);

/**
 * Reads a security descriptor in SDDL. The parts may come in any order, letters count the same in both cases, and white space is
 * allowed between words. An object ACE without GUIDs stays one. {@link buildSecurityDescriptor} makes bytes of the result.
 * @throws FORMAT_STRUCTURE, FORMAT_RANGE, FORMAT_UNSUPPORTED with the place in the text
 */
export function securityDescriptorFromSddl(text: string, context: SidContext = {}): SecurityDescriptor {
  const reader = new SddlReader(text, context);
  const sd: Writable<SecurityDescriptor> = { revision: 1, resourceManagerControl: 0, control: Control.SELF_RELATIVE };
  reader.skipSpace();
  while (!reader.done) {
    const start = reader.at;
    const part = PARTS.get(reader.take(/[ogds](?=\s*:)/iy)?.toUpperCase() ?? '');
    if (part === undefined) throw reader.error('FORMAT_STRUCTURE', 'expected O:, G:, D: or S:', start);
    if (part in sd) throw reader.error('FORMAT_STRUCTURE', `the ${part} stands twice`, start);
    reader.expectWord(':');
    if (part === 'owner' || part === 'group') sd[part] = reader.takeSid();
    else readAcl(reader, part, sd);
    reader.skipSpace();
  }
  if (sd.dacl !== undefined) sd.control |= Control.DACL_PRESENT;
  if (sd.sacl !== undefined) sd.control |= Control.SACL_PRESENT;
  return sd;
}

function readAcl(reader: SddlReader, which: 'dacl' | 'sacl', sd: Writable<SecurityDescriptor>): void {
  for (;;) {
    reader.skipSpace();
    const word = reader.take(/AR|AI|P/iy);
    if (word === undefined) break;
    sd.control |= ACL_FLAGS[which].get(word.toUpperCase()) ?? 0;
  }
  if (reader.take(new RegExp(NULL_ACL, 'iy')) !== undefined) {
    sd[which] = null;
    return;
  }
  const aces: KnownAce[] = [];
  while (reader.takeWord('(')) aces.push(readAce(reader));
  const acl: Acl = { revision: defaultAclRevision(aces), aces };
  sd[which] = acl;
}

/** The text up to the next semicolon, without white space round it, and where it starts. The semicolon is taken. */
function takeField(reader: SddlReader): { readonly word: string; readonly start: number } {
  reader.skipSpace();
  const start = reader.at;
  const word = (reader.take(/[^;()]*/y) ?? '').trimEnd();
  reader.expectWord(';');
  return { word, start };
}

function readAce(reader: SddlReader): KnownAce {
  const typeField = takeField(reader);
  const type = ACE_TYPES.get(typeField.word.toUpperCase());
  if (type === undefined)
    throw reader.error('FORMAT_STRUCTURE', `no ACE type is called ${JSON.stringify(typeField.word)}`, typeField.start);
  const flags = readWords(reader, ACE_FLAGS, 'ACE flag', takeField(reader));
  const mask = readRights(reader);
  const guids = readGuids(reader, type);
  const sid = reader.takeSid();
  const applicationData = readData(reader, type);
  reader.expectWord(')');
  return { type, flags, mask, ...guids, sid, ...(applicationData ? { applicationData } : {}) };
}

type Field = ReturnType<typeof takeField>;

/** Two-letter words that stand for bits. */
function readWords(reader: SddlReader, names: ReadonlyMap<string, number>, what: string, { word, start }: Field): number {
  let sum = 0;
  for (let i = 0; i < word.length; i += 2) {
    const bits = names.get(word.slice(i, i + 2).toUpperCase());
    if (bits === undefined)
      throw reader.error('FORMAT_STRUCTURE', `no ${what} is called ${JSON.stringify(word.slice(i, i + 2))}`, start + i);
    sum |= bits;
  }
  return sum >>> 0;
}

function readRights(reader: SddlReader): number {
  const field = takeField(reader);
  if (!/^[0-9]/.test(field.word)) return readWords(reader, RIGHTS, 'right', field);
  const end = reader.at;
  reader.at = field.start;
  const { magnitude } = reader.takeInteger();
  if (reader.at !== field.start + field.word.length) throw reader.error('FORMAT_STRUCTURE', 'a number ends before this');
  if (magnitude > 0xffff_ffffn) throw reader.error('FORMAT_RANGE', 'rights take 32 bits', field.start);
  reader.at = end;
  return Number(magnitude);
}

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function readGuids(reader: SddlReader, type: number): Pick<KnownAce, 'objectType' | 'inheritedObjectType'> {
  const take = (): string | undefined => {
    const { word, start } = takeField(reader);
    if (word === '') return undefined;
    if (!hasObjectForm(type)) throw reader.error('FORMAT_STRUCTURE', 'an ACE of this type has no GUIDs', start);
    if (!GUID.test(word)) throw reader.error('FORMAT_STRUCTURE', 'expected a GUID', start);
    return word.toLowerCase();
  };
  const objectType = take();
  const inheritedObjectType = take();
  return { ...(objectType === undefined ? {} : { objectType }), ...(inheritedObjectType === undefined ? {} : { inheritedObjectType }) };
}

function readData(reader: SddlReader, type: number): Uint8Array | undefined {
  const start = reader.at;
  if (!reader.takeWord(';')) return undefined;
  const read = CONDITIONAL_TYPES.has(type) ? readCondition : type === AceType.SYSTEM_RESOURCE_ATTRIBUTE ? readResourceAttribute : undefined;
  if (!read) throw reader.error('FORMAT_STRUCTURE', 'an ACE of this type ends behind its SID', start);
  reader.expectWord('(');
  const data = read(reader);
  reader.expectWord(')');
  return data;
}
