import { styleText } from 'node:util';
import type { Io, Output } from '../io.js';

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan';
export type Painter = (style: Style, text: string) => string;

/** Colours for a terminal that wants them (https://no-color.org), and plain text for everything else. */
export function painterFor(output: Output, { env }: Pick<Io, 'env'>): Painter {
  const wanted = output.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return wanted ? (style, text) => styleText(style, text) : (_, text) => text;
}
