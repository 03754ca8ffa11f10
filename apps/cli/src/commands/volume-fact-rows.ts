import type { FileEntry } from '@winback/core';
import { formatCount, plural } from '../terminal/format.js';
import { fileAttributeNames, hexOf, isoTime, modeText, objectIdGuids, reparseFacts, TIME_NAMES } from './volume-fact-names.js';
import type { VolumeFile } from './volume-file.js';
import { securityFacts, type NamedSid } from './volume-security.js';
import type { StreamSummary } from './volume-stream-summary.js';

/** Bytes of a value, and ranges of a stream, that are shown; --json has all. */
const VALUE_LIMIT = 64;
const RANGE_LIMIT = 8;

type Row = readonly [name: string, value: string];

/** Everything known of a file, in words. Values are not made safe to print. */
export function factRows({ path, driver, volume, opened }: VolumeFile, streams: readonly StreamSummary[]): Row[] {
  const { entry } = opened;
  const { root, fileSystem, device } = volume.identity;
  return [
    ['path', path],
    ['volume', `${root} (${fileSystem} on ${device}, through ${driver.name})`],
    ['kind', entry.kind === 'directory' ? 'folder' : entry.kind.replaceAll('-', ' ')],
    ['attributes', fileAttributeNames(entry.attributes).join(', ') || 'none'],
    ['size', plural(entry.size, 'byte')],
    ...timeRows(entry),
    ...when('file id', entry.fileId, String),
    ['links', formatCount(entry.linkCount)],
    ...when('short name', entry.shortName, (name) => name),
    ...when('object id', entry.objectId, (bytes) => Object.values(objectIdGuids(bytes)).join(' ')),
    ...posixRows(entry),
    ...(entry.extendedAttributes ?? []).map(({ name, flags, value }): Row => {
      return ['extended attribute', `${name}${flags === 0 ? '' : ` (flags 0x${flags.toString(16)})`} ${valueText(value)}`];
    }),
    ...when('reparse point', entry.reparseData, reparseText),
    ...when('link target', entry.linkTarget, (target) => target),
    ...securityRows(entry),
    ...when('EFS metadata', entry.efsMetadata, valueText),
    ...streams.map((stream): Row => ['stream', streamText(stream)]),
  ];
}

const when = <T>(name: string, value: T | undefined, text: (value: T) => string): Row[] =>
  value === undefined ? [] : [[name, text(value)]];

const timeRows = ({ times }: FileEntry): Row[] =>
  Object.entries(TIME_NAMES).flatMap(([key, name]) => when(name, times[key as keyof typeof times], isoTime));

function securityRows({ securityDescriptor }: FileEntry): Row[] {
  if (!securityDescriptor) return [];
  const { sddl, problem = '', owner, group, others = [] } = securityFacts(securityDescriptor);
  const shown = ({ sid, name }: NamedSid): string => (name === undefined ? sid : `${name} (${sid})`);
  return [
    ['security', sddl === undefined ? `${hexOf(securityDescriptor)}: ${problem}` : sddl || 'a descriptor with nothing in it'],
    ...when('its owner', owner, shown),
    ...when('its group', group, shown),
    ...others.map((sid): Row => ['it names', shown(sid)]),
  ];
}

function posixRows({ posix }: FileEntry): Row[] {
  if (!posix) return [];
  const { userId, groupId, mode, device, xattrs } = posix;
  return [
    ['owner', `user ${userId}, group ${groupId}`],
    ['mode', `0${(mode & 0o7777).toString(8)} ${modeText(mode)}`],
    ...when('device', device, ({ major, minor }) => `${major}, ${minor}`),
    ...[...(xattrs ?? [])].map(([name, value]): Row => ['POSIX attribute', `${name} ${valueText(value)}`]),
  ];
}

function reparseText(data: Uint8Array): string {
  const facts = reparseFacts(data);
  if (!facts) return `${hexOf(data)}, which is too short to have a tag`;
  const target = facts.target === undefined ? '' : ` to ${facts.target}`;
  return `${facts.name ?? 'unknown'} (0x${facts.tag.toString(16)})${target}, ${plural(data.length, 'byte')}`;
}

/** A text in quotes where it is plain; other bytes as hexadecimal digits, the first of them. */
function valueText(value: Uint8Array): string {
  const isPlain = value.length > 0 && value.every((byte) => byte >= 0x20 && byte < 0x7f);
  const shown = value.subarray(0, VALUE_LIMIT);
  const more = value.length > VALUE_LIMIT ? ` and ${formatCount(value.length - VALUE_LIMIT)} bytes more` : '';
  return (
    (isPlain ? `= ${JSON.stringify(Buffer.from(shown).toString('latin1'))}` : `${plural(value.length, 'byte')} ${hexOf(shown)}`.trimEnd()) +
    more
  );
}

function streamText({ stream, name, attributes, size, allocated, rangeCount = 0, ranges = [] }: StreamSummary): string {
  const named = name === undefined ? stream : `${stream} ${name}`;
  const flags = attributes.length === 0 ? '' : ` (${attributes.join(', ')})`;
  const text = `${named}${flags}: ${plural(size, 'byte')}`;
  if (allocated === undefined) return text;
  const shown = ranges.slice(0, RANGE_LIMIT).map(({ offset, length }) => `${formatCount(offset)} to ${formatCount(offset + length)}`);
  const more = rangeCount > RANGE_LIMIT ? [`${formatCount(rangeCount - RANGE_LIMIT)} more`] : [];
  const where = rangeCount === 0 ? '' : `: ${[...shown, ...more].join('; ')}`;
  return `${text}, ${formatCount(allocated)} of them in ${plural(rangeCount, 'range')}${where}`;
}
