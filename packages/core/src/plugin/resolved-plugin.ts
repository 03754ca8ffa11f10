/** A plugin found but not loaded: plain data, so that it can be handed to a worker thread. */
export interface ResolvedPlugin {
  /** As the configuration names it, for example `@acme/winback-plugin-lto/plugin`. */
  readonly specifier: string;
  /** `file:` URL of its module. */
  readonly url: string;
  /** What the configuration gives it; undefined where it gives nothing. */
  readonly options?: unknown;
  /** The configuration file or package that names it. */
  readonly namedBy: string;
}
