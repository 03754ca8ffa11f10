import { utf16le } from '../binary/index.js';
import { FormatError } from '../errors/index.js';
import { CONDITION_DEPTH_MAX } from './condition-limits.js';
import { ConditionalAceData, ConditionBase, ConditionBytes, ConditionInteger, ConditionSign, ConditionToken } from './condition.layout.js';
import { cannotSay, escapeFirst, octetsText, prefixedName, quotedText, sidText, simpleName, type SddlWriting } from './sddl-literals.js';
import { MEMBER_OPERATORS, RELATIONAL_OPERATORS } from './sddl-names.js';
import { parseSid, sidSize } from './sid.js';

/** How tightly a piece of text binds, loosest first. */
const Binding = { OR: 0, AND: 1, TERM: 2, ATOM: 3 } as const;

/** What an operator finds on the stack: text, and what it is. */
interface Operand {
  readonly kind: 'logical' | 'attribute' | 'literal' | 'sids';
  readonly text: string;
  readonly binding: number;
  /** How deep parentheses and `!` nest in it. */
  readonly depth: number;
}

const PREFIXES = new Map<number, string>([
  [ConditionToken.USER_ATTRIBUTE, '@User.'],
  [ConditionToken.RESOURCE_ATTRIBUTE, '@Resource.'],
  [ConditionToken.DEVICE_ATTRIBUTE, '@Device.'],
]);

/** Simple names that would be read as an operator. */
const LOOKS_LIKE_OPERATOR = /^(?:(?:Not_)?(?:Device_)?Member_of(?:_Any)?|(?:Not_)?Exists)$/i;

/** Whether application data holds a conditional expression: it starts with ACE_CONDITION_SIGNATURE. */
export const isConditional = (data: Uint8Array): boolean => Buffer.from(data.subarray(0, 4)).toString('latin1') === 'artx';

/**
 * The conditional expression in the application data of a callback ACE as SDDL, without the parentheses round the whole.
 * @throws FORMAT_SHORT, FORMAT_MAGIC, FORMAT_STRUCTURE with the place in `data`; FORMAT_UNSUPPORTED when SDDL cannot say it
 */
export function conditionToText(data: Uint8Array, writing: SddlWriting): string {
  ConditionalAceData.decode(data);
  const stack: Operand[] = [];
  const pop = (at: number): Operand => {
    const operand = stack.pop();
    if (!operand) throw wrong('an operator lacks an operand', at);
    return operand;
  };
  let at = ConditionalAceData.size;
  while (at < data.length) {
    const code = data[at] ?? 0;
    if (code === ConditionToken.PADDING) {
      if (data.subarray(at).some((byte) => byte !== 0)) throw wrong('bytes follow the padding', at);
      break;
    }
    const literal = readOperand(data, at, writing);
    if (literal) {
      stack.push(literal.operand);
      at = literal.end;
      continue;
    }
    const right = pop(at);
    const binary = code === ConditionToken.AND || code === ConditionToken.OR || RELATIONAL_OPERATORS.has(code);
    stack.push(binary ? binaryOperator(code, pop(at), right, at, writing) : unaryOperator(code, right, at, writing));
    at++;
  }
  const [whole, ...rest] = stack;
  if (!whole || rest.length > 0) throw wrong(`${String(stack.length)} expressions, expected 1`, at);
  if (whole.kind !== 'logical' && whole.kind !== 'attribute') throw wrong('a literal is no condition', at);
  return whole.text;
}

const wrong = (problem: string, offset: number): FormatError =>
  new FormatError('FORMAT_STRUCTURE', problem, { struct: ConditionalAceData.name, offset });

function unaryOperator(code: number, operand: Operand, at: number, writing: SddlWriting): Operand {
  const member = MEMBER_OPERATORS.get(code);
  if (member !== undefined) {
    if (operand.kind !== 'sids') throw wrong(`${member} needs SIDs`, at);
    return { ...operand, kind: 'logical', text: `${member} ${operand.text}`, binding: Binding.TERM };
  }
  if (code === ConditionToken.EXISTS || code === ConditionToken.NOT_EXISTS) {
    const word = code === ConditionToken.EXISTS ? 'Exists' : 'Not_Exists';
    if (operand.kind !== 'attribute') throw wrong(`${word} needs an attribute`, at);
    return { ...operand, kind: 'logical', text: `${word} ${operand.text}`, binding: Binding.TERM };
  }
  if (code !== ConditionToken.NOT) throw wrong(`0x${code.toString(16)} is no token`, at);
  const inner = logical(operand, Binding.ATOM, at, writing);
  return checkDepth({ kind: 'logical', text: `!${inner.text}`, binding: Binding.ATOM, depth: inner.depth + 1 }, writing);
}

function binaryOperator(code: number, left: Operand, right: Operand, at: number, writing: SddlWriting): Operand {
  const relation = RELATIONAL_OPERATORS.get(code);
  if (relation !== undefined) {
    if (left.kind !== 'attribute' || right.kind === 'logical') throw wrong(`${relation} compares an attribute with a value`, at);
    const value = right.kind === 'attribute' ? unlikeNumber(right.text) : right.text;
    return { kind: 'logical', text: `${left.text} ${relation} ${value}`, binding: Binding.TERM, depth: 0 };
  }
  const binding = code === ConditionToken.AND ? Binding.AND : Binding.OR;
  const first = logical(left, binding, at, writing);
  const second = logical(right, binding + 1, at, writing);
  const word = code === ConditionToken.AND ? '&&' : '||';
  return { kind: 'logical', text: `${first.text} ${word} ${second.text}`, binding, depth: Math.max(first.depth, second.depth) };
}

