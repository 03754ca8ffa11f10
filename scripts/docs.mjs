// `npm run docs`: writes the generated pages of docs/. test/docs.test.ts fails when they are stale.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorsPage, formatsPage } from './lib/generated-docs.mjs';
import { prepare, root, runMain } from './lib/workspace.mjs';

await runMain(async () => {
  await prepare();
  const core = await import('../packages/core/dist/index.js');
  const efsRaw = await import('../packages/efs-raw/dist/index.js');
  const ntfs = await import('../packages/ntfs/dist/index.js');
  const tape = await import('../packages/tape/dist/index.js');
  const vss = await import('../packages/vss/dist/index.js');
  writeFileSync(join(root, 'docs/errors.md'), errorsPage(core));
  writeFileSync(
    join(root, 'docs/formats.md'),
    formatsPage(core, [
      ['@winback/core', core.layouts],
      ['@winback/efs-raw', efsRaw.layouts],
      ['@winback/ntfs', ntfs.layouts],
      ['@winback/tape', tape.layouts],
      ['@winback/vss', vss.layouts],
    ]),
  );
  return 0;
});
