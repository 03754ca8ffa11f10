import { Command, Option } from 'commander';
import {
  changer,
  command,
  ignorePassword,
  jobCommand,
  nextMedia,
  passwordFile,
  nonNegative,
  oneOf,
  target,
  version,
  type CommandModule,
} from './command-options.js';
import { efsCommand } from './efs-program.js';
import type { ExitCode } from './exit-codes.js';
import type { Session } from './session.js';
import { tapeCommand } from './tape-program.js';
import { cliVersion } from './version.js';

/** Builds the command line. Nothing but commander is loaded until a command is chosen; `setExit` is told how it ended. */
export function buildProgram(session: Session, setExit: (code: ExitCode) => void): Command {
  const does =
    <O>(load: () => CommandModule<O>) =>
    async (...args: unknown[]): Promise<void> => {
      const self = args.at(-1) as Command;
      const { run } = await load();
      setExit(await run(session, self.opts() as O, self.args));
    };

  const program = new Command('winback')
    .description('Windows backups on Windows and Linux: make, list, verify and recover them.')
    .version(cliVersion(), '-V, --version', 'print the version')
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
Options may be spelled as wbadmin does: -backupTarget:X is --backup-target X.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done with problems, 4 target missing or locked, 5 damaged data, 130 interrupted.
"winback tour" shows the main commands at work on a scratch folder.`,
    );

  program.addCommand(
    new Command('start')
      .description('start a backup or a recovery')
      .addCommand(
        jobCommand('backup', 'back up files and folders', 'winback start backup --include ~/documents --backup-target /mnt/usb/first.bkf')
          .requiredOption('--include <PATH...>', 'files and folders to back up')
          .option('--exclude <PATTERN...>', 'what to leave out, for example "*.tmp" or cache/')
          .addOption(target())
          .addOption(passwordFile())
          .addOption(ignorePassword())
          .addOption(nextMedia())
          .addOption(changer())
          .addOption(
            new Option('--snapshot <HOW>', 'auto: snapshots where volumes can make one; required: fail where they cannot').argParser(
              oneOf('auto', 'required'),
            ),
          )
          .option('--no-snapshot', 'read the files as they are')
          .addOption(new Option('--vss-copy', 'a copy, beside other backups (default)').conflicts('vssFull'))
          .option('--vss-full', 'a normal backup: applications may drop their logs')
          .option('--no-backup-keys', 'keep files that the registry leaves out (FilesNotToBackup, FilesNotToSnapshot)')
          .option('--compress', 'write the backup compressed (LZS, as Microsoft Tape Format has it)')
          .option('--what-if', 'only list what would be backed up')
          .action(does(() => import('./commands/start-backup.js'))),
      )
      .addCommand(
        jobCommand(
          'recovery',
          'recover files and folders',
          'winback start recovery --version latest --items / --recovery-target ./recovered --backup-target first.bkf',
        )
          .addOption(version('version to recover from: an identifier, or latest').makeOptionMandatory())
          .requiredOption('--items <PATH...>', 'files and folders to recover, or / for everything')
          .requiredOption('--recovery-target <DIR>', 'folder to recover into')
          .addOption(target())
          .addOption(passwordFile())
          .addOption(ignorePassword())
          .addOption(nextMedia())
          .addOption(changer())
          .addOption(
            new Option('--overwrite <HOW>', 'what to do with a file that is there: overwrite, skip or create-copy')
              .argParser(oneOf('overwrite', 'skip', 'create-copy'))
              .default('create-copy'),
          )
          .addOption(
            new Option(
              '--facts <HOW>',
              'facts that the volume has no place for: keep them in another form, or report them file by file too',
            )
              .argParser(oneOf('keep', 'report'))
              .default('keep'),
          )
          .option('--efs-key <FILE...>', 'private keys that encrypted files are decrypted with: .pfx, .p12, or PEM with the certificate')
          .option(
            '--efs-password-file <FILE>',
            'a file whose first line is their password (else WINBACK_EFS_PASSWORD, else it is asked for)',
          )
          .action(does(() => import('./commands/start-recovery.js'))),
      ),
  );

  program.addCommand(
    new Command('get')
      .description('list versions or items')
      .addCommand(
        jobCommand('versions', 'list the versions in a backup target', 'winback get versions --backup-target first.bkf')
          .addOption(target())
          .addOption(nextMedia())
          .addOption(changer())
          .addOption(passwordFile())
          .addOption(ignorePassword())
          .action(does(() => import('./commands/get-versions.js'))),
      )
      .addCommand(
        jobCommand('items', 'list the files and folders of a version', 'winback get items --version latest --backup-target first.bkf')
          .addOption(version('version to list: an identifier, or latest').makeOptionMandatory())
          .option('--items <PATH...>', 'only these, and what is below them')
          .addOption(target())
          .addOption(nextMedia())
          .addOption(changer())
          .addOption(passwordFile())
          .addOption(ignorePassword())
          .action(does(() => import('./commands/get-items.js'))),
      ),
  );

  program.addCommand(
    jobCommand('verify', 'read versions whole and check every checksum', 'winback verify --backup-target first.bkf --compare ./recovered')
      .addOption(target())
      .addOption(passwordFile())
      .addOption(ignorePassword())
      .addOption(nextMedia())
      .addOption(changer())
      .addOption(version('version to verify (default: all; with --compare the latest)'))
      .option(
        '--compare <DIR>',
        'compare a version, by content and facts, with a folder that it was recovered to, or with the root of the volume as it is now',
      )
      .action(does(() => import('./commands/verify.js'))),
  );

  program.addCommand(
    new Command('delete').description('delete versions').addCommand(
      jobCommand(
        'backup',
        'delete versions from a backup target; a .bkf file keeps all of its versions',
        'winback delete backup --keep-versions 3 --backup-target SCHEME:…',
      )
        .addOption(target())
        .addOption(nextMedia())
        .addOption(changer())
        .addOption(passwordFile())
        .addOption(ignorePassword())
        .addOption(version('this version: an identifier, or latest').conflicts(['keepVersions', 'deleteOldest']))
        .addOption(new Option('--keep-versions <N>', 'all but the newest N').argParser(nonNegative).conflicts(['version', 'deleteOldest']))
        .addOption(new Option('--delete-oldest', 'the oldest version').conflicts(['version', 'keepVersions']))
        .action(does(() => import('./commands/delete-backup.js'))),
    ),
  );

  program.addCommand(tapeCommand(does));
  program.addCommand(efsCommand(does));

  program.addCommand(
    new Command('volume')
      .description('look at single files of a volume, and copy them with everything about them')
      .addCommand(
        command(
          'read-streams',
          "write a file's backup streams, byte for byte as Windows' BackupRead gives them; a folder or a link is taken itself",
          'winback volume read-streams notes.txt --output notes.streams',
        )
          .argument('<PATH>', 'the file, folder or link')
          .addOption(new Option('--output <FILE>', 'a file that does not exist yet (default: stdout)').conflicts('list'))
          .option('--no-security', 'leave security descriptors out')
          .option('--list', 'only list the streams')
          .action(does(() => import('./commands/volume-read-streams.js'))),
      )
      .addCommand(
        command(
          'write-streams',
          "make a file from backup streams, as Windows' BackupWrite does. They do not say whether it is a folder, nor its times",
          'winback volume write-streams recovered.txt --input notes.streams',
        )
          .argument('<PATH>', 'the file to make; the folder that it is in must exist')
          .option('--input <FILE>', 'a file with the streams (default: stdin)')
          .option('--directory', 'make a folder')
          .option('--no-security', 'ignore security descriptors')
          .addOption(
            new Option('--overwrite <HOW>', 'what to do with a file that is there: overwrite, skip or create-copy')
              .argParser(oneOf('overwrite', 'skip', 'create-copy'))
              .default('create-copy'),
          )
          .action(does(() => import('./commands/volume-write-streams.js'))),
      )
      .addCommand(
        command('facts', 'print everything a volume knows of a file, a folder or a link', 'winback volume facts notes.txt')
          .argument('<PATH>', 'the file, folder or link')
          .action(does(() => import('./commands/volume-facts.js'))),
      ),
  );

  const hive = (): Option => new Option('--hive <FILE>', 'a hive file instead of the registry of this system');
  const prefix = (): Option => new Option('--prefix <KEY>', 'the key that the hive is in the file, for example HKEY_LOCAL_MACHINE\\SYSTEM');
  program.addCommand(
    new Command('registry')
      .description('look at registries and hive files, and change them')
      .addCommand(
        command('list', 'list the keys and values of a key', 'winback registry list HKLM\\SYSTEM')
          .argument('[KEY]', 'the key, for example HKLM\\SYSTEM\\Select; in a hive from its root (default: the root)')
          .addOption(hive())
          .action(does(() => import('./commands/registry-list.js'))),
      )
      .addCommand(
        command('get', 'print the values of a key', 'winback registry get Select Current --hive SYSTEM')
          .argument('<KEY>', 'the key')
          .argument('[NAME]', 'this value only; @ is the default value')
          .addOption(hive())
          .action(does(() => import('./commands/registry-get.js'))),
      )
      .addCommand(
        command(
          'set',
          'set a value of a key, which is made where it is missing',
          'winback registry set HKLM\\SYSTEM\\CurrentControlSet\\Services\\VSS\\Settings MaxShadowCopies REG_DWORD 64',
        )
          .argument('<KEY>', 'the key')
          .argument('<NAME>', 'the value; @ is the default value')
          .argument('<TYPE>', 'REG_SZ, REG_EXPAND_SZ, REG_MULTI_SZ, REG_DWORD, REG_QWORD, REG_BINARY, …')
          .argument('[DATA...]', 'a text, a number, bytes in hexadecimal digits, or the texts of a REG_MULTI_SZ')
          .addOption(hive())
          .action(does(() => import('./commands/registry-set.js'))),
      )
      .addCommand(
        command(
          'delete',
          'delete a key with everything below it, or one value; asks nothing',
          'winback registry delete HKCU\\Software\\Example',
        )
          .argument('<KEY>', 'the key')
          .argument('[NAME]', 'this value only; @ is the default value')
          .addOption(hive())
          .action(does(() => import('./commands/registry-delete.js'))),
      )
      .addCommand(
        command(
          'export',
          'write a key with everything below it as a .reg file',
          'winback registry export --hive NTUSER.DAT --output user.reg',
        )
          .argument('[KEY]', 'the key (default: everything)')
          .addOption(hive())
          .addOption(prefix())
          .option('--output <FILE>', 'a file that does not exist yet (default: stdout)')
          .action(does(() => import('./commands/registry-export.js'))),
      )
      .addCommand(
        command('import', 'merge a .reg file: all of it, or nothing where a line makes no sense', 'winback registry import settings.reg')
          .argument('<FILE>', 'a .reg file of version 5 or REGEDIT4')
          .addOption(hive())
          .addOption(prefix())
          .action(does(() => import('./commands/registry-import.js'))),
      )
      .addCommand(
        new Command('hive')
          .description('make, check, recover and restore hive files')
          .addCommand(
            command('create', 'make a hive with nothing in it', 'winback registry hive create settings.hiv')
              .argument('<FILE>', 'a file that does not exist yet')
              .action(does(() => import('./commands/registry-hive-create.js'))),
          )
          .addCommand(
            command('check', 'read a hive whole and list what is damaged', 'winback registry hive check SYSTEM')
              .argument('<FILE>', 'a hive; its logs are looked for beside it')
              .action(does(() => import('./commands/registry-hive-check.js'))),
          )
          .addCommand(
            command(
              'recover',
              'finish the last write of a hive from the logs beside it, as Windows does',
              'winback registry hive recover NTUSER.DAT --output recovered.dat',
            )
              .argument('<FILE>', 'a hive; its logs are looked for beside it')
              .option('--output <FILE>', 'where the result goes (default: the same file, in one step)')
              .action(does(() => import('./commands/registry-hive-recover.js'))),
          )
          .addCommand(
            command(
              'restore',
              'put a hive from a backup in the place of another; of a SYSTEM hive what KeysNotToRestore names stays, and LastRestoreId is renewed',
              'winback registry hive restore backup/SYSTEM /mnt/windows/Windows/System32/config/SYSTEM',
            )
              .argument('<BACKUP>', 'the hive as it was kept')
              .argument('<HIVE>', 'the hive that is replaced')
              .action(does(() => import('./commands/registry-hive-restore.js'))),
          ),
      )
      .addCommand(
        command(
          'backup-keys',
          'explain the keys for backup and restore: what they say, and what follows',
          'winback registry backup-keys --hive SYSTEM',
        )
          .addOption(hive())
          .action(does(() => import('./commands/registry-backup-keys.js'))),
      ),
  );

  program.addCommand(
    new Command('plugin')
      .description('list plugins')
      .addCommand(
        command('list', 'list the plugins in use and what they serve', 'winback plugin list').action(
          does(() => import('./commands/plugin-list.js')),
        ),
      ),
  );

  program.addCommand(
    new Command('driver').description('check drivers of backup targets').addCommand(
      command('check', 'hold a driver to its contract, on a scratch target', 'winback driver check /mnt/usb/scratch.bkf')
        .argument('<URI>', 'a target that does not exist yet; it is written to, and gone afterwards')
        .action(does(() => import('./commands/driver-check.js'))),
    ),
  );

  program.addCommand(
    command('tour', 'a short tour on a scratch folder, with real commands', 'winback tour').action(
      does(() => import('./commands/tour.js')),
    ),
  );
  sayHelpAlike(program);
  return program;
}

/** Subcommands do not inherit how help is asked for. */
function sayHelpAlike(command: Command): void {
  command.helpOption('-h, --help', 'print this help');
  if (command.commands.length > 0) command.helpCommand('help [command]', 'print the help of a command');
  command.commands.forEach(sayHelpAlike);
}

/** The command that a command line chooses, as far as its words are known. */
export function chosenCommand(program: Command, argv: readonly string[]): Command {
  let chosen = program;
  for (const word of argv) {
    const next = chosen.commands.find((c) => c.name() === word);
    if (!next) break;
    chosen = next;
  }
  return chosen;
}
