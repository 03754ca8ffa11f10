import { DescriptorSense, FixedSense, InformationDescriptor, SenseDescriptor, StreamDescriptor } from './sense.layout.js';

/** Sense data of either format. */
export interface Sense {
  readonly key: number;
  readonly asc: number;
  readonly ascq: number;
  readonly filemark: boolean;
  readonly endOfMedium: boolean;
  /** ILI: the block has another length. */
  readonly incorrectLength: boolean;
  /** What was asked for less what was done, in the units of the command; undefined where the device does not tell. */
  readonly information: number | undefined;
  /** Of a command before this one, which was answered too early. This one was not carried out. */
  readonly deferred: boolean;
}

const Flag = { FILEMARK: 0x80, EOM: 0x40, ILI: 0x20, KEY: 0x0f } as const;

const marks = (flags: number): Pick<Sense, 'filemark' | 'endOfMedium' | 'incorrectLength'> => ({
  filemark: (flags & Flag.FILEMARK) !== 0,
  endOfMedium: (flags & Flag.EOM) !== 0,
  incorrectLength: (flags & Flag.ILI) !== 0,
});

/** Devices may give fewer bytes than the format has; what is missing is zero (SPC-3 4.5.1). */
function padded(sense: Uint8Array, size: number): Uint8Array {
  if (sense.length >= size) return sense;
  const out = new Uint8Array(size);
  out.set(sense);
  return out;
}

function decodeFixed(bytes: Uint8Array, deferred: boolean): Sense {
  const sense = FixedSense.decode(padded(bytes, FixedSense.size));
  // Bytes behind the end that the device itself names are none of its own.
  const end = bytes.length > 7 ? 8 + sense.additionalLength : bytes.length;
  return {
    key: sense.flags & Flag.KEY,
    asc: end > 12 ? sense.asc : 0,
    ascq: end > 13 ? sense.ascq : 0,
    ...marks(sense.flags),
    information: (sense.responseCode & 0x80) !== 0 && bytes.length >= 7 ? sense.information | 0 : undefined,
    deferred,
  };
}

function decodeDescriptors(bytes: Uint8Array, deferred: boolean): Sense {
  const head = DescriptorSense.decode(padded(bytes, DescriptorSense.size));
  const end = Math.min(bytes.length, DescriptorSense.size + head.additionalLength);
  let flags = 0;
  let information: number | undefined;
  for (let at = DescriptorSense.size; at + SenseDescriptor.size <= end;) {
    const { type, additionalLength } = SenseDescriptor.decode(bytes, at);
    const size = SenseDescriptor.size + additionalLength;
    if (at + size > end) break;
    if (type === 0 && size >= InformationDescriptor.size) {
      const found = InformationDescriptor.decode(bytes, at);
      if ((found.valid & 0x80) !== 0) information = Number(BigInt.asIntN(64, found.information));
    } else if (type === 4 && size >= StreamDescriptor.size) flags = StreamDescriptor.decode(bytes, at).flags;
    at += size;
  }
  return { key: head.senseKey & Flag.KEY, asc: head.asc, ascq: head.ascq, ...marks(flags), information, deferred };
}

/** Sense data decoded; undefined when it is of no format that SCSI has, or there is none. Never throws. */
export function decodeSense(bytes: Uint8Array): Sense | undefined {
  if (bytes.length < 3) return undefined;
  switch (bytes[0]! & 0x7f) {
    case 0x70:
      return decodeFixed(bytes, false);
    case 0x71:
      return decodeFixed(bytes, true);
    case 0x72:
      return decodeDescriptors(bytes, false);
    case 0x73:
      return decodeDescriptors(bytes, true);
    default:
      return undefined;
  }
}
