import { SddlError } from './sddl-error.js';
import { aliasOfSid, type SidContext } from './sid-aliases.js';
import { sidToString, type Sid } from './sid.js';

/** What writing SDDL needs to know: how SIDs are named, and which part of the descriptor is being written. */
export interface SddlWriting extends SidContext {
  /** Whether SIDs are written as two letters where they can be. */
  readonly aliases: boolean;
  /** For errors. */
  readonly part: string;
}

export const cannotSay = (writing: SddlWriting, problem: string): SddlError =>
  new SddlError('FORMAT_UNSUPPORTED', problem, { part: writing.part });

export const sidText = (sid: Sid, writing: SddlWriting): string =>
  (writing.aliases ? aliasOfSid(sid, writing) : undefined) ?? sidToString(sid);

export function quotedText(text: string, writing: SddlWriting): string {
  if (text.includes('"')) throw cannotSay(writing, 'a text with a double quote in it cannot be written');
  return `"${text}"`;
}

export const octetsText = (bytes: Uint8Array): string => `#${Buffer.from(bytes).toString('hex')}`;

/** Characters that do not stand for themselves in names (attr-char1 and attr-char2 of MS-DTYP 2.5.1.1). */
const SIMPLE_NAME = /^@|[^A-Za-z0-9:./_@]/g;
const PREFIXED_NAME = /[^A-Za-z0-9#$'*+\-./:;?@[\\\]^_`{}~\u0080-\uffff]/g;

const percent = (character: string): string => `%${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The name of an attribute behind @User., @Device. or @Resource., or in a resource attribute. */
export function prefixedName(name: string, writing: SddlWriting): string {
  checkName(name, writing);
  return name.replace(PREFIXED_NAME, percent);
}

/** The name of a local attribute. */
export function simpleName(name: string, writing: SddlWriting): string {
  checkName(name, writing);
  return name.replace(SIMPLE_NAME, percent);
}

/** The first character as %XXXX, for a name that would be taken for something else. */
export const escapeFirst = (name: string): string => percent(name) + name.slice(1);

function checkName(name: string, writing: SddlWriting): void {
  if (name === '' || name.includes('\0')) throw cannotSay(writing, 'the name of an attribute is empty or has a NUL in it');
}
