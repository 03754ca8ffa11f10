// Builds the package in the current folder: tsc into dist/, then removes output whose source is gone.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

for (const file of readdirSync('dist', { recursive: true })) {
  const stem = /^(.*?)(\.d\.ts|\.js)(\.map)?$/.exec(file)?.[1];
  if (stem !== undefined && !existsSync(join('src', `${stem}.ts`))) rmSync(join('dist', file));
}
