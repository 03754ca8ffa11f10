import { utf16le } from '../binary/index.js';
import { CONDITION_DEPTH_MAX } from './condition-limits.js';
import { ConditionalAceData, ConditionBase, ConditionBytes, ConditionInteger, ConditionSign, ConditionToken } from './condition.layout.js';
import { padded } from './resource-attribute.js';
import { MEMBER_OPERATORS, RELATIONAL_OPERATORS } from './sddl-names.js';
import type { SddlReader } from './sddl-reader.js';
import { buildSid } from './sid.js';

const MEMBER_CODES = new Map([...MEMBER_OPERATORS].map(([code, word]) => [word.toLowerCase(), code]));
const RELATIONAL_CODES = new Map([...RELATIONAL_OPERATORS].map(([code, word]) => [word.toLowerCase(), code]));
const PREFIX_CODES = new Map<string, number>([
  ['@user.', ConditionToken.USER_ATTRIBUTE],
  ['@resource.', ConditionToken.RESOURCE_ATTRIBUTE],
  ['@device.', ConditionToken.DEVICE_ATTRIBUTE],
]);

/**
 * Reads a conditional expression in SDDL and writes it as the application data of a callback ACE, with its padding. The reader is
 * left where the expression ends.
 * @throws FORMAT_STRUCTURE, FORMAT_RANGE, FORMAT_UNSUPPORTED with the place in the text
 */
export function readCondition(reader: SddlReader): Uint8Array {
  const out: Uint8Array[] = [ConditionalAceData.encode(ConditionalAceData.create())];
  readOr(reader, out, 0);
  return padded(new Uint8Array(Buffer.concat(out)));
}

type Out = Uint8Array[];
const operator = (code: number): Uint8Array => Uint8Array.of(code);

function readOr(reader: SddlReader, out: Out, depth: number): void {
  readAnd(reader, out, depth);
  while (reader.takeWord('||')) {
    readAnd(reader, out, depth);
    out.push(operator(ConditionToken.OR));
  }
}

function readAnd(reader: SddlReader, out: Out, depth: number): void {
  readFactor(reader, out, depth);
  while (reader.takeWord('&&')) {
    readFactor(reader, out, depth);
    out.push(operator(ConditionToken.AND));
  }
}

function readFactor(reader: SddlReader, out: Out, depth: number): void {
  if (depth > CONDITION_DEPTH_MAX) throw reader.error('FORMAT_UNSUPPORTED', 'the condition nests too deep');
  if (reader.takeWord('!')) {
    readFactor(reader, out, depth + 1);
    out.push(operator(ConditionToken.NOT));
  } else if (reader.takeWord('(')) {
    readOr(reader, out, depth + 1);
    reader.expectWord(')');
  } else {
    readTerm(reader, out);
  }
}

function readTerm(reader: SddlReader, out: Out): void {
  reader.skipSpace();
  const member = reader.take(/(?:Not_)?(?:Device_)?Member_of(?:_Any)?(?![\w:./@%])/iy);
  if (member !== undefined) {
    const start = reader.at;
    const sids = readValues(reader);
    if (!sids.onlySids) throw reader.error('FORMAT_STRUCTURE', `${member} needs SIDs`, start);
    out.push(sids.bytes, operator(MEMBER_CODES.get(member.toLowerCase()) ?? 0));
    return;
  }
  const exists = reader.take(/(?:Not_)?Exists(?![\w:./@%])/iy);
  out.push(readAttribute(reader));
  if (exists !== undefined) {
    out.push(operator(exists.length === 'Exists'.length ? ConditionToken.EXISTS : ConditionToken.NOT_EXISTS));
    return;
  }
  reader.skipSpace();
  const relation = reader.take(/==|!=|<=|>=|<|>|(?:Not_)?(?:Contains|Any_of)(?![\w:./@%])/iy);
  if (relation === undefined) return;
  reader.skipSpace();
  const literal = /["#{+\-0-9]|SID\s*\(/iy;
  literal.lastIndex = reader.at;
  out.push(literal.test(reader.text) ? readValues(reader).bytes : readAttribute(reader));
  out.push(operator(RELATIONAL_CODES.get(relation.toLowerCase()) ?? 0));
}

function readAttribute(reader: SddlReader): Uint8Array {
  reader.skipSpace();
  const prefix = reader.take(/@(?:User|Device|Resource)\./iy)?.toLowerCase();
  const start = reader.at;
  const name =
    prefix === undefined
      ? reader.take(/[A-Za-z0-9:./_%][A-Za-z0-9:./_%@]*/y)
      : reader.take(/[A-Za-z0-9#$'*+\-./:;?@[\\\]^_`{}~%\u0080-\uffff]+/y);
  if (name === undefined) throw reader.error('FORMAT_STRUCTURE', 'expected the name of an attribute, such as @User.Title');
  const code = prefix === undefined ? ConditionToken.LOCAL_ATTRIBUTE : (PREFIX_CODES.get(prefix) ?? 0);
  return withLength(code, utf16le.encode(reader.decodeName(name, start)));
}

interface Values {
  readonly bytes: Uint8Array;
  readonly onlySids: boolean;
}

/** One literal, or several in braces. */
function readValues(reader: SddlReader): Values {
  if (!reader.takeWord('{')) return readLiteral(reader);
  const elements: Values[] = [];
  while (!reader.takeWord('}')) {
    if (elements.length > 0) reader.expectWord(',');
    elements.push(readLiteral(reader));
  }
  return {
    bytes: withLength(ConditionToken.COMPOSITE, Buffer.concat(elements.map((element) => element.bytes))),
    onlySids: elements.every((element) => element.onlySids),
  };
}

function readLiteral(reader: SddlReader): Values {
  reader.skipSpace();
  const next = reader.text.charAt(reader.at);
  if (next === '"') return { bytes: withLength(ConditionToken.UNICODE_STRING, utf16le.encode(reader.takeQuoted())), onlySids: false };
  if (next === '#') return { bytes: withLength(ConditionToken.OCTET_STRING, reader.takeOctets()), onlySids: false };
  if (/[+\-0-9]/.test(next)) return { bytes: integer(reader), onlySids: false };
  if (reader.take(/SID\s*\(/iy) === undefined) throw reader.error('FORMAT_STRUCTURE', 'expected a number, "text", #octets or SID(…)');
  const sid = buildSid(reader.takeSid());
  reader.expectWord(')');
  return { bytes: withLength(ConditionToken.SID, sid), onlySids: true };
}

const withLength = (byteCode: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([ConditionBytes.encode({ byteCode, length: bytes.length }), bytes]);

const SIGNS = { '+': ConditionSign.PLUS, '-': ConditionSign.MINUS, '': ConditionSign.NONE } as const;

/** Always as a 64-bit integer, like in the examples of MS-DTYP 2.4.4.17.9. */
function integer(reader: SddlReader): Uint8Array {
  const { magnitude, sign, base } = reader.takeInteger();
  const value = BigInt.asUintN(64, sign === '-' ? -magnitude : magnitude);
  return ConditionInteger.encode({ byteCode: ConditionToken.INT64, value, sign: SIGNS[sign], base: ConditionBase[base] });
}
