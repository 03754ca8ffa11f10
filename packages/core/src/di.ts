import 'reflect-metadata';
import { container, type DependencyContainer } from 'tsyringe';
export { inject, injectable, injectAll, Lifecycle, type DependencyContainer } from 'tsyringe';

/** A dependency-injection token that remembers the type of what it stands for. At run time it is a registered symbol. */
export type Token<T> = symbol & (new (...args: any[]) => T);

/** `Symbol.for` makes two installed copies of core share their tokens. */
export const token = <T>(name: string): Token<T> => Symbol.for(name) as Token<T>;

/** Everything registered under a token that may have many; [] where nothing is. */
export const all = <T>(from: DependencyContainer, of: Token<T>): T[] => (from.isRegistered(of, true) ? from.resolveAll<T>(of) : []);

/** A container of its own: one for each app, never the process-wide one. */
export const emptyContainer = (): DependencyContainer => container.createChildContainer();
