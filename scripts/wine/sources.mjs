import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const OPTIONS = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2022,
  experimentalDecorators: true,
  verbatimModuleSyntax: true,
};
/** What a transpiled file depends on besides its source. */
const SALT = `${ts.version} ${JSON.stringify(OPTIONS)}`;

/**
 * Brings the packages of the workspace into `tree`/@winback/ as JavaScript, with their tests, so that Windows' Node.js finds
 * `@winback/core` and everything else by name. Only what changed since the last time is transpiled.
 */
export function transpilePackages(root, tree) {
  const state = join(tree, 'transpiled.json');
  const before = existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : {};
  const now = {};
  // Of programs only the tests, which are where several packages may meet: what programs depend on is not there.
  const programs = readdirSync(join(root, 'apps')).map((name) => ({ name, home: join(root, 'apps', name), areas: ['test'] }));
  const packages = packageNames(root).map((name) => ({ name, home: join(root, 'packages', name), areas: ['src', 'test'] }));
  for (const { name, home, areas } of [...packages, ...programs]) {
    for (const area of areas) {
      if (!existsSync(join(home, area))) continue;
      for (const item of readdirSync(join(home, area), { recursive: true, withFileTypes: true })) {
        if (!item.isFile() || !/\.(ts|js|mjs|json)$/.test(item.name)) continue;
        const from = join(item.parentPath, item.name);
        const to = join('@winback', name, from.slice(home.length + 1)).replace(/\.ts$/, '.js');
        const source = readFileSync(from, 'utf8');
        now[to] = createHash('sha256').update(SALT).update(source).digest('base64');
        if (before[to] !== now[to] || !existsSync(join(tree, to))) put(join(tree, to), from.endsWith('.ts') ? transpile(source) : source);
      }
    }
    put(join(tree, '@winback', name, 'package.json'), runnable(join(home, 'package.json')));
  }
  for (const gone of Object.keys(before)) if (!(gone in now)) rmSync(join(tree, gone), { force: true });
  writeFileSync(state, JSON.stringify(now));
}

const packageNames = (root) =>
  readdirSync(join(root, 'packages')).filter((name) => existsSync(join(root, 'packages', name, 'package.json')));

const transpile = (source) => ts.transpileModule(source, { compilerOptions: OPTIONS }).outputText;

function put(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** The package's own package.json, with exports that lead to the transpiled sources. */
function runnable(file) {
  const { name, version, exports = {} } = JSON.parse(readFileSync(file, 'utf8'));
  const entries = Object.entries(exports).map(([key, to]) => [
    key,
    typeof to === 'string' ? to : to['@winback/source'].replace(/\.ts$/, '.js'),
  ]);
  return JSON.stringify({ name, version, type: 'module', exports: Object.fromEntries(entries) });
}

/** What the packages of the workspace depend on from outside, at the versions that are installed. */
export function outsideDependencies(root) {
  const found = {};
  for (const name of packageNames(root)) {
    const home = join(root, 'packages', name);
    const { dependencies = {} } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
    for (const dependency of Object.keys(dependencies)) {
      if (dependency.startsWith('@winback/')) continue;
      found[dependency] = JSON.parse(readFileSync(join(home, 'node_modules', dependency, 'package.json'), 'utf8')).version;
    }
  }
  return found;
}
