import { describe, expect, it } from 'vitest';
import {
  buildAcl,
  buildSecurityDescriptor,
  buildSid,
  isUnknownAce,
  parseAcl,
  parseSecurityDescriptor,
  parseSid,
  securityDescriptorFromSddl,
  securityDescriptorToSddl,
  sidToString,
  type Acl,
  type SecurityDescriptor,
} from '../../src/security/index.js';
import { haveSamples, hiveDescriptors, hives, sample, volumeDescriptors, volumes } from './support/samples.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What SDDL has no words for, taken away: unused room, odd revisions, flags of lists that are not there or were defaulted. */
function asSddlSays(sd: SecurityDescriptor): SecurityDescriptor {
  const acl = (value: Acl | null): Acl | null => value && { aces: value.aces };
  const told = (sd.dacl === undefined ? 0 : 0x1500) | (sd.sacl === undefined ? 0 : 0x2a00);
  const { dacl, sacl, order: _order, ...rest } = sd;
  return {
    ...rest,
    control: sd.control & told,
    ...(dacl === undefined ? {} : { dacl: acl(dacl) }),
    ...(sacl === undefined ? {} : { sacl: acl(sacl) }),
  };
}

/** Counts what the descriptors have in them, so that a test can tell that it saw something. */
function check(descriptors: readonly Uint8Array[]): { withSacl: number; withSlack: number; nullSacl: number } {
  const seen = { withSacl: 0, withSlack: 0, nullSacl: 0 };
  for (const bytes of descriptors) {
    const sd = parseSecurityDescriptor(bytes);
    expect(hex(buildSecurityDescriptor(sd))).toBe(hex(bytes));
    const text = securityDescriptorToSddl(bytes);
    expect(hex(buildSecurityDescriptor(securityDescriptorFromSddl(text))), text).toBe(hex(buildSecurityDescriptor(asSddlSays(sd))));
    expect(securityDescriptorToSddl(securityDescriptorFromSddl(text))).toBe(text);
    expect([...(sd.dacl?.aces ?? []), ...(sd.sacl?.aces ?? [])].some(isUnknownAce)).toBe(false);
    if (sd.sacl) seen.withSacl++;
    if (sd.sacl === null) seen.nullSacl++;
    if (sd.dacl?.slack) seen.withSlack++;
  }
  return seen;
}

describe.skipIf(!haveSamples)('security descriptors that Windows wrote (skipped: WINBACK_SAMPLES names no folder of samples)', () => {
  it('single structures come back as the same bytes', () => {
    const one = sample('compression/libfwnt-security_descriptor.1');
    expect(hex(buildSecurityDescriptor(parseSecurityDescriptor(one)))).toBe(hex(one));
    expect(securityDescriptorToSddl(one)).toBe('O:S-1-5-21-1757981266-484763869-1060284298-1003G:BAD:(A;;0x12019f;;;SY)(A;;0x12019f;;;BA)');
    const acl = sample('compression/libfwnt-access_control_list.1');
    expect(hex(buildAcl(parseAcl(acl)))).toBe(hex(acl));
    expect(hex(acl).slice(16, 56)).toBe(hex(sample('compression/libfwnt-access_control_entry.1')));
    const sid = sample('compression/libfwnt-security_identifier.1');
    expect(hex(buildSid(parseSid(sid)))).toBe(hex(sid));
    expect(sidToString(parseSid(sid))).toBe('S-1-5-21-623811015-3229964156-30300820-1013');
  });

  it('the sk cells of registry hives come back as the same bytes, and as SDDL', () => {
    const all = hives().flatMap(hiveDescriptors);
    expect(all.length).toBeGreaterThan(1900);
    const seen = check(all);
    expect(seen.withSacl).toBeGreaterThan(200);
    expect(seen.nullSacl).toBeGreaterThan(100);
    expect(seen.withSlack).toBeGreaterThan(200);
  });

  it('$Secure:$SDS of NTFS volumes comes back as the same bytes, and as SDDL', async () => {
    const lists = await Promise.all(volumes().map(volumeDescriptors));
    expect(lists.flat().length).toBeGreaterThan(40);
    check(lists.flat());
  });
});
