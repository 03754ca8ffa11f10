// A vitest reporter that writes what really happened to the file named in WINBACK_TEST_RESULTS, for the closing line of `npm test`.
import { writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

export default class ResultsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const results = { passed: 0, failures: failuresOf('outside of every test', unhandledErrors), skips: [] };
    for (const module of modules) {
      results.failures.push(...failuresOf(nameOf(module), module.errors()));
      for (const test of module.children.allTests()) count(results, module, test);
      for (const suite of module.children.allSuites()) results.failures.push(...failuresOf(nameOf(module, suite), suite.errors()));
    }
    writeFileSync(process.env['WINBACK_TEST_RESULTS'], JSON.stringify(results));
  }
}

/** One failure for each error; a suite's or module's errors are not those of its tests. */
function failuresOf(name, errors) {
  return errors.map((error) => ({ test: name, error: tell(error) }));
}

/** The whole of what an error says, and the first place in this repository that it names. */
function tell({ name, message, diff, stacks, stack }) {
  const place = stacks?.[0]
    ? `at ${stacks[0].file}:${stacks[0].line}:${stacks[0].column}`
    : stack
        ?.split('\n')
        .find((line) => /^\s+at /.test(line))
        ?.trim();
  return stripVTControlCharacters([`${name}: ${message}`, diff, place].filter(Boolean).join('\n'));
}

const nameOf = (module, { fullName } = {}) => [`${module.project.name}: ${module.relativeModuleId}`, fullName].filter(Boolean).join(' > ');

function count(results, module, test) {
  const { state, note, errors } = test.result();
  if (state === 'passed') results.passed++;
  else if (state === 'skipped') {
    const reason = note ?? test.meta().skipReason ?? (test.options.mode === 'todo' ? 'not written yet' : reasonInName(test.fullName));
    results.skips.push({ test: nameOf(module, test), reason });
  } else {
    const error = errors?.map(tell).join('\n') || 'begun and never finished';
    results.failures.push({ test: nameOf(module, test), error, milliseconds: Math.round(test.diagnostic()?.duration ?? 0) });
  }
}

/** `… (needs root)`, `… (skipped: no such program)`: the last brackets of a name tell the reason where nothing else does. */
function reasonInName(name) {
  return /^.*\((?:skipped: )?([^()]+)\)/s.exec(name)?.[1] ?? 'no reason given';
}
