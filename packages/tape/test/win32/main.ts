// The process of Windows' Node.js that runs the cases: one line of JSON for each.
import { RESULT_MARK, runCase } from './case.js';
import { windowsCases } from './cases/index.js';

const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length);
for (const testCase of windowsCases.filter(({ name }) => only === undefined || name.includes(only))) {
  console.log(RESULT_MARK + JSON.stringify(await runCase(testCase)));
}
