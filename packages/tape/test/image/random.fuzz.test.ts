import fc from 'fast-check';
import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { answer, step } from '../support/random-calls.js';
import { driver, newPath, open } from './support/images.js';
import { ModelDrive } from './support/model-drive.js';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300);

for (const [name, limits] of [
  ['tape.wbtape', { setmarks: true, partitions: true }],
  ['tape.tap', { setmarks: false, partitions: false }],
] as const) {
  it(`does what the model does, whatever it is told (${name}, ${String(RUNS)} runs of up to 80 calls)`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const path = newPath(name);
        let drive = open(path);
        const model = new ModelDrive(limits);
        try {
          for (const [index, [what, run]] of steps.entries()) {
            if (what === 'reopen' && drive.getTapeStatus() === 0) {
              drive[Symbol.dispose]();
              drive = driver.open(path, { mode: 'write' });
              model.reopen();
              continue;
            }
            // What a SIMH image cannot keep the model need not know either.
            if (!limits.setmarks && what.startsWith('setmarks')) continue;
            expect([index, what, answer(drive, run)]).toEqual([index, what, answer(model, run)]);
          }
        } finally {
          drive[Symbol.dispose]();
          rmSync(path);
        }
      }),
      { numRuns: RUNS },
    );
  }, 600_000);
}
