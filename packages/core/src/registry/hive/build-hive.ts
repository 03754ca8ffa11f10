import { toFileTime } from '../../facts/file-times.js';
import { securityDescriptorFromSddl } from '../../security/sddl-from-text.js';
import { buildSecurityDescriptor } from '../../security/security-descriptor.js';
import { BaseBlock, BINS_AT } from './base-block.layout.js';
import { KeyFlag, NOWHERE } from './cells.layout.js';
import { EditedKey, type Located } from './hive-edits.js';
import { HiveImage, type ImageChild, type ImageValue, type ImageValues } from './hive-image.js';
import { isLatin1 } from './hive-names.js';
import { hasNoValues, inOrder, type HiveTree } from './hive-tree.js';
import type { OpenHive } from './open-bytes.js';
import { damagedKey, naming } from './problems.js';

const ROOT_FLAGS = KeyFlag.HIVE_ENTRY | KeyFlag.NO_DELETE | KeyFlag.COMP_NAME;
const MINOR_VERSION = 5;
const FILE_NAME_UNITS = 31;

/** What Windows gives the keys of the machine: administrators and the system everything, users reading. */
const DEFAULT_SECURITY = 'O:BAG:SYD:PAI(A;CI;KA;;;BA)(A;CI;KA;;;SY)(A;CIIO;KA;;;CO)(A;CI;KR;;;BU)';
const defaultSecurity = (): Uint8Array => buildSecurityDescriptor(securityDescriptorFromSddl(DEFAULT_SECURITY));

/** A key on the way from the root to the one that is being written. */
interface Frame {
  readonly located: Located;
  readonly name: string;
  readonly path: string;
  readonly offset: number;
  readonly parent: number;
  readonly security: Uint8Array;
  readonly className: string | undefined;
  readonly values: ImageValues;
  readonly children: readonly (readonly [upper: string, child: Located])[];
  readonly written: ImageChild[];
  maxSubkeyName: number;
  maxSubkeyClass: number;
}

/**
 * The hive with all changes as a new file, without free space: keys sorted, security descriptors shared. What a key has besides names,
 * values and times (flags, access bits, debug bits) is kept.
 * @throws REGISTRY_DAMAGED when something cannot be read, so that nothing is lost unseen
 */
export function buildHive(hive: OpenHive, tree: HiveTree, now: bigint): Buffer {
  const image = new HiveImage();
  const root: Located = { node: tree.root.node, edit: tree.root, depth: 0 };
  const rootCell = writeKeys(image, tree, root);
  const { primarySequence, secondarySequence, minorVersion, ...base } = hive.base;
  const sequence = (Math.max(primarySequence, secondarySequence) + 1) >>> 0;
  return image.finish(hive.block, {
    ...base,
    minorVersion: Math.max(MINOR_VERSION, minorVersion),
    primarySequence: sequence,
    secondarySequence: sequence,
    rootCell,
    lastWritten: toFileTime(now),
  });
}

/** A hive with nothing but a root key. */
export function buildEmptyHive(fileName: string, now: bigint, securityDescriptor = defaultSecurity()): Buffer {
  const image = new HiveImage();
  const name = 'ROOT';
  const rootCell = image.allocateKey(name);
  const lastWritten = toFileTime(now);
  image.putKey(rootCell, name, {
    ...image.values([]),
    ...image.className(undefined),
    flags: ROOT_FLAGS,
    lastWrite: lastWritten,
    parent: NOWHERE,
    subkeyList: NOWHERE,
    security: image.security(securityDescriptor),
  });
  const block = Buffer.alloc(BINS_AT);
  BaseBlock.encodeInto(block, 0, BaseBlock.create());
  const name64 = new Uint8Array(64);
  name64.set(Buffer.from(fileName.slice(-FILE_NAME_UNITS), 'utf16le'));
  return image.finish(block, {
    minorVersion: MINOR_VERSION,
    primarySequence: 1,
    secondarySequence: 1,
    rootCell,
    lastWritten,
    fileName: name64,
  });
}

