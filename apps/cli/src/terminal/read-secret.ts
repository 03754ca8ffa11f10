import type { ReadStream } from 'node:tty';
import { StringDecoder } from 'node:string_decoder';

const ENTER = /[\r\n]/;
const GIVE_UP = new Set(['\u0003', '\u0004']);
const RUB_OUT = new Set(['\u007f', '\b']);

/** Reads a line from a terminal without showing it. Undefined: the user gave up. */
export function readSecret(terminal: Pick<ReadStream, 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'>): Promise<string | undefined> {
  const decoder = new StringDecoder('utf8');
  let typed: string[] = [];
  return new Promise((resolve) => {
    const end = (secret: string | undefined): void => {
      terminal.off('data', onData);
      terminal.setRawMode(false);
      terminal.pause();
      resolve(secret);
    };
    const onData = (bytes: Buffer): void => {
      for (const character of decoder.write(bytes)) {
        if (ENTER.test(character)) {
          end(typed.join(''));
          return;
        }
        if (GIVE_UP.has(character)) {
          end(undefined);
          return;
        }
        if (RUB_OUT.has(character)) typed = typed.slice(0, -1);
        else typed.push(character);
      }
    };
    terminal.setRawMode(true);
    terminal.on('data', onData);
    terminal.resume();
  });
}
