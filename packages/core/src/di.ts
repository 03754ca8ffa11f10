import 'reflect-metadata';
import { container, type DependencyContainer } from 'tsyringe';
import type { Token } from './token.js';
export { inject, injectable, injectAll, Lifecycle, type DependencyContainer } from 'tsyringe';
export { token, type Token } from './token.js';

/** Everything registered under a token that may have many; [] where nothing is. */
export const all = <T>(from: DependencyContainer, of: Token<T>): T[] => (from.isRegistered(of, true) ? from.resolveAll<T>(of) : []);

/** A container of its own: one for each app, never the process-wide one. */
export const emptyContainer = (): DependencyContainer => container.createChildContainer();
