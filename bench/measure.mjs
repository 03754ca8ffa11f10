// Measures whole commands against one another: in turn, so that both meet the same machine, and by medians.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const TIME = '/usr/bin/time';

/**
 * Runs a command once. `seconds` of wall time, or as many as it says itself (`told`), so that starting does not count; where GNU time is installed `megabytes` of peak memory, and seconds of all processors.
 */
export function run(command, { allowed = [0], told = false } = {}) {
  const withTime = existsSync(TIME);
  const [program, ...args] = withTime ? [TIME, '-f', '@@%M %U %S', ...command] : command;
  const started = process.hrtime.bigint();
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    stdio: ['ignore', told ? 'pipe' : 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const passed = Number(process.hrtime.bigint() - started) / 1e9;
  if (error) throw error;
  if (!allowed.includes(status)) throw new Error(`${command.join(' ')} ended with ${status}:\n${stderr.slice(-2000)}`);
  const seconds = told ? Number(stdout) : passed;
  const [, peak, user, system] = /@@(\d+) ([\d.]+) ([\d.]+)\s*$/.exec(stderr) ?? [];
  return peak === undefined ? { seconds } : { seconds, megabytes: Number(peak) / 1024, cpu: Number(user) + Number(system) };
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** A and B in turn, `rounds` times after one uncounted round. `before` readies the ground for each. `gigabytes`: of data, to tell what each costs. */
export function compare(name, a, b, { rounds = 5, before = () => undefined, gigabytes, told } = {}) {
  const times = { a: [], b: [] };
  let megabytes = 0;
  const cpu = [];
  for (let round = 0; round <= rounds; round++) {
    for (const [side, { command }] of [
      ['a', a],
      ['b', b],
    ]) {
      before(side);
      const result = run(command, { told });
      if (round === 0) continue;
      times[side].push(result.seconds);
      if (side !== 'a') continue;
      megabytes = Math.max(megabytes, result.megabytes ?? 0);
      cpu.push(result.cpu ?? 0);
    }
  }
  const [left, right] = [median(times.a), median(times.b)];
  const each = gigabytes ? `   ${(median(cpu) / gigabytes).toFixed(2)} CPU s/GB` : '';
  console.log(
    `${name.padEnd(44)} ${a.name} ${left.toFixed(2)} s   ${b.name} ${right.toFixed(2)} s   ratio ${(left / right).toFixed(2)}   peak ${megabytes.toFixed(0)} MB${each}`,
  );
  return left / right;
}
