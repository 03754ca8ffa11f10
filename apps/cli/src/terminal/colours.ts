import type { Io, Output } from '../io.js';

/** SGR numbers: on and off. */
const STYLES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] } as const;

export type Style = keyof typeof STYLES;
export type Painter = (style: Style, text: string) => string;

const paint: Painter = (style, text) => {
  const [on, off] = STYLES[style];
  return `\x1b[${on}m${text}\x1b[${off}m`;
};

/** Colours for a terminal that wants them (https://no-color.org), and plain text for everything else. */
export function painterFor(output: Output, { env }: Pick<Io, 'env'>): Painter {
  const wanted = output.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return wanted ? paint : (_, text) => text;
}
