import type { MaybePromise } from '@winback/core';

/**
 * A computation that may have to wait. It yields promises and is given what they resolve to, so that one text serves sources
 * that are synchronous and those that are not. Values of type T may be yielded too: what it produces.
 */
export type Steps<T, R = void> = Generator<Promise<unknown> | T, R, unknown>;

/** The value of what may be a promise, inside {@link Steps}. */
export function* wait<T>(value: MaybePromise<T>): Steps<never, T> {
  return value instanceof Promise ? ((yield value) as T) : value;
}

/** Runs steps to their end. A promise only where one of them was. */
export function settle<R>(steps: Steps<never, R>): MaybePromise<R> {
  const step = steps.next();
  return step.done === true ? step.value : settleLater(steps, step.value);
}

async function settleLater<R>(steps: Steps<never, R>, first: Promise<unknown>): Promise<R> {
  for (let pending = first; ;) {
    const step = await next(steps, pending);
    if (step.done === true) return step.value;
    pending = step.value;
  }
}

/** What steps produce, one after the other. */
export class Produced<T extends object> {
  #failed: { readonly error: unknown } | undefined;

  constructor(private readonly steps: Steps<T>) {}

  /** The next one; undefined after the last. What failed once fails again. */
  next(): MaybePromise<T | undefined> {
    if (this.#failed) throw this.#failed.error;
    try {
      const step = this.steps.next();
      if (step.done === true) return undefined;
      return step.value instanceof Promise ? this.#later(step.value) : step.value;
    } catch (error) {
      this.#failed = { error };
      throw error;
    }
  }

  async #later(first: Promise<unknown>): Promise<T | undefined> {
    try {
      for (let pending = first; ;) {
        const step = await next(this.steps, pending);
        if (step.done === true) return undefined;
        if (!(step.value instanceof Promise)) return step.value;
        pending = step.value;
      }
    } catch (error) {
      this.#failed = { error };
      throw error;
    }
  }
}

/** Goes on once a promise is settled; a failure is thrown where it is waited for. */
async function next<T, R>(steps: Steps<T, R>, pending: Promise<unknown>): Promise<IteratorResult<Promise<unknown> | T, R>> {
  let value: unknown;
  try {
    value = await pending;
  } catch (error) {
    return steps.throw(error);
  }
  return steps.next(value);
}
