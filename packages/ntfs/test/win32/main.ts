// The process that runs the cases on Windows, and under Wine: one line of JSON for each.
import { RESULT_MARK } from './case.js';
import { windowsCases } from './cases/index.js';
import { runCases } from './run-cases.js';

const underWine = process.argv.includes('--wine');
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length);
const cases = windowsCases.filter(({ name }) => only === undefined || name.includes(only));
for await (const result of runCases(cases, underWine)) console.log(RESULT_MARK + JSON.stringify(result));
