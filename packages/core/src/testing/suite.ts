/** A contract as data: the same cases run under Vitest, node:test and `winback driver check`. */
export interface Case<H, C extends string> {
  readonly name: string;
  /** Capabilities that the case needs; where the driver does not declare them it is skipped, and said so. */
  readonly needs?: readonly C[];
  readonly run: (harness: H) => Promise<void> | void;
}

export interface Suite<H, C extends string> {
  readonly name: string;
  readonly cases: readonly Case<H, C>[];
}

export const suite = <H, C extends string>(name: string, cases: readonly Case<H, C>[]): Suite<H, C> => ({ name, cases });

export interface Harness<C extends string> {
  readonly capabilities: ReadonlySet<C>;
  dispose?(): Promise<void> | void;
}

/** What `describe` and `it` of any test runner can do. */
export interface Runner {
  describe(name: string, body: () => void): unknown;
  it: {
    (name: string, body: () => Promise<void> | void): unknown;
    skip(name: string, body: () => void): unknown;
  };
}

/** Runs a suite under a test runner. `CONFORMANCE_REQUIRE=label,label` turns skips of those labels into failures. */
export function runSuite<C extends string, H extends Harness<C>>(
  runner: Runner,
  contract: Suite<H, C>,
  label: string,
  capabilities: readonly C[],
  make: () => Promise<H> | H,
): void {
  const required = new Set((process.env['CONFORMANCE_REQUIRE'] ?? '').split(',').filter(Boolean));
  runner.describe(`${contract.name}: ${label}`, () => {
    for (const testCase of contract.cases) {
      const missing = (testCase.needs ?? []).filter((need) => !capabilities.includes(need));
      if (missing.length > 0 && !required.has(label)) {
        runner.it.skip(`${testCase.name} (${label} has no ${missing.join(', ')})`, () => undefined);
        continue;
      }
      runner.it(testCase.name, async () => {
        if (missing.length > 0) throw new TypeError(`${label} may not skip: lacks ${missing.join(', ')}`);
        const harness = await make();
        try {
          await testCase.run(harness);
        } finally {
          await harness.dispose?.();
        }
      });
    }
  });
}

export interface CheckResult {
  readonly name: string;
  readonly outcome: 'passed' | 'skipped' | 'failed';
  readonly reason?: string;
  readonly error?: unknown;
}

/** Runs a suite without a test runner. */
export async function* checkSuite<C extends string, H extends Harness<C>>(
  contract: Suite<H, C>,
  make: () => Promise<H> | H,
): AsyncGenerator<CheckResult> {
  for (const testCase of contract.cases) {
    const { name } = testCase;
    let harness: H | undefined;
    try {
      harness = await make();
      const { capabilities } = harness;
      const missing = (testCase.needs ?? []).filter((need) => !capabilities.has(need));
      if (missing.length > 0) {
        yield { name, outcome: 'skipped', reason: `no ${missing.join(', ')}` };
        continue;
      }
      await testCase.run(harness);
      yield { name, outcome: 'passed' };
    } catch (error) {
      yield { name, outcome: 'failed', error };
    } finally {
      await harness?.dispose?.();
    }
  }
}
