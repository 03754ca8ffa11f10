// The process that runs the cases in the machine with tape drives: one line of JSON for each.
import { RESULT_MARK, SkipCase, type StCase, type StResult } from './case.js';
import { stCases } from './cases.js';

async function outcome({ name, run }: StCase): Promise<StResult> {
  try {
    await run();
    return { name, outcome: 'passed' };
  } catch (error) {
    if (error instanceof SkipCase) return { name, outcome: 'skipped', text: error.message };
    return { name, outcome: 'failed', text: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length);
for (const testCase of stCases.filter(({ name }) => only === undefined || name.includes(only))) {
  const start = performance.now();
  const result = await outcome(testCase);
  console.log(RESULT_MARK + JSON.stringify({ ...result, milliseconds: Math.round(performance.now() - start) }));
}
