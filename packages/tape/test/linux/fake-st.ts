import type { SgIoAnswer, StCalls } from '../../src/linux/ffi/st-calls.js';
import { Mtget, Mtop, Mtpos } from '../../src/linux/mtio.layout.js';
import { Gmt, Mtio, MtOp } from '../../src/linux/mtio.js';

const EPERM = 1;
const EIO = 5;
const OP_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(MtOp).map(([name, number]) => [number, name]));

/** What st would answer, in the order in which it is asked; what is asked of it is in `log`. */
export class FakeSt implements StCalls {
  readonly log: string[] = [];
  /** Answers of open; then descriptors. */
  opens: number[] = [];
  /** Bytes, or the error's number below 0; a function may change the state first. */
  reads: (number | (() => number))[] = [];
  writes: (number | (() => number))[] = [];
  /** Error numbers of requests, by their names; then 0. */
  operations: Record<string, (number | (() => number))[]> = {};
  flags: number = Gmt.ONLINE;
  partition = 0;
  blockSize = 0;
  /** Undefined: the drive does not tell. */
  position: number | undefined = 0;
  options: string | undefined = '0x00000107\n';
  positionLost = '0\n';
  /** Answers of SG_IO; EPERM where it is not given. */
  scsi: ((cdb: Uint8Array, data: Uint8Array) => Partial<SgIoAnswer>) | undefined;

  open = (path: string, writable: boolean): number => {
    this.log.push(`open ${path} ${writable ? 'rw' : 'ro'}`);
    return this.opens.shift() ?? 3;
  };
  close = (): void => void this.log.push('close');
  read = (): number => next(this.reads, 'read');
  write = (_: number, from: Uint8Array): number => {
    this.log.push(`write ${from.length}`);
    return next(this.writes, 'write');
  };
  sgIo = (_: number, cdb: Uint8Array, __: unknown, data: Uint8Array): SgIoAnswer => {
    const answer = this.scsi === undefined ? { errno: EPERM } : this.scsi(cdb, data);
    return { errno: 0, status: 0, hostStatus: 0, sense: new Uint8Array(0), residual: 0, ...answer };
  };
  readText = (path: string): string | undefined => (path.endsWith('/options') ? this.options : this.positionLost);
  realPath = (path: string): string => path.replace('/dev/tape/by-id/scsi-1', '/dev/st4');

  ioctl = (_: number, request: number, argument: Uint8Array): number => {
    if (request === Mtio.GET) {
      const [status, partition, blockSize] = [BigInt(this.flags), BigInt(this.partition), BigInt(this.blockSize)];
      Mtget.encodeInto(argument, 0, Mtget.create({ status, partition, blockSize }));
      return 0;
    }
    if (request === Mtio.POS) {
      if (this.position === undefined) return EIO;
      Mtpos.encodeInto(argument, 0, { block: BigInt(this.position) });
      return 0;
    }
    const { operation, count } = Mtop.decode(argument);
    const name = OP_NAMES.get(operation) ?? String(operation);
    this.log.push(name === 'SETDRVBUFFER' ? `${name} 0x${count.toString(16)}` : `${name} ${count}`);
    const answers = this.operations[name];
    return answers === undefined || answers.length === 0 ? 0 : next(answers, name);
  };
}

function next(answers: (number | (() => number))[], what: string): number {
  const answer = answers.shift();
  if (answer === undefined) throw new TypeError(`one ${what} more than was expected`);
  return typeof answer === 'number' ? answer : answer();
}
