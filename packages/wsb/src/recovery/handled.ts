import { all, FILE_HANDLER, type DependencyContainer, type HandledRecovery, type HandlerOptions } from '@winback/core';

/** A handler in one recovery. */
export interface Handled {
  /** Of the attributes of files that it is asked for. */
  readonly mask: number;
  readonly recovery: HandledRecovery;
}

/** The handlers that have a say in how files come back. @throws EFS_KEY_FILE, EFS_PASSWORD */
export function beginHandled(container: DependencyContainer, options: HandlerOptions): Handled[] {
  return all(container, FILE_HANDLER).flatMap((handler) => {
    const recovery = handler.beginRecovery?.(options);
    return recovery ? [{ mask: handler.attributeMask, recovery }] : [];
  });
}
