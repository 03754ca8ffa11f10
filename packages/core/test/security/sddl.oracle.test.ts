import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildSecurityDescriptor,
  isUnknownAce,
  parseSecurityDescriptor,
  securityDescriptorFromSddl,
  securityDescriptorToSddl,
  sidToString,
  type Acl,
  type KnownAce,
  type SecurityDescriptor,
} from '../../src/security/index.js';
import { defined } from './support/descriptors.js';
import { askSamba, audit, noAudit, noSamba } from './support/judges.js';
import { haveSamples, hiveDescriptors, hives, sample, volumeDescriptors, volumes } from './support/samples.js';
import { context, mask, sddlDescriptor, trustee } from './support/sddl-descriptors.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const noSamples = haveSamples ? '' : ' (skipped: WINBACK_SAMPLES names no folder of samples)';
const acesOf = (sd: SecurityDescriptor): readonly KnownAce[] =>
  [sd.dacl, sd.sacl].flatMap((acl) => acl?.aces ?? []).filter((ace): ace is KnownAce => !isUnknownAce(ace));

function withAcls(sd: SecurityDescriptor, change: (acl: Acl) => Acl): SecurityDescriptor {
  const { dacl, sacl, ...rest } = sd;
  const changed = (acl: Acl | null): Acl | null => acl && change(acl);
  return { ...rest, ...(dacl === undefined ? {} : { dacl: changed(dacl) }), ...(sacl === undefined ? {} : { sacl: changed(sacl) }) };
}

/** What SDDL has no words for, taken away: unused room, odd revisions, flags of lists that are not there or were defaulted. */
const asSddlSays = (sd: SecurityDescriptor): SecurityDescriptor => ({
  ...withAcls(sd, ({ aces }) => ({ aces })),
  control: sd.control & ((sd.dacl ? 0x1500 : 0) | (sd.sacl ? 0x2a00 : 0)),
});

/** As Samba writes it: in its own order of the parts, without unused room. */
const asSambaWrites = (sd: SecurityDescriptor): Uint8Array =>
  buildSecurityDescriptor({ ...withAcls(sd, ({ slack: _slack, ...acl }) => acl), order: ['owner', 'group', 'sacl', 'dacl'] });

/** From SDDL, Samba gives every ACL the revision 4. */
const asSambaReadsSddl = (sd: SecurityDescriptor): Uint8Array => asSambaWrites(withAcls(sd, (acl) => ({ ...acl, revision: 4 })));

/**
 * Samba 4.17 takes the right FA for 0x1ff and knows none of the registry's, so these are given to it as numbers. It has no words for
 * null ACLs, ML, SP, RA, TL and FL, callback ACEs (conditions) and the flag CR; it takes decimal and octal rights for 0, and
 * authorities of 2^32 and more, written with all their 12 digits, too; and the flags of a DACL without ACEs must not stand before S:.
 * Descriptors with those are not shown to it as SDDL.
 */
