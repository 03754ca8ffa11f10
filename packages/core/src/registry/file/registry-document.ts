import { RegistryError } from '../../errors/index.js';
import { jsonErrorPlace } from '../../plugin/json-error.js';
import { KeyTree, walkKeys } from '../key-tree.js';
import { checkKeyPath, checkValueName } from '../registry-name.js';
import { RegistryType, type RegistryValue } from '../registry-store.js';
import { expandRootKey, rootKeyOf } from '../root-keys.js';
import {
  decodeMultiString,
  decodeNumber,
  decodeString,
  encodeMultiString,
  encodeNumber,
  encodeString,
  registryTypeName,
  registryTypeOf,
} from '../value-data.js';

const FORMAT = 'winback-registry-1';

/** Data in the file: what reads well is a text, a list of texts or a number, all else base64. */
type DataDocument = string | readonly string[] | number | { readonly base64: string };

/** The file's text: a list of keys, each value on a line of its own. */
export function encodeRegistry(tree: KeyTree): string {
  const root = tree.key('');
  const keys: string[] = [];
  for (const key of root ? walkKeys(root, (path) => tree.key(path)) : []) {
    const values = [...key.values()];
    const isBare = values.length === 0 && key.className === undefined && key.securityDescriptor === undefined;
    // A key that holds others is made with them.
    if (key.path === '' || (isBare && [...key.subkeys()].length > 0)) continue;
    keys.push(keyText(key.path, key.className, key.securityDescriptor, values));
  }
  const list = keys.length === 0 ? '[]' : `[\n${keys.join(',\n')}\n  ]`;
  return `{\n  "format": "${FORMAT}",\n  "keys": ${list}\n}\n`;
}

function keyText(path: string, className: string | undefined, security: Uint8Array | undefined, values: readonly RegistryValue[]): string {
  const members = [`"key": ${JSON.stringify(path)}`];
  if (className !== undefined) members.push(`"class": ${JSON.stringify(className)}`);
  if (security !== undefined) members.push(`"security": ${JSON.stringify(base64(security))}`);
  if (values.length > 0) members.push(`"values": [\n${values.map((value) => `        ${valueText(value)}`).join(',\n')}\n      ]`);
  return `    {\n${members.map((member) => `      ${member}`).join(',\n')}\n    }`;
}

const valueText = (value: RegistryValue): string =>
  `{ "name": ${JSON.stringify(value.name)}, "type": ${JSON.stringify(registryTypeName(value.type))}, "data": ${JSON.stringify(dataOf(value))} }`;

const base64 = (data: Uint8Array): { readonly base64: string } => ({ base64: Buffer.from(data).toString('base64') });

/** The plainest form that the same bytes come back from. */
function dataOf({ type, data }: RegistryValue): DataDocument {
  for (const plain of plainForms(type, data)) {
    if (data.length > 0 && Buffer.compare(bytesOf(type, plain) ?? new Uint8Array(), data) === 0) return plain;
  }
  return base64(data);
}

function plainForms(type: number, data: Uint8Array): readonly (string | readonly string[] | number)[] {
  if (type === RegistryType.SZ || type === RegistryType.EXPAND_SZ) return [decodeString(data)];
  if (type === RegistryType.MULTI_SZ) return [decodeMultiString(data)];
  const number = decodeNumber({ type, data });
  return number === undefined || number > BigInt(Number.MAX_SAFE_INTEGER) ? [] : [Number(number)];
}

