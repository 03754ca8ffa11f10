import { Command, Option } from 'commander';
import { changer, command, ignorePassword, nextMedia, oneOf, version, type CommandModule } from './command-options.js';

type Does = <O>(load: () => CommandModule<O>) => (...args: unknown[]) => Promise<void>;

const FILE = 'a file exported in the raw format, or encrypted on its volume';
const STORED = `${FILE}; with --backup-target, its path in a backup`;
/** Of commands that take a file out of a backup, too. */
const fromBackup = (it: Command): Command =>
  it
    .option('--backup-target <URI>', 'the backup that the file is in')
    .addOption(version('version it is in: an identifier, or latest (default)'))
    .addOption(ignorePassword())
    .addOption(nextMedia())
    .addOption(changer());
const passwordFile = (): Option =>
  new Option('--password-file <FILE>', 'a file whose first line is the password (else WINBACK_EFS_PASSWORD, else it is asked for)');
const key = (): Option => new Option('--key <FILE...>', 'private keys: .pfx, .p12, or PEM with the certificate');
const cert = (): Option => new Option('--cert <FILE...>', 'certificates of users: PEM, .cer or .pfx');
const agent = (): Option => new Option('--recovery-agent <FILE...>', 'certificates of recovery agents');
const sid = (): Option => new Option('--sid <SID>', 'the SID of the users, which Windows shows the name of');

/** The commands on encrypted files. */
export function efsCommand(does: Does): Command {
  const users = new Command('users')
    .description('list, add and remove who can open a file')
    .addCommand(
      fromBackup(command('list', 'list the users and recovery agents of a file', 'winback efs users list letter.docx.efsraw'))
        .argument('<FILE>', STORED)
        .action(does(() => import('./commands/efs-users-list.js'))),
    )
    .addCommand(
      command(
        'add',
        'let more users or recovery agents open a file',
        'winback efs users add letter.docx.efsraw --key ann.pfx --cert bob.cer',
      )
        .argument('<FILE>', FILE)
        .addOption(key().makeOptionMandatory())
        .addOption(cert())
        .addOption(agent())
        .addOption(sid())
        .addOption(passwordFile())
        .action(does(() => import('./commands/efs-users-add.js'))),
    )
    .addCommand(
      command(
        'remove',
        'take users or recovery agents off a file; needs no key',
        'winback efs users remove letter.docx.efsraw --thumbprint 9f3b1f8e5d0c4f6e8f3f0123456789ab01234567',
      )
        .argument('<FILE>', FILE)
        .requiredOption('--thumbprint <THUMBPRINT...>', 'of their certificates, as users list shows them')
        .action(does(() => import('./commands/efs-users-remove.js'))),
    );
  return new Command('efs')
    .description('encrypted files (EFS): carry them raw, open them with a key, encrypt them')
    .addCommand(
      fromBackup(
        command('info', 'tell what a file is encrypted with, for whom, and what streams it has', 'winback efs info letter.docx.efsraw')
          .argument('<FILE>', STORED)
          .addOption(key())
          .addOption(passwordFile()),
      ).action(does(() => import('./commands/efs-info.js'))),
    )
    .addCommand(
      command(
        'export',
        'write the raw form of an encrypted file; needs no key',
        'winback efs export /mnt/windows/letter.docx --output letter.docx.efsraw',
      )
        .argument('<FILE>', 'a file that is encrypted on its volume')
        .option('--output <FILE>', 'a file that does not exist yet (default: stdout)')
        .option('--drop-alternate-streams', 'only the unnamed stream')
        .action(does(() => import('./commands/efs-export.js'))),
    )
    .addCommand(
      command(
        'import',
        'make an encrypted file of its raw form; needs no key',
        'winback efs import letter.docx.efsraw /mnt/windows/letter.docx',
      )
        .argument('<FILE>', 'a file in the raw format')
        .argument('<TARGET>', 'the file to make, which is replaced where it is there: on NTFS, mounted with -o efs_raw')
        .option('--directory', 'make a folder, whose new files will be encrypted')
        .option('--overwrite-hidden', 'replace the target even when it is hidden')
        .action(does(() => import('./commands/efs-import.js'))),
    )
    .addCommand(
      fromBackup(
        command(
          'decrypt',
          'decrypt a file, also straight out of a backup',
          'winback efs decrypt letter.docx.efsraw --key ann.pfx --output letter.docx\n' +
            '  winback efs decrypt docs/letter.docx --backup-target first.bkf --key ann.pfx --output letter.docx',
        )
          .argument('<FILE>', STORED)
          .addOption(key().makeOptionMandatory())
          .requiredOption('--output <FILE>', 'a file that does not exist yet')
          .option('--stream <NAME>', 'an alternate stream instead of the content')
          .addOption(passwordFile()),
      ).action(does(() => import('./commands/efs-decrypt.js'))),
    )
    .addCommand(
      command('encrypt', 'encrypt a file as Windows does', 'winback efs encrypt letter.docx --cert ann.cer --output letter.docx.efsraw')
        .argument('<FILE>', 'a plain file')
        .addOption(cert().makeOptionMandatory())
        .addOption(agent())
        .requiredOption(
          '--output <FILE>',
          'a file that does not exist yet: in the raw format where it ends in .efsraw, else encrypted on NTFS',
        )
        .addOption(new Option('--algorithm <NAME>', 'aes-256, 3des or desx').argParser(oneOf('aes-256', '3des', 'desx')).default('aes-256'))
        .addOption(sid())
        .addOption(passwordFile())
        .action(does(() => import('./commands/efs-encrypt.js'))),
    )
    .addCommand(users);
}
