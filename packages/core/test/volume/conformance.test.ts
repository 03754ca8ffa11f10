import { describe, it } from 'vitest';
import { runSuite, volumeSuite, type VolumeHarness } from '../../src/testing/index.js';
import { driver, makeFolder, removeFolder } from './linux.js';

const probe = driver.probe();

function harness(): VolumeHarness {
  const folder = makeFolder();
  const recovery = driver.openRecovery(folder, { overwrite: 'overwrite' });
  const { capabilities } = recovery;
  recovery[Symbol.dispose]();
  return { driver, folder, capabilities, dispose: () => removeFolder(folder) };
}

if (probe.available) {
  const first = harness();
  runSuite({ describe, it }, volumeSuite, 'portable', [...first.capabilities], harness);
  void first.dispose?.();
} else {
  it.skip(`VolumeDriver: portable (${probe.reason})`, () => undefined);
}
