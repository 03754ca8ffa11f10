// `node scripts/run.mjs TASK…`: the root's npm scripts. Installs first when needed, runs every task, fails if one failed.
import { prepare, runMain, runNode, StepFailed, turbo } from './lib/workspace.mjs';

const prettier = 'node_modules/prettier/bin/prettier.cjs';
const eslint = ['node_modules/eslint/bin/eslint.js', '--cache', '--cache-location', '.turbo/eslintcache'];

const tasks = {
  build: [],
  typecheck: [{ run: turbo('typecheck'), withPnpm: true }, { run: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'] }],
  lint: [
    { run: [...eslint, '--max-warnings=0', '.'] },
    { run: [prettier, '--check', '--log-level=warn', '.'] },
    { run: ['node_modules/knip/bin/knip.js', '--no-progress', '--no-config-hints'] },
  ],
  format: [{ run: [...eslint, '--fix', '.'] }, { run: [prettier, '--write', '--log-level=warn', '.'] }],
  bench: [{ run: ['bench/run.mjs'] }],
};

await runMain(async () => {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !Object.hasOwn(tasks, name));
  if (names.length === 0 || unknown.length > 0) throw new StepFailed(`usage: node scripts/run.mjs ${Object.keys(tasks).join('|')} …`);
  await prepare({ build: names.some((name) => name === 'build' || name === 'bench') });
  let failed = 0;
  for (const { run, withPnpm } of names.flatMap((name) => tasks[name])) {
    if ((await runNode(run, { withPnpm })) !== 0) failed = 1;
  }
  return failed;
});
