import { FormatError } from '../errors/index.js';
import { buildAcl, parseAcl, type Acl } from './acl.js';
import { SecurityDescriptorControl as Control, SecurityDescriptorHeader } from './security-descriptor.layout.js';
import { buildSid, parseSid, type Sid } from './sid.js';

const REVISION = 1;

/** What stands behind the header of a self-relative descriptor. */
export type SecurityDescriptorPart = 'owner' | 'group' | 'sacl' | 'dacl';

/** The order in which Windows writes them (MS-DTYP 2.4.6, product behaviour). */
const WINDOWS_ORDER: readonly SecurityDescriptorPart[] = ['sacl', 'dacl', 'owner', 'group'];

/** Who owns an object, who may do what with it, and what is audited. */
export interface SecurityDescriptor {
  /** 1 where it is not given. */
  readonly revision?: number;
  /** Sbz1: the resource manager control bits, where the control flag RM_CONTROL_VALID is set. 0 where it is not given. */
  readonly resourceManagerControl?: number;
  /**
   * SecurityDescriptorControl, added up. On write SELF_RELATIVE is set, and DACL_PRESENT and SACL_PRESENT are made to agree with
   * `dacl` and `sacl`.
   */
  readonly control: number;
  readonly owner?: Sid;
  readonly group?: Sid;
  /** Audit rules and labels: absent (undefined), a null ACL (null), or a list. */
  readonly sacl?: Acl | null;
  /** Who may do what: absent (undefined), a null ACL, which allows everything to everyone (null), or a list; an empty one allows nothing. */
  readonly dacl?: Acl | null;
  /** The order of the parts in the bytes; Windows' own where it is not given. Has no meaning. */
  readonly order?: readonly SecurityDescriptorPart[];
}

type Header = ReturnType<typeof SecurityDescriptorHeader.decode>;
const OFFSET_FIELD = { owner: 'offsetOwner', group: 'offsetGroup', sacl: 'offsetSacl', dacl: 'offsetDacl' } as const;

/**
 * Reads a self-relative security descriptor. Every ACE, flag and reserved byte is kept, so that {@link buildSecurityDescriptor}
 * gives the same bytes again where the parts follow one another without gaps, in whatever order. Where they do not (gaps, parts
 * that share bytes, bytes behind the last part, a part that the control flags call absent) it gives another encoding of the same
 * meaning. `origin` is added to offsets in errors.
 * @throws FORMAT_SHORT, FORMAT_RANGE, FORMAT_UNSUPPORTED
 */
export function parseSecurityDescriptor(bytes: Uint8Array, origin = 0): SecurityDescriptor {
  const head = SecurityDescriptorHeader.decode(bytes, 0, origin);
  checkHeader(head, origin);
  const start = (part: SecurityDescriptorPart): number | undefined => partOffset(head, part, origin);
  const owner = start('owner');
  const group = start('group');
  const acl = (part: 'sacl' | 'dacl', present: number): Acl | null | undefined => {
    if ((head.control & present) === 0) return undefined;
    const at = start(part);
    return at === undefined ? null : parseAcl(bytes, at, origin);
  };
  const sacl = acl('sacl', Control.SACL_PRESENT);
  const dacl = acl('dacl', Control.DACL_PRESENT);
  return {
    revision: head.revision,
    resourceManagerControl: head.sbz1,
    control: head.control,
    ...(owner === undefined ? {} : { owner: parseSid(bytes, owner, origin) }),
    ...(group === undefined ? {} : { group: parseSid(bytes, group, origin) }),
    ...(sacl === undefined ? {} : { sacl }),
    ...(dacl === undefined ? {} : { dacl }),
    order: WINDOWS_ORDER.filter((part) => head[OFFSET_FIELD[part]] !== 0).sort((a, b) => head[OFFSET_FIELD[a]] - head[OFFSET_FIELD[b]]),
  };
}

function checkHeader(head: Header, origin: number): void {
  const place = (field: keyof Header) => ({
    struct: SecurityDescriptorHeader.name,
    field,
    offset: origin + SecurityDescriptorHeader.offsetOf(field),
    actual: head[field],
  });
  if (head.revision !== REVISION)
    throw new FormatError('FORMAT_RANGE', `expected 1, found ${String(head.revision)}`, { ...place('revision'), expected: REVISION });
  if ((head.control & Control.SELF_RELATIVE) === 0)
    throw new FormatError(
      'FORMAT_UNSUPPORTED',
      'the descriptor is in absolute form, whose parts are elsewhere in memory',
      place('control'),
    );
}

function partOffset(head: Header, part: SecurityDescriptorPart, origin: number): number | undefined {
  const field = OFFSET_FIELD[part];
  const offset = head[field];
  if (offset === 0) return undefined;
  if (offset < SecurityDescriptorHeader.size || offset % 4 !== 0) {
    throw new FormatError('FORMAT_RANGE', `${String(offset)} is inside the header or no multiple of 4`, {
      struct: SecurityDescriptorHeader.name,
      field,
      offset: origin + SecurityDescriptorHeader.offsetOf(field),
      expected: 'multiple of 4 from 20',
      actual: offset,
    });
  }
  return offset;
}

/**
 * Writes a self-relative security descriptor, its parts without gaps.
 * @throws FORMAT_RANGE when a number does not fit its field, or an ACE or ACL is over 65535 bytes
 */
export function buildSecurityDescriptor(sd: SecurityDescriptor): Uint8Array {
  const parts = {
    owner: sd.owner && buildSid(sd.owner),
    group: sd.group && buildSid(sd.group),
    sacl: sd.sacl ? buildAcl(sd.sacl) : undefined,
    dacl: sd.dacl ? buildAcl(sd.dacl) : undefined,
  };
  const offsets = { owner: 0, group: 0, sacl: 0, dacl: 0 };
  const tail: Uint8Array[] = [];
  let next = SecurityDescriptorHeader.size;
  for (const part of new Set([...(sd.order ?? []), ...WINDOWS_ORDER])) {
    const bytes = parts[part];
    if (!bytes) continue;
    offsets[part] = next;
    next += bytes.length;
    tail.push(bytes);
  }
  const head = SecurityDescriptorHeader.encode({
    revision: sd.revision ?? REVISION,
    sbz1: sd.resourceManagerControl ?? 0,
    control: controlOf(sd),
    offsetOwner: offsets.owner,
    offsetGroup: offsets.group,
    offsetSacl: offsets.sacl,
    offsetDacl: offsets.dacl,
  });
  return new Uint8Array(Buffer.concat([head, ...tail]));
}

function controlOf(sd: SecurityDescriptor): number {
  const present = (sd.dacl === undefined ? 0 : Control.DACL_PRESENT) | (sd.sacl === undefined ? 0 : Control.SACL_PRESENT);
  return (sd.control & ~(Control.DACL_PRESENT | Control.SACL_PRESENT)) | present | Control.SELF_RELATIVE;
}