const NUMBERS: Readonly<Record<string, string>> = { FA: '0x1f01ff', KA: '0xf003f', KR: '0x20019', KW: '0x20006' };
const forSamba = (text: string): string =>
  text.replace(/\((\w+;\w*);(FA|KA|KR|KW);/g, (_all, start: string, right: string) => `(${start};${NUMBERS[right] ?? right};`);

const SAMBA_TYPES = new Set([0, 1, 2, 3, 5, 6, 7, 8]);
const CRITICAL = 0x20;
const sambaKnows = (sd: SecurityDescriptor): boolean =>
  sd.dacl !== null &&
  sd.sacl !== null &&
  !(sd.dacl?.aces.length === 0 && sd.sacl) &&
  acesOf(sd).every((ace) => SAMBA_TYPES.has(ace.type) && (ace.flags & CRITICAL) === 0);

const isSmall = (sid: SecurityDescriptor['owner']): boolean => (sid?.identifierAuthority ?? 0) < 2 ** 32;
const common = { flags: fc.nat(0xff).map((flags) => flags & ~CRITICAL), mask, sid: trustee.filter(isSmall) };
const maybeGuid = fc.option(fc.uuid(), { nil: undefined });
const sambaAce = fc
  .oneof(
    fc.record({ type: fc.constantFrom(0, 1, 2, 3), ...common }),
    fc.record({ type: fc.constantFrom(5, 6, 7, 8), ...common, objectType: maybeGuid, inheritedObjectType: maybeGuid }),
  )
  .map((ace) => defined<object>(ace) as KnownAce);
const sambaDescriptor = sddlDescriptor(sambaAce, false).filter((sd) => isSmall(sd.owner) && isSmall(sd.group) && sambaKnows(sd));

/** Without repetitions. */
async function samples(): Promise<Uint8Array[]> {
  const all = [...hives().flatMap(hiveDescriptors), ...(await Promise.all(volumes().map(volumeDescriptors))).flat()];
  return [sample('compression/libfwnt-security_descriptor.1'), ...new Map(all.map((bytes) => [hex(bytes), bytes])).values()];
}

describe.skipIf(noSamba)(`Samba${noSamba}`, () => {
  it('reads and writes the same bytes and the same SDDL for hundreds of generated descriptors', () => {
    const descriptors = fc.sample(sambaDescriptor, { numRuns: 800, seed: 1 });
    expect(descriptors.flatMap(acesOf).length).toBeGreaterThan(1000);
    const cases = descriptors.map((sd) => ({
      hex: hex(buildSecurityDescriptor(sd)),
      sddl: forSamba(securityDescriptorToSddl(sd, context)),
    }));
    askSamba(cases).forEach((answer, i) => {
      const sd = descriptors[i]!;
      const written = hex(asSambaWrites(sd));
      expect(answer, cases[i]!.sddl).toMatchObject({ hex: written, fromSddl: hex(asSambaReadsSddl(sd)) });
      expect(hex(asSambaWrites(securityDescriptorFromSddl(answer.sddl ?? '', context))), answer.sddl).toBe(written);
    });
  });

  it('knows the same SID for every alias', () => {
    const aliases =
      'AA AC AN AO AP AS AU BA BG BO BU CA CD CG CN CO CY DA DC DD DG DU EA ED EK ER ES HA HI IS IU KA LA LG LS LU LW ME MP MS MU NO NS NU ' +
      'OW PA PO PS PU RA RC RD RE RM RO RS RU SA SI SO SS SU SY UD WD WR';
    const cases = aliases.split(' ').map((alias) => {
      const sd = securityDescriptorFromSddl(`O:${alias}`, context);
      return { hex: hex(buildSecurityDescriptor(sd)), sddl: `O:${alias}` };
    });
    expect(askSamba(cases).map(({ fromSddl, sddl }) => [fromSddl, sddl])).toEqual(cases.map((one) => [one.hex, one.sddl]));
  });

  it.skipIf(noSamples)(
    `agrees about descriptors that Windows wrote${noSamples}`,
    async () => {
      const all = await samples();
      const parsed = all.map((bytes) => parseSecurityDescriptor(bytes));
      const cases = all.map((bytes, i) => {
        const sd = parsed[i]!;
        return { hex: hex(bytes), ...(sambaKnows(sd) ? { sddl: forSamba(securityDescriptorToSddl(sd, context)) } : {}) };
      });
      askSamba(cases).forEach((answer, i) => {
        const sd = parsed[i]!;
        expect(answer.hex, answer.readError).toBe(hex(asSambaWrites(sd)));
        if (!sambaKnows(sd)) return;
        expect(answer.fromSddl, answer.parseError).toBe(hex(asSambaReadsSddl(asSddlSays(sd))));
        expect(hex(asSambaWrites(securityDescriptorFromSddl(answer.sddl ?? '', context)))).toBe(hex(asSambaWrites(asSddlSays(sd))));
      });
      expect(parsed.filter(sambaKnows).length).toBeGreaterThan(300);
    },
    60_000,
  );
});

/** The same as `audit` says. */
const told = (sd: SecurityDescriptor): readonly string[] => [
  ...[sd.owner, sd.group].flatMap((sid) => (sid ? [sidToString(sid)] : [])),
  ...acesOf(sd).flatMap((ace) => [
    `type ${String(ace.type)}`,
    `flags ${ace.flags.toString(16)}`,
    `mask ${ace.mask.toString(16)}`,
    sidToString(ace.sid),
  ]),
];

describe.skipIf(noAudit)(`ntfssecaudit${noAudit}`, () => {
  it.skipIf(noSamples)(
    `reads the same in descriptors that Windows wrote${noSamples}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'winback-audit-'));
      try {
        const some = (await samples()).filter((_, i) => i % 10 === 0);
        expect(some.length).toBeGreaterThan(50);
        for (const bytes of some) expect(audit(join(folder, 'dump'), bytes), hex(bytes)).toEqual(told(parseSecurityDescriptor(bytes)));
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    60_000,
  );
});
