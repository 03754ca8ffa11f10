// `npm start -- ARGS` runs `winback ARGS` from this checkout, in the folder it was typed in; without arguments, the tour.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, root, runMain } from './lib/workspace.mjs';

/** npm runs scripts in the root and keeps the caller's folder aside. An INIT_CWD left over from another npm command does not count. */
function callersFolder() {
  const { INIT_CWD: typedIn, npm_lifecycle_event: script } = process.env;
  return script === 'start' && typedIn !== undefined && process.cwd() === root && existsSync(typedIn) ? typedIn : process.cwd();
}

/** Runs winback with our terminal and answers with its exit code. */
function runWinback(args) {
  const child = spawn(process.execPath, [join(root, 'apps/cli/bin/winback.js'), ...args], { cwd: callersFolder(), stdio: 'inherit' });
  // Ctrl-C reaches the child from the terminal, being in the same process group: sending it again would look like a second one.
  const onTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  const handlers = {
    SIGINT: () => onTerminal || child.kill('SIGINT'),
    SIGTERM: () => child.kill('SIGTERM'),
    SIGHUP: () => child.kill('SIGHUP'),
  };
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const [name, handler] of Object.entries(handlers)) process.off(name, handler);
      if (signal === null) resolve(code);
      else process.kill(process.pid, signal);
    });
  });
}

await runMain(async () => {
  await prepare();
  const args = process.argv.slice(2);
  return runWinback(args.length > 0 ? args : ['tour']);
});
