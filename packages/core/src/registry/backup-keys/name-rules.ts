import { namePattern, type NamePattern } from './name-pattern.js';
import type { PathRule } from './path-rule.js';

interface Wild {
  readonly pattern: NamePattern;
  readonly rule: PathRule;
  /** The first one that was added counts. */
  readonly order: number;
}

/** Patterns by what names that match end with, so that thousands of them cost a name next to nothing. */
class ByEnding {
  readonly #byLength = new Map<number, Map<string, Wild[]>>();

  add(ending: string, wild: Wild): void {
    const endings = this.#byLength.get(ending.length) ?? new Map<string, Wild[]>();
    this.#byLength.set(ending.length, endings);
    const known = endings.get(ending);
    if (known) known.push(wild);
    else endings.set(ending, [wild]);
  }

  find(name: string, isFolder: boolean): PathRule | undefined {
    let first: Wild | undefined;
    for (const [length, endings] of this.#byLength) {
      if (length > name.length) continue;
      for (const wild of endings.get(name.slice(name.length - length)) ?? NONE) {
        if (first && wild.order > first.order) break;
        if ((!isFolder || (wild.pattern.isAll && wild.rule.recursive)) && wild.pattern.matches(name)) first = wild;
      }
    }
    return first?.rule;
  }
}

const NONE: readonly never[] = [];

/** Rules for the names in one folder. */
export class NameRules {
  readonly #literal = new Map<string, PathRule>();
  readonly #wild = new ByEnding();
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  add(rule: PathRule): void {
    const pattern = namePattern(rule.fileName, rule.caseSensitive);
    const order = this.#count++;
    if (pattern.literal === undefined) this.#wild.add(pattern.ending, { pattern, rule, order });
    else if (!this.#literal.has(pattern.literal)) this.#literal.set(pattern.literal, rule);
  }

  find(name: string, isFolder: boolean): PathRule | undefined {
    return this.#count === 0 ? undefined : (this.#literal.get(name) ?? this.#wild.find(name, isFolder));
  }
}
