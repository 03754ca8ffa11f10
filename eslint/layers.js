// The layers of the workspace as one lint rule: who may import what. CONTRIBUTING.md says why.
import { posix, relative, sep } from 'node:path';

/** Packages with one doorway: the only source files that may import them. */
const DOORWAYS = [
  { imports: /^(tsyringe|reflect-metadata)(\/|$)/, only: /^packages\/core\/src\/di\.ts$/, where: 'packages/core/src/di.ts' },
  { imports: /^koffi(\/|$)/, only: /^(packages|apps)\/[^/]+\/(src\/(.*\/)?ffi|test)\//, where: 'src/ffi/' },
];

/**
 * What is wrong with `file` (relative to the root, with slashes) importing `specifier`, or null.
 * @param {string} file
 * @param {string} specifier
 * @returns {string | null}
 */
function layerProblem(file, specifier) {
  const [, parent, name, area] = /^(packages|apps)\/([^/]+)\/(src|test)\//.exec(file) ?? [];
  if (parent === undefined) return null;
  const home = `${parent}/${name}`;

  for (const { imports, only, where } of DOORWAYS) {
    if (imports.test(specifier) && !only.test(file)) return `'${specifier}' is imported only in ${where}.`;
  }
  if (area === 'src' && /^(vitest|@vitest\/.*)(\/|$)/.test(specifier)) return `Nothing under src imports a test runner ('${specifier}').`;

  const target = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : null;
  if (target !== null && !target.startsWith(`${home}/`)) return `'${specifier}' leaves the package; import another one by its name.`;
  if (target !== null && area === 'src' && target.startsWith(`${home}/test/`)) return `Nothing under src imports tests ('${specifier}').`;

  const sibling = /^@winback\/([^/]+)/.exec(specifier)?.[1];
  if (sibling !== undefined && sibling !== name && parent === 'packages') {
    if (name === 'core') return `core imports no other package of the workspace ('${specifier}').`;
    if (sibling !== 'core') return `Subsystem packages never import one another ('${specifier}'); what two of them need is a port in core.`;
  }

  if (file.endsWith('.layout.ts')) {
    const allowed = target === null ? /^@winback\/core(\/base)?$/.test(specifier) : /\/binary\/|\.layout\.js$/.test(target);
    if (!allowed) return `A layout table imports codecs and other tables only, not '${specifier}'.`;
  }
  return null;
}

/** @type {import('eslint').Rule.RuleModule} */
const layers = {
  meta: { type: 'problem', schema: [], messages: { layer: '{{problem}}' } },
  create(context) {
    const file = relative(context.cwd, context.filename).split(sep).join('/');
    const check = (source) => {
      if (typeof source?.value !== 'string') return;
      const problem = layerProblem(file, source.value);
      if (problem !== null) context.report({ node: source, messageId: 'layer', data: { problem } });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source),
      TSExternalModuleReference: (node) => check(node.expression),
      // require('x') and createRequire(…)('x')
      'CallExpression[callee.name="require"]': (node) => check(node.arguments[0]),
      'CallExpression[callee.callee.name="createRequire"]': (node) => check(node.arguments[0]),
    };
  },
};

export default { rules: { layers } };
