import { token } from '../token.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where messages for people go. Never given secrets. */
export interface Logger {
  log(level: LogLevel, message: string, details?: Readonly<Record<string, unknown>>): void;
}
export const LOGGER = token<Logger>('@winback/core/Logger');

export const silentLogger: Logger = { log: () => undefined };
