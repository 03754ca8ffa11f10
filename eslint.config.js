import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import winback from './eslint/layers.js';

const SOURCES = ['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'];

const syntax = {
  enums: { selector: 'TSEnumDeclaration', message: 'Use a const object with UPPER_SNAKE keys.' },
  namespaces: { selector: 'TSModuleDeclaration[kind!="global"]', message: 'Use a module.' },
  defaultExport: { selector: 'ExportDefaultDeclaration', message: 'Only plugin.ts has a default export.' },
  blindCatch: { selector: 'CatchClause[param=null]', message: 'Name the error and look at it.' },
};
const platform = 'Ask ports/platform.ts in @winback/core.';

export default defineConfig(
  globalIgnores(['**/dist/', '**/coverage/', '**/fixtures/', '**/prebuilds/', '**/.turbo/']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // bytes[i]! inside a checked loop is the plain way to write with noUncheckedIndexedAccess
      '@typescript-eslint/no-non-null-assertion': 'off',
      // an index signature that names its key is sometimes the clearer word
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      'no-restricted-syntax': ['error', syntax.enums, syntax.namespaces],
    },
  },
  {
    files: ['packages/**/*.{ts,js}', 'apps/**/*.{ts,js}'],
    plugins: { winback },
    rules: { 'winback/layers': 'error' },
  },
  {
    files: SOURCES,
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': ['error', ...Object.values(syntax)],
    },
  },
  {
    files: SOURCES,
    ignores: ['packages/core/src/ports/platform.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'platform', message: platform },
        { object: 'os', property: 'platform', message: platform },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: ['node:process', 'node:os'].map((name) => ({ name, importNames: ['platform'], message: platform })),
        },
      ],
    },
  },
  {
    files: ['**/plugin.ts', '*.config.ts'],
    rules: { 'no-restricted-syntax': ['error', syntax.enums, syntax.namespaces] },
  },
  {
    files: ['packages/core/src/token.ts', '**/src/**/binary/**/*.ts', '**/src/**/ffi/**/*.ts'],
    rules: { '@typescript-eslint/no-explicit-any': 'off' },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        performance: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
      },
    },
  },
);