/** Undefined: the type has no such form. */
function bytesOf(type: number, data: unknown): Uint8Array | undefined {
  if (isObject(data) && typeof data['base64'] === 'string') {
    const bytes = Buffer.from(data['base64'], 'base64');
    return bytes.toString('base64') === data['base64'] ? new Uint8Array(bytes) : undefined;
  }
  const isText = type === RegistryType.SZ || type === RegistryType.EXPAND_SZ;
  if (isText && typeof data === 'string') return data.includes('\0') ? undefined : encodeString(data);
  if (type === RegistryType.MULTI_SZ && Array.isArray(data)) {
    const strings: readonly unknown[] = data;
    return strings.every((s) => typeof s === 'string' && s !== '' && !s.includes('\0'))
      ? encodeMultiString(strings as readonly string[])
      : undefined;
  }
  const most: Partial<Record<number, number>> = {
    [RegistryType.DWORD]: 0xffff_ffff,
    [RegistryType.DWORD_BIG_ENDIAN]: 0xffff_ffff,
    [RegistryType.QWORD]: Number.MAX_SAFE_INTEGER,
  };
  const limit = most[type] ?? -1;
  if (typeof data === 'number' && Number.isInteger(data) && data >= 0 && data <= limit) return encodeNumber(type, BigInt(data));
  return undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a type's data may be in the file, for people. */
function formsOf(type: number): string {
  if (type === RegistryType.SZ || type === RegistryType.EXPAND_SZ) return 'a text without NUL';
  if (type === RegistryType.MULTI_SZ) return 'a list of texts, none empty';
  if (type === RegistryType.DWORD || type === RegistryType.DWORD_BIG_ENDIAN) return 'a whole number below 4294967296';
  if (type === RegistryType.QWORD) return 'a whole number';
  return '{ "base64": "…" }';
}

/** Reads the file's text. @throws REGISTRY_DAMAGED with the place, as line and column or as the member that is wrong */
export function decodeRegistry(text: string, file: string): KeyTree {
  const reader = new Reader(file);
  const tree = new KeyTree();
  const document = reader.object(parse(text, file), '', ['$schema', 'format', 'keys']);
  if (document['format'] !== FORMAT) throw reader.wrong('format', `"${FORMAT}"`, document['format']);
  for (const [i, item] of reader.list(document['keys'] ?? [], 'keys').entries()) {
    const at = `keys[${String(i)}]`;
    const key = reader.object(item, at, ['key', 'class', 'security', 'values']);
    const path = expandRootKey(reader.string(key['key'], `${at}.key`));
    reader.name(`${at}.key`, () => checkKeyPath(path));
    if (rootKeyOf(path) === undefined)
      throw reader.wrong(`${at}.key`, 'a path that begins with a root key, such as HKEY_LOCAL_MACHINE', path);
    tree.create(path, {
      ...(key['class'] === undefined ? {} : { className: reader.string(key['class'], `${at}.class`) }),
      ...(key['security'] === undefined ? {} : { securityDescriptor: reader.data(RegistryType.BINARY, key['security'], `${at}.security`) }),
    });
    for (const [j, value] of reader.list(key['values'] ?? [], `${at}.values`).entries()) {
      tree.setValue(path, reader.value(value, `${at}.values[${String(j)}]`));
    }
  }
  return tree;
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { line, column } = jsonErrorPlace(text);
    throw new RegistryError(
      'REGISTRY_DAMAGED',
      `${file}:${String(line)}:${String(column)}: not valid JSON`,
      { file, line, column },
      { cause: error, hint: `correct line ${String(line)}; JSON knows no comments and no comma after the last item` },
    );
  }
}

/** Takes apart what JSON gave, and says where it is not as it should be. */
class Reader {
  constructor(private readonly file: string) {}

  wrong(member: string, expected: string, found: unknown): RegistryError {
    const shown = (JSON.stringify(found) as string | undefined) ?? 'nothing';
    const text = shown.length > 100 ? `${shown.slice(0, 100)}…` : shown;
    const where = member === '' ? this.file : `${this.file}: ${member}`;
    return new RegistryError('REGISTRY_DAMAGED', `${where}: expected ${expected}, found ${text}`, { file: this.file, member });
  }

  object(value: unknown, member: string, known: readonly string[]): Record<string, unknown> {
    if (!isObject(value)) throw this.wrong(member, 'an object', value);
    for (const name of Object.keys(value)) {
      if (!known.includes(name)) throw this.wrong(member === '' ? name : `${member}.${name}`, `one of ${known.join(', ')}`, name);
    }
    return value;
  }

  list(value: unknown, member: string): readonly unknown[] {
    if (!Array.isArray(value)) throw this.wrong(member, 'a list', value);
    return value;
  }

  string(value: unknown, member: string): string {
    if (typeof value !== 'string') throw this.wrong(member, 'a text', value);
    return value;
  }

  name(member: string, check: () => void): void {
    try {
      check();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new RegistryError('REGISTRY_DAMAGED', `${this.file}: ${member}: ${why}`, { file: this.file, member }, { cause: error });
    }
  }

  data(type: number, value: unknown, member: string): Uint8Array {
    const bytes = bytesOf(type, value);
    if (bytes === undefined) throw this.wrong(member, `${formsOf(type)} (other data is { "base64": "…" })`, value);
    return bytes;
  }

  value(item: unknown, at: string): RegistryValue {
    const value = this.object(item, at, ['name', 'type', 'data']);
    const name = this.string(value['name'], `${at}.name`);
    this.name(`${at}.name`, () => checkValueName(name));
    const type = registryTypeOf(this.string(value['type'], `${at}.type`));
    if (type === undefined) throw this.wrong(`${at}.type`, 'the name of a type, such as REG_SZ or REG_DWORD', value['type']);
    return { name, type, data: this.data(type, value['data'], `${at}.data`) };
  }
}
