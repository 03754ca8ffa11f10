import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Exit, type ExitCode } from '../exit-codes.js';
import type { CommonOptions, Session } from '../session.js';
import { painterFor } from '../terminal/colours.js';

/** What a command shows, and the command as it is typed; no word of it has a space. */
const STEPS: readonly (readonly [what: string, command: string])[] = [
  ['Back up a folder into a .bkf file, as tape programs of Windows write it', 'start backup --include documents --backup-target first.bkf'],
  ['See which versions the file holds', 'get versions --backup-target first.bkf'],
  ['See what the newest version holds', 'get items --version latest --backup-target first.bkf'],
  [
    "Recover everything; wbadmin's spelling works too",
    'start recovery -version:latest -items:/ -recoveryTarget:recovered -backupTarget:first.bkf',
  ],
  ['Check every checksum of every version', 'verify --backup-target first.bkf'],
  ['Compare what was recovered with the backup, by content and facts', 'verify --backup-target first.bkf --compare recovered'],
];

/** Shows the main commands at work, for real, on a scratch folder. */
export async function run(session: Session, options: CommonOptions): Promise<ExitCode> {
  const { io } = session;
  const paint = painterFor(io.stdout, io);
  const folder = mkdtempSync(join(tmpdir(), 'winback-tour-'));
  const say = (text: string): void => {
    if (!options.json && !options.quiet) io.stdout.write(`${text}\n`);
  };
  const stopping = new AbortController();
  const stopListening = io.onInterrupt(() => {
    stopping.abort();
  });
  try {
    say(`A short tour in a scratch folder, ${folder}\n`);
    makeFiles(join(folder, 'documents'));
    for (const [what, command] of STEPS) {
      if (stopping.signal.aborted) return Exit.INTERRUPTED;
      say(paint('dim', `# ${what}`));
      say(paint('bold', `$ winback ${command}`));
      const code = await session.run(command.split(' '), { ...io, cwd: folder });
      if (code !== Exit.DONE) return code as ExitCode;
      say('');
    }
    say('"winback --help" lists all commands; each has --help with an example.');
    return Exit.DONE;
  } finally {
    stopListening();
    rmSync(folder, { recursive: true, force: true });
    say(`The scratch folder is gone again.`);
  }
}

function makeFiles(documents: string): void {
  mkdirSync(join(documents, 'photos'), { recursive: true });
  writeFileSync(join(documents, 'letter.txt'), 'Dear reader,\nthis file is about to be backed up.\n');
  writeFileSync(join(documents, 'photos', 'picture.raw'), new Uint8Array(1_500_000).fill(42));
  writeFileSync(join(documents, 'r\u00e9sum\u00e9.txt'), 'names are not only ASCII\n');
}
