import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { IMAGE_KINDS, mountImage, runSuite, volumeSuite, type VolumeHarness } from '@winback/core/testing';
import { MountedNtfsDriver } from '../../src/index.js';
import { NTFS_CAPABILITIES } from '../../src/mounted/mounted-reading.js';

const driver = new MountedNtfsDriver();

for (const streams of ['xattr', 'windows']) {
  const label = `ntfs-3g with streams_interface=${streams}`;
  const mounted = mountImage({ ...IMAGE_KINDS.ntfs, options: `streams_interface=${streams},special_files=wsl` });
  if ('reason' in mounted) {
    it.skip(`VolumeDriver: ${label} (${mounted.reason})`, () => undefined);
    continue;
  }
  afterAll(mounted.unmount);
  const harness = (): VolumeHarness => {
    const folder = mkdtempSync(join(mounted.folder, 'case-'));
    return { driver, folder, capabilities: NTFS_CAPABILITIES, dispose: () => void execFileSync('rm', ['-rf', folder]) };
  };
  runSuite({ describe, it }, volumeSuite, label, [...NTFS_CAPABILITIES], harness);
}
