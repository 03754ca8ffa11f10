/** Who logs in at a URL, and with what password: `iscsi://user%password@host`. Also where slashes or spaces in it make it no URL. */
const LOGIN = /([a-z][a-z0-9+.-]*:\/\/)(?:\S*@|[^/]*@)+/gi;

/** A text without what stands before the host of a URL in it. */
export const withoutSecrets = (text: string): string => text.replace(LOGIN, '$1***@');

/** The same for all texts of a value that is to be JSON. */
export function withoutSecretsIn(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  if (Array.isArray(value)) return value.map(withoutSecretsIn);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutSecretsIn(part)]));
}
