/** ERROR_OPERATION_ABORTED: what a callback answers that failed. */
export const ABORTED = 995;

/** Runs a part of a callback; undefined: it failed. */
export type Guard = <T>(action: () => T) => T | undefined;

/** Runs a call of Windows whose callback may fail, and answers its Win32 error: what the callback failed with is thrown instead. */
export function guarded(run: (guard: Guard) => number): number {
  let failed: { readonly error: unknown } | undefined;
  const error = run((action) => {
    try {
      return action();
    } catch (thrown) {
      failed = { error: thrown };
      return undefined;
    }
  });
  if (failed) throw failed.error;
  return error;
}
