import type { TargetDamage } from '@winback/core';
import type { ProblemList } from '../job/problem-list.js';

/** Adds damage found in a target to a job's problems. */
export function reportDamage(damage: readonly TargetDamage[], problems: ProblemList, where: string): void {
  for (const { error, path } of damage) {
    problems.damaged = true;
    problems.add({ path: path ?? where, error, effect: 'incomplete' });
  }
}
