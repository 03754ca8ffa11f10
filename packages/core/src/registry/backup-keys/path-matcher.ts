import { foldName, namePattern, type NamePattern } from './name-pattern.js';
import { NameRules } from './name-rules.js';
import { splitEntryPath, EntryProblem, type PathRule } from './path-rule.js';

/** What is done to names of one folder. */
class FolderNode {
  readonly folders = new Map<string, FolderNode>();
  readonly wildFolders: { readonly pattern: NamePattern; readonly node: FolderNode }[] = [];
  /** Rules for names in this folder. */
  readonly here = new NameRules();
  /** Rules for names in this folder and all below. */
  readonly below = new NameRules();
}

/** The rules of one volume, of names whose case counts or of those whose case does not. */
class RuleTree {
  readonly #root = new FolderNode();
  #hasWildFolders = false;
  isEmpty = true;

  constructor(private readonly caseSensitive: boolean) {}

  add(rule: PathRule, folders: readonly string[]): void {
    this.isEmpty = false;
    let node = this.#root;
    for (const folder of folders) node = this.#folder(node, folder);
    (rule.recursive ? node.below : node.here).add(rule);
  }

  #folder(node: FolderNode, name: string): FolderNode {
    const pattern = namePattern(name, this.caseSensitive);
    const next = new FolderNode();
    if (pattern.literal === undefined) {
      this.#hasWildFolders = true;
      node.wildFolders.push({ pattern, node: next });
      return next;
    }
    const known = node.folders.get(pattern.literal);
    if (known) return known;
    node.folders.set(pattern.literal, next);
    return next;
  }

  find(path: string, isFolder: boolean): PathRule | undefined {
    let nodes: FolderNode[] | undefined = this.#hasWildFolders ? [this.#root] : undefined;
    let node: FolderNode | undefined = this.#root;
    let deep: NameRules[] | undefined;
    for (let from = 0; from <= path.length;) {
      let to = path.indexOf('/', from);
      const isLast = to < 0;
      if (isLast) to = path.length;
      const name = foldName(path.slice(from, to), this.caseSensitive);
      const asFolder = !isLast || isFolder;
      from = to + 1;
      for (const at of nodes ?? (node ? [node] : NONE)) {
        if (!at.below.isEmpty) (deep ??= []).push(at.below);
        const rule = at.here.find(name, asFolder);
        if (rule) return rule;
      }
      for (const rules of deep ?? NONE) {
        const rule = rules.find(name, asFolder);
        if (rule) return rule;
      }
      if (isLast) return undefined;
      if (nodes) nodes = nextNodes(nodes, name);
      else node = node?.folders.get(name);
      if (!deep && (nodes ? nodes.length === 0 : !node)) return undefined;
    }
    return undefined;
  }
}

const NONE: readonly never[] = [];

function nextNodes(nodes: readonly FolderNode[], name: string): FolderNode[] {
  const next: FolderNode[] = [];
  for (const node of nodes) {
    const literal = node.folders.get(name);
    if (literal) next.push(literal);
    for (const wild of node.wildFolders) if (wild.pattern.matches(name)) next.push(wild.node);
  }
  return next;
}

/** Says of the files of one volume which rule names them. */
export interface VolumeMatcher {
  /** No rule can name anything on this volume. */
  readonly isEmpty: boolean;
  /**
   * The rule that names a file, or a folder above it; undefined: none does.
   * @param path from the volume's root, with slashes: `Windows/Temp/x`; '' is the root itself
   */
  match(path: string, kind?: 'file' | 'directory'): PathRule | undefined;
}

/** All rules, ready for any volume. */
export class PathMatcher {
  constructor(readonly rules: readonly PathRule[]) {}

  /** @param root where the volume's root is mounted: `C:\`, `C:\Mounts\Data`, `/home`, `\\?\Volume{…}\` */
  forVolume(root: string): VolumeMatcher {
    const trees = [false, true].map((caseSensitive) => {
      const tree = new RuleTree(caseSensitive);
      for (const rule of this.rules) if (rule.caseSensitive === caseSensitive) addTo(tree, rule, root);
      return tree;
    });
    const used = trees.filter((tree) => !tree.isEmpty);
    return {
      isEmpty: used.length === 0,
      match(path, kind = 'file') {
        if (path === '') return undefined;
        for (const tree of used) {
          const rule = tree.find(path, kind === 'directory');
          if (rule) return rule;
        }
        return undefined;
      },
    };
  }
}

function addTo(tree: RuleTree, rule: PathRule, root: string): void {
  if (rule.root === undefined) {
    tree.add(rule, rule.folders);
    return;
  }
  const mount = splitMount(root);
  const fold = (name: string): string => foldName(name, rule.caseSensitive);
  if (!mount || fold(mount.root) !== fold(rule.root)) return;
  for (const [i, name] of mount.folders.entries()) {
    const folder = rule.folders[i];
    if (folder === undefined) {
      // The volume is mounted below the rule's folder.
      const names = mount.folders.slice(i).map(fold);
      const pattern = namePattern(rule.fileName, rule.caseSensitive);
      const named = rule.recursive ? names : names.slice(0, 1);
      if (pattern.isAll ? rule.recursive : named.some((n) => n === pattern.literal))
        tree.add({ ...rule, fileName: '*', recursive: true }, []);
      else if (rule.recursive) tree.add(rule, []);
      return;
    }
    if (!namePattern(folder, rule.caseSensitive).matches(fold(name))) return;
  }
  tree.add(rule, rule.folders.slice(mount.folders.length));
}

function splitMount(root: string): { readonly root: string; readonly folders: readonly string[] } | undefined {
  // A name behind it makes a path of any root, also of one without folders.
  const path = splitEntryPath(`${root.replace(/[\\/]+$/, '')}${root.startsWith('/') || root === '' ? '/' : '\\'}x`);
  return path instanceof EntryProblem || path.root === undefined ? undefined : { root: path.root, folders: path.folders };
}