/** Writes a key and all below it; without recursion, for damaged hives are deep. */
function writeKeys(image: HiveImage, tree: HiveTree, root: Located): number {
  const top = enter(image, tree, root, '', undefined);
  const stack: Frame[] = [top];
  for (;;) {
    const frame = stack.at(-1)!;
    const next = frame.children[frame.written.length];
    if (next) {
      const child = enter(image, tree, next[1], frame.path, frame);
      frame.written.push({ offset: child.offset, upper: next[0] });
      frame.maxSubkeyName = Math.max(frame.maxSubkeyName, child.name.length * 2);
      frame.maxSubkeyClass = Math.max(frame.maxSubkeyClass, (child.className ?? '').length * 2);
      stack.push(child);
      continue;
    }
    leave(image, frame);
    stack.pop();
    if (stack.length === 0) return top.offset;
  }
}

function enter(image: HiveImage, tree: HiveTree, located: Located, parentPath: string, parent: Frame | undefined): Frame {
  const { node, edit } = located;
  const name = edit?.name ?? node?.name ?? '';
  const path = !parent ? '' : parentPath === '' ? name : `${parentPath}\\${name}`;
  return naming(tree.file, path, () => ({
    located,
    name,
    path,
    offset: image.allocateKey(name),
    parent: parent?.offset ?? NOWHERE,
    className: edit?.className ?? (node && tree.cells.className(node)),
    security: edit?.securityDescriptor ?? (node && tree.cells.security(node)) ?? parent?.security ?? defaultSecurity(),
    values: valuesOf(image, tree, located, path),
    children: childrenOf(tree, located, path),
    written: [],
    maxSubkeyName: 0,
    maxSubkeyClass: 0,
  }));
}

function leave(image: HiveImage, frame: Frame): void {
  const { node, edit } = frame.located;
  const form = isLatin1(frame.name) ? KeyFlag.COMP_NAME : 0;
  image.putKey(frame.offset, frame.name, {
    ...frame.values,
    ...image.className(frame.className),
    ...(node ? { accessBits: node.accessBits, virtualizationFlags: node.virtualizationFlags, workVar: node.workVar } : {}),
    flags: ((node?.flags ?? 0) & ~KeyFlag.COMP_NAME) | form | (frame.parent === NOWHERE ? ROOT_FLAGS & ~KeyFlag.COMP_NAME : 0),
    lastWrite: edit?.lastWrite ?? node?.lastWrite ?? 0n,
    parent: frame.parent,
    subkeyCount: frame.written.length,
    subkeyList: image.subkeys(frame.written),
    security: image.security(frame.security),
    maxSubkeyName: frame.maxSubkeyName,
    maxSubkeyClass: frame.maxSubkeyClass,
  });
}

function valuesOf(image: HiveImage, tree: HiveTree, located: Located, path: string): ImageValues {
  if (located.node && hasNoValues(located.node)) return { ...image.values([]), valueCount: located.node.valueCount };
  const { values, problems } = tree.values(located);
  if (problems.length > 0) throw damagedKey(tree.file, path, problems, '; the hive cannot be written without losing it');
  const list: ImageValue[] = [];
  for (const value of values) {
    const kept = value.offset === undefined ? { flags: 0, spare: 0 } : { flags: value.flags, spare: value.spare };
    list.push({ name: value.name, type: value.type, data: tree.data(value), ...kept });
  }
  return image.values(list);
}

function childrenOf(tree: HiveTree, located: Located, path: string): readonly (readonly [string, Located])[] {
  const { node, edit } = located;
  const depth = located.depth + 1;
  const at = (entry: EditedKey | number): Located =>
    entry instanceof EditedKey ? { node: entry.node, edit: entry, depth } : { node: tree.cells.node(entry), edit: undefined, depth };
  const { problems } = tree.children(located);
  if (problems.length > 0) throw damagedKey(tree.file, path, problems, '; the hive cannot be written without losing it');
  const entries: ReadonlyMap<string, EditedKey | number> =
    edit?.children ?? (node ? tree.lists.subkeys(node).offsets : new Map<string, number>());
  return inOrder(entries).map(([upper, entry]) => [upper, at(entry)] as const);
}
