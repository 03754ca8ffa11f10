import { existsSync, readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** Packages are tested from their sources, so tests need no build. */
const conditions = ['@winback/source', 'module', 'node', 'development|production'];

const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
};
/** Long enough that a slow machine fails no test: they end what hangs, and tell no speed. */
const test = { testTimeout: 120_000, hookTimeout: 120_000 };

const packages = ['packages', 'apps'].flatMap((parent) => readdirSync(parent).map((name) => ({ name, root: `${parent}/${name}` })));

export default defineConfig({
  ...shared,
  test: {
    projects: [
      { ...shared, test: { ...test, name: 'workspace', include: ['test/**/*.test.ts'] } },
      ...packages
        .filter(({ root }) => existsSync(`${root}/package.json`))
        .map(({ name, root }) => ({ ...shared, root, test: { ...test, name, include: ['test/**/*.test.ts', 'src/**/*.test.ts'] } })),
    ],
  },
});
