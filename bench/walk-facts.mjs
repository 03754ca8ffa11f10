// Walks a folder and asks for every file's facts, as a plan does; with `--all`, for all of them, as a backup does, without content.
import { all, createContainer, VOLUME_DRIVER } from '../packages/core/dist/index.js';
import core from '../packages/core/dist/plugin.js';
import { MountedNtfsDriver } from '../packages/ntfs/dist/index.js';
import ntfs from '../packages/ntfs/dist/plugin.js';

const [folder, ...how] = process.argv.slice(2);
const through = how.includes('--through-mount') ? [new MountedNtfsDriver(undefined, undefined, false)] : undefined;
const drivers = (through ?? all(createContainer([core, ntfs]), VOLUME_DRIVER)).filter((driver) => driver.probe().available);
for (const driver of drivers.sort((a, b) => b.priority - a.priority)) {
  const located = driver.locate(folder);
  if (!located) continue;
  const volume = driver.open(located.volume, located.volume.root);
  let files = 0;
  const started = performance.now();
  for (const { nodes } of volume.walk(located.path)) {
    for (const node of nodes) {
      if (how.includes('--all')) node.open().streams.close();
      else node.facts();
      files++;
    }
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ driver: driver.name, files, seconds, perSecond: Math.round(files / seconds) }));
  break;
}
