import { constants } from 'node:os';
import { describeErrno, RecoveryError } from '../../errors/index.js';
import { nameSome } from '../../facts/extended-attributes.js';
import { encodeSidecar, takeSidecar } from '../../facts/sidecar.js';
import { Mode } from '../../ffi/libc.js';
import { StatxBuffer } from '../../ffi/statx.js';
import { applyFacts, asFound, type RefusedFact } from './apply-facts.js';
import { capabilitiesOf } from './capabilities.js';
import { EntryType, type ReadingDialect, type RecoveryDialect } from './mount-dialect.js';
import { PortableNode } from './portable-node.js';
import { shown } from './problems.js';
import type { FileProblem } from '../volume.js';

const { EPERM, EACCES, ENOSPC, E2BIG } = constants.errno;
const REGULAR = 8;
/** XATTR_SIZE_MAX: what is kept beside a file is an extended attribute. */
const ALTERNATE_LIMIT = 65_536;

/** File systems with what POSIX knows, and beside it, as extended attributes, what only Windows does. */
export function posixReading(fileSystem: string): ReadingDialect {
  const statx = new StatxBuffer();
  return {
    capabilities: (root) => capabilitiesOf(fileSystem, root, 'read'),
    doubts: (type) => type === EntryType.UNKNOWN,
    typeOf: (folder, name) => (statx.readName(folder, name) ? (statx.mode & Mode.TYPE) >> 12 : REGULAR),
    isClosedFolder: () => false,
    node: (path, kind, folder, name, numbers) => new PortableNode(path, kind, folder, name, numbers),
  };
}

export function posixRecovery(fileSystem: string): RecoveryDialect {
  return {
    capabilities: (root) => capabilitiesOf(fileSystem, root, 'recover'),
    contentMayFollow: true,
    madeAs: ({ kind }) => (kind === 'file' || kind === 'reparse-point' ? 'file' : kind === 'directory' ? kind : undefined),
    alternateLimit: ALTERNATE_LIMIT,
    apply(file, entry, alternates) {
      const all = encodeSidecar(entry, alternates);
      const nonsense = new Set(all.length > 0 ? takeSidecar(asFound(file, entry), new Map(all.map((f) => [f.name, f.value])))?.broken : []);
      const sidecar = all.filter(({ name }) => !nonsense.has(name));
      const { problems, refused } = applyFacts(file, entry, sidecar);
      for (const { name, fact } of all) if (nonsense.has(name)) problems.push(senseless(file.path, fact));
      const kept = new Set(refused.map(({ fact }) => fact));
      if (entry.efsMetadata) problems.push(stillEncrypted(file.path));
      return {
        problems: [...problems, ...refusedProblem(file.path, refused)],
        converted: sidecar.map(({ fact }) => fact).filter((fact) => !kept.has(fact)),
      };
    },
  };
}

/** All that the file system did not take, as one problem. */
function refusedProblem(path: string, refused: readonly RefusedFact[]): FileProblem[] {
  const [first] = refused;
  if (!first) return [];
  const facts = refused.map(({ fact }) => fact.replace(/^its/, 'the'));
  const forbidden = first.errno === EPERM || first.errno === EACCES;
  const noRoom = first.errno === ENOSPC || first.errno === E2BIG;
  const what = forbidden ? 'nobody but root may keep beside it' : 'this file system has no place for';
  const why = noRoom ? 'the attributes of one file have no more room' : describeErrno(first.errno);
  const error = new RecoveryError(
    'RECOVERY_FACT',
    `${shown(path)}: ${what} ${nameSome(facts)} (${why})`,
    { path, facts, errno: first.errno },
    { hint: forbidden ? 'Recover as root to keep them.' : 'Recover to a volume with NTFS to keep them.' },
  );
  return [{ path, error, effect: 'incomplete' }];
}

/** What nobody could take for that fact again. */
function senseless(path: string, fact: string): FileProblem {
  const error = new RecoveryError('RECOVERY_FACT', `${shown(path)}: ${fact} makes no sense and was not kept`, { path, fact });
  return { path, error, effect: 'incomplete' };
}

function stillEncrypted(path: string): FileProblem {
  const error = new RecoveryError(
    'RECOVERY_FACT',
    `${shown(path)}: is encrypted (EFS); what was recovered is its ciphertext, its keys are kept beside it`,
    { path, fact: 'encryption' },
    { hint: 'Recover it to a volume with NTFS to read it with the key of its user.' },
  );
  return { path, error, effect: 'incomplete' };
}