/** The name of an attribute on the right of a comparison, where digits would be read as a number. */
const unlikeNumber = (name: string): string => (/^[0-9]/.test(name) ? escapeFirst(name) : name);

/** An operand of a logical operator, in parentheses where it binds less than `least`. */
function logical(operand: Operand, least: number, at: number, writing: SddlWriting): Operand {
  if (operand.kind !== 'logical' && operand.kind !== 'attribute') throw wrong('a literal is no condition', at);
  if (operand.binding >= least) return operand;
  return checkDepth({ kind: 'logical', text: `(${operand.text})`, binding: Binding.ATOM, depth: operand.depth + 1 }, writing);
}

function checkDepth(operand: Operand, writing: SddlWriting): Operand {
  if (operand.depth > CONDITION_DEPTH_MAX) throw cannotSay(writing, 'the condition nests too deep');
  return operand;
}

interface OperandAndEnd {
  readonly operand: Operand;
  readonly end: number;
}

const atom = (kind: Operand['kind'], text: string): Operand => ({ kind, text, binding: Binding.ATOM, depth: 0 });

/** The attribute, literal or list of literals at `at`, or undefined when an operator stands there. */
function readOperand(data: Uint8Array, at: number, writing: SddlWriting): OperandAndEnd | undefined {
  if (data[at] !== ConditionToken.COMPOSITE) return readAttribute(data, at, writing) ?? readLiteral(data, at, writing);
  const { start, end } = lengthPrefixed(data, at);
  const inside = data.subarray(0, end);
  const elements: Operand[] = [];
  for (let next = start; next < end;) {
    const element = readLiteral(inside, next, writing);
    if (!element) throw wrong(`0x${(data[next] ?? 0).toString(16)} is no literal`, next);
    elements.push(element.operand);
    next = element.end;
  }
  const kind = elements.every((element) => element.kind === 'sids') ? 'sids' : 'literal';
  return { operand: atom(kind, `{${elements.map((element) => element.text).join(', ')}}`), end };
}

function readAttribute(data: Uint8Array, at: number, writing: SddlWriting): OperandAndEnd | undefined {
  const code = data[at] ?? 0;
  const prefix = PREFIXES.get(code);
  if (prefix === undefined && code !== ConditionToken.LOCAL_ATTRIBUTE) return undefined;
  const { start, end } = lengthPrefixed(data, at, 2);
  const name = utf16le.decode(data.subarray(start, end));
  const simple = (): string => (LOOKS_LIKE_OPERATOR.test(name) ? escapeFirst(name) : simpleName(name, writing));
  const text = prefix === undefined ? simple() : prefix + prefixedName(name, writing);
  return { operand: atom('attribute', text), end };
}

function readLiteral(data: Uint8Array, at: number, writing: SddlWriting): OperandAndEnd | undefined {
  const code = data[at] ?? 0;
  if (code >= ConditionToken.INT8 && code <= ConditionToken.INT64)
    return { operand: atom('literal', integerText(data, at)), end: at + ConditionInteger.size };
  if (code === ConditionToken.UNICODE_STRING) {
    const { start, end } = lengthPrefixed(data, at, 2);
    return { operand: atom('literal', quotedText(utf16le.decode(data.subarray(start, end)), writing)), end };
  }
  if (code === ConditionToken.OCTET_STRING) {
    const { start, end } = lengthPrefixed(data, at);
    return { operand: atom('literal', octetsText(data.subarray(start, end))), end };
  }
  if (code !== ConditionToken.SID) return undefined;
  const { start, end } = lengthPrefixed(data, at);
  const sid = parseSid(data.subarray(0, end), start);
  if (start + sidSize(sid) !== end) throw wrong('a SID is shorter than its token', start);
  return { operand: atom('sids', `SID(${sidText(sid, writing)})`), end };
}

function lengthPrefixed(data: Uint8Array, at: number, unit = 1): { readonly start: number; readonly end: number } {
  const { length } = ConditionBytes.decode(data, at);
  const start = at + ConditionBytes.size;
  if (length > data.length - start || length % unit !== 0) {
    throw new FormatError('FORMAT_SHORT', `needs ${String(length)} bytes, ${String(data.length - start)} left`, {
      struct: ConditionBytes.name,
      field: 'length',
      offset: at + ConditionBytes.offsetOf('length'),
      expected: length,
      actual: data.length - start,
    });
  }
  return { start, end: start + length };
}

/** The sign that was written counts, not that of the value. */
function integerText(data: Uint8Array, at: number): string {
  const { value, sign, base } = ConditionInteger.decode(data, at);
  const signed = BigInt.asIntN(64, value);
  const minus = sign === ConditionSign.MINUS;
  const magnitude = minus && signed < 0n ? -signed : value;
  const word = minus ? '-' : sign === ConditionSign.PLUS ? '+' : '';
  if (base === ConditionBase.OCTAL) return `${word}0${magnitude.toString(8)}`;
  return word + (base === ConditionBase.HEXADECIMAL ? `0x${magnitude.toString(16)}` : String(magnitude));
}
