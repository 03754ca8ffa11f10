import { readFileSync, statSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describeNodeError, nodeErrno, PluginError } from '../errors/index.js';
import { jsonErrorPlace } from './json-error.js';

/** Looked for in the current folder and the ones above it. */
export const CONFIG_FILE = 'winback.config.json';

const KEYS = ['$schema', 'plugins'];

/** A plugin as the configuration names it, with the options it is given. */
export interface PluginReference {
  readonly specifier: string;
  readonly options?: unknown;
}

export interface WinbackConfig {
  /** Absolute path; specifiers are resolved from its folder. */
  readonly file: string;
  readonly plugins: readonly PluginReference[];
}

/**
 * The configuration that holds for a folder: the file nearest above it, or undefined where there is none. Plugins are code, so a file
 * that another user put there is refused; naming it with {@link readConfig} is consent.
 * @throws CONFIG_INVALID
 */
export function findConfig(folder: string, userId: number | undefined = process.geteuid?.()): WinbackConfig | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const file = join(at, CONFIG_FILE);
    const facts = statOf(file);
    if (facts?.isFile()) {
      checkOwner(file, facts, userId);
      return readConfig(file);
    }
    if (dirname(at) === at) return undefined;
  }
}

/** @throws CONFIG_INVALID when the file cannot be read, is no JSON or holds a wrong value */
export function readConfig(path: string): WinbackConfig {
  const file = resolve(path);
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    throw invalid(file, `cannot be read: ${describeNodeError(error)}`, { errno: nodeErrno(error) }, error);
  }
  return { file, plugins: pluginsOf(file, parse(file, text)) };
}

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch (error) {
    const errno = nodeErrno(error);
    // A folder that may not be searched holds no configuration for this user.
    if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'EACCES' || errno === 'ELOOP') return undefined;
    throw invalid(file, `cannot be read: ${describeNodeError(error)}`, { errno }, error);
  }
}

function checkOwner(file: string, facts: Stats, userId: number | undefined): void {
  if (userId === undefined) return; // Windows: folders above one's own are protected by their access lists
  const writable = (facts.mode & 0o002) !== 0;
  if (!writable && (facts.uid === userId || facts.uid === 0)) return;
  const why = writable ? 'every user may write to it' : `it belongs to user ${String(facts.uid)}`;
  throw new PluginError(
    'CONFIG_INVALID',
    `${file}: found, but ${why}, and a configuration names code to run`,
    { file, owner: facts.uid, mode: facts.mode & 0o7777 },
    { hint: `if you trust the file, name it: --config ${file}` },
  );
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { line, column } = jsonErrorPlace(text);
    throw new PluginError(
      'CONFIG_INVALID',
      `${file}:${String(line)}:${String(column)}: not valid JSON`,
      { file, line, column },
      { cause: error, hint: `correct line ${String(line)}; JSON knows no comments and no comma after the last item` },
    );
  }
}

function pluginsOf(file: string, config: unknown): PluginReference[] {
  if (!isObject(config)) throw invalid(file, `expected an object, found ${kindOf(config)}`);
  for (const key of Object.keys(config)) {
    if (!KEYS.includes(key))
      throw invalid(file, `unknown setting ${JSON.stringify(key)}, expected one of ${KEYS.join(', ')}`, { setting: key });
  }
  const plugins = config['plugins'] ?? [];
  if (!Array.isArray(plugins)) throw invalid(file, `plugins: expected an array, found ${kindOf(plugins)}`, { setting: 'plugins' });
  return plugins.map((item: unknown, i) => referenceOf(file, item, `plugins[${String(i)}]`));
}

function referenceOf(file: string, item: unknown, setting: string): PluginReference {
  if (typeof item === 'string' && item !== '') return { specifier: item };
  if (Array.isArray(item)) {
    const [specifier, options] = item as unknown[];
    if (typeof specifier === 'string' && specifier !== '' && item.length <= 2) {
      return options === undefined ? { specifier } : { specifier, options };
    }
  }
  throw invalid(file, `${setting}: expected "PACKAGE" or ["PACKAGE", { options }], found ${JSON.stringify(item)}`, { setting });
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`);

const HINT = 'a configuration looks like this: { "plugins": ["@acme/winback-plugin-x/plugin"] }';
function invalid(file: string, problem: string, details: Record<string, unknown> = {}, cause?: unknown): PluginError {
  return new PluginError('CONFIG_INVALID', `${file}: ${problem}`, { file, ...details }, { hint: HINT, cause });
}
