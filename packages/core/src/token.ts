/** A dependency-injection token that remembers the type of what it stands for. At run time it is a registered symbol. */
export type Token<T> = symbol & (new (...args: any[]) => T);

/** `Symbol.for` makes two installed copies of core share their tokens. Apart from the container, which takes longer to load than what it holds. */
export const token = <T>(name: string): Token<T> => Symbol.for(name) as Token<T>;
