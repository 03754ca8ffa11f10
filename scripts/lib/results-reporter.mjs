// A vitest reporter that writes what really happened to the file named in WINBACK_TEST_RESULTS, for the closing line of `npm test`.
import { writeFileSync } from 'node:fs';

export default class ResultsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const results = { passed: 0, failed: unhandledErrors.length, skips: [] };
    for (const module of modules) {
      results.failed += module.errors().length;
      for (const test of module.children.allTests()) count(results, module, test);
      for (const suite of module.children.allSuites()) results.failed += suite.errors().length;
    }
    writeFileSync(process.env['WINBACK_TEST_RESULTS'], JSON.stringify(results));
  }
}

function count(results, module, test) {
  const { state, note } = test.result();
  if (state === 'passed') results.passed++;
  else if (state === 'skipped') {
    const reason = note ?? test.meta().skipReason ?? (test.options.mode === 'todo' ? 'not written yet' : reasonInName(test.fullName));
    results.skips.push({ test: `${module.project.name}: ${module.relativeModuleId} > ${test.fullName}`, reason });
  } else results.failed++; // 'failed', and 'pending': begun and never finished
}

/** `… (needs root)`, `… (skipped: no such program)`: the last brackets of a name tell the reason where nothing else does. */
function reasonInName(name) {
  return /^.*\((?:skipped: )?([^()]+)\)/s.exec(name)?.[1] ?? 'no reason given';
}
