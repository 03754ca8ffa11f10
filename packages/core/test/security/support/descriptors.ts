import fc from 'fast-check';
import {
  AceType,
  type Ace,
  type Acl,
  type KnownAce,
  type SecurityDescriptor,
  type SecurityDescriptorPart,
  type Sid,
} from '../../../src/security/index.js';

/** Values that the parser gives: nothing left to defaults, so that what is read again can be compared with them. */
export const u8 = fc.integer({ min: 0, max: 0xff });
export const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const words = (minimum: number, maximum: number): fc.Arbitrary<Uint8Array> =>
  fc.array(u32, { minLength: minimum, maxLength: maximum }).map((list) => new Uint8Array(new Uint32Array(list).buffer));

export const sid: fc.Arbitrary<Sid> = fc.record({
  identifierAuthority: fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 2 ** 48 - 1 })),
  subAuthorities: fc.array(u32, { maxLength: 15 }),
});

const OBJECT_TYPES = [5, 6, 7, 8, 0x0b, 0x0c, 0x0f, 0x10];
const OTHER_TYPES = [0, 1, 2, 3, 9, 0x0a, 0x0d, 0x0e, 0x11, 0x12, 0x13, 0x14, 0x15];
export const UNKNOWN_TYPES = [AceType.ACCESS_ALLOWED_COMPOUND, 0x16, 0x7f, 0xff];

/** An object without the properties that are undefined. */
export const defined = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const nonZero = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

const otherAce = fc
  .record({ type: fc.constantFrom(...OTHER_TYPES), flags: u8, mask: u32, sid, applicationData: maybe(words(1, 5)) })
  .map((ace) => defined(ace) as KnownAce);
const objectAce = fc
  .record({
    type: fc.constantFrom(...OBJECT_TYPES),
    flags: u8,
    mask: u32,
    objectType: maybe(fc.uuid()),
    inheritedObjectType: maybe(fc.uuid()),
    objectFlags: maybe(nonZero(0x3fff_ffff).map((n) => n * 4)),
    sid,
    applicationData: maybe(words(1, 5)),
  })
  .map((ace) => defined(ace) as KnownAce);
const unknownAce = fc.record({ type: fc.constantFrom(...UNKNOWN_TYPES), flags: u8, body: words(0, 10) });
const ace: fc.Arbitrary<Ace> = fc.oneof(otherAce, objectAce, unknownAce);

const acl = fc
  .record({
    revision: u8,
    aces: fc.array(ace, { maxLength: 6 }),
    slack: maybe(words(1, 5)),
    sbz1: maybe(nonZero(0xff)),
    sbz2: maybe(nonZero(0xffff)),
  })
  .map((value) => defined(value) as Acl);

const PARTS: readonly SecurityDescriptorPart[] = ['sacl', 'dacl', 'owner', 'group'];
const SELF_RELATIVE = 0x8000;
const PRESENT = { dacl: 0x04, sacl: 0x10 };

/** With the order and the control flags that go with its parts. */
export function withFlags(
  value: Omit<SecurityDescriptor, 'order'>,
  order: readonly SecurityDescriptorPart[] = PARTS,
): Required<Pick<SecurityDescriptor, 'order'>> & SecurityDescriptor {
  const present = (value.dacl === undefined ? 0 : PRESENT.dacl) | (value.sacl === undefined ? 0 : PRESENT.sacl);
  const control = (value.control & ~(PRESENT.dacl | PRESENT.sacl)) | present | SELF_RELATIVE;
  return { ...value, control, order: order.filter((part) => value[part]) };
}

export const descriptor: fc.Arbitrary<SecurityDescriptor> = fc
  .record({
    revision: fc.constant(1),
    resourceManagerControl: u8,
    control: fc.integer({ min: 0, max: 0xffff }),
    owner: maybe(sid),
    group: maybe(sid),
    sacl: maybe(fc.option(acl)),
    dacl: maybe(fc.option(acl)),
    order: fc.shuffledSubarray([...PARTS], { minLength: 4 }),
  })
  .map(({ order, ...value }) => withFlags(defined(value), order));
