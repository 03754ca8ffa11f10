import { bytesToText } from '@winback/core';
import { fileAttributeNames, hexOf, isoTime, objectIdGuids, reparseFacts } from './volume-fact-names.js';
import type { VolumeFile } from './volume-file.js';
import { securityFacts } from './volume-security.js';
import type { StreamSummary } from './volume-stream-summary.js';

/** Everything known of a file, for programs; bytes as hexadecimal digits. Facts that a file does not have are absent. */
export function factsDocument({ path, driver, volume, opened }: VolumeFile, streams: readonly StreamSummary[]): object {
  const { entry } = opened;
  const { posix, objectId, reparseData, securityDescriptor, extendedAttributes, efsMetadata } = entry;
  const times = Object.entries(entry.times).flatMap(([name, time]) => (time === undefined ? [] : [[name, isoTime(time as bigint)]]));
  return {
    path,
    volume: { ...volume.identity, driver: driver.name },
    pathOnVolume: entry.path,
    kind: entry.kind,
    attributes: fileAttributeNames(entry.attributes),
    size: entry.size,
    times: Object.fromEntries(times) as object,
    fileId: entry.fileId,
    linkCount: entry.linkCount,
    shortName: entry.shortName,
    objectId: objectId && objectIdGuids(objectId),
    posix: posix && {
      userId: posix.userId,
      groupId: posix.groupId,
      mode: posix.mode,
      device: posix.device,
      xattrs: [...(posix.xattrs ?? [])].map(([name, value]) => ({ name, value: hexOf(value), ...textOf(value) })),
    },
    extendedAttributes: extendedAttributes?.map(({ name, flags, value }) => ({ name, flags, value: hexOf(value), ...textOf(value) })),
    reparsePoint: reparseData && { ...reparseFacts(reparseData), data: hexOf(reparseData) },
    linkTarget: entry.linkTarget,
    securityDescriptor: securityDescriptor && { ...securityFacts(securityDescriptor), bytes: hexOf(securityDescriptor) },
    efsMetadata: efsMetadata && hexOf(efsMetadata),
    streams,
  };
}

/** What bytes say, where they are text. */
function textOf(bytes: Uint8Array): { text?: string } {
  const text = bytesToText(bytes);
  return /^[^\p{Cc}\p{Cs}\p{Cn}]*$/u.test(text) ? { text } : {};
}
