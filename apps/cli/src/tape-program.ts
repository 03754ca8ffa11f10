import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { command, jobCommand, nonNegative, oneOf, type CommandModule } from './command-options.js';

type Does = <O>(load: () => CommandModule<O>) => (...args: unknown[]) => Promise<void>;

/** A number that also moves back. */
const wholeNumber = (value: string): number => {
  const number = /^[+-]?\d{1,16}$/.test(value) ? Number(value) : NaN;
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError('Expected a whole number.');
  return number;
};
const blockSize = (value: string): number => (value.toLowerCase() === 'variable' ? 0 : nonNegative(value));

const drive = (): Argument =>
  new Argument('<DRIVE>', String.raw`/dev/nst0, \\.\TAPE0, image:PATH or iscsi://HOST/TARGET/LUN, with or without tape: in front`);
const onOff = (name: string, text: string): Option => new Option(`--${name} <WHAT>`, `${text}: on or off`).argParser(oneOf('on', 'off'));
const number = (flags: string, text: string): Option => new Option(flags, text).argParser(wholeNumber);
const count = (flags: string, text: string): Option => new Option(flags, text).argParser(nonNegative);
const yes = (text: string): Option => new Option('--yes', text);

/** The commands on tape files, drives, cartridges and changers. */
export function tapeCommand(does: Does): Command {
  return new Command('tape')
    .description('look into tape files, and use tape drives and changers')
    .addCommand(
      command('inspect', 'list every block and stream of a .bkf file or a cartridge, and what is damaged', 'winback tape inspect first.bkf')
        .argument('<FILE>', 'a file in Microsoft Tape Format, or a drive: tape:/dev/nst0')
        .action(does(() => import('./commands/tape-inspect.js'))),
    )
    .addCommand(
      command(
        'extract',
        'take the streams out of a tape file, each into a file: also the containers in a .bak of SQL Server',
        'winback tape extract database.bak --output streams --stream MQDA',
      )
        .argument('<FILE>', 'a file in Microsoft Tape Format, or a drive: tape:/dev/nst0')
        .requiredOption('--output <DIR>', 'folder for the files; what is there already is left alone')
        .option('--stream <ID...>', 'only streams of these ids, for example MQDA (default: all but padding)')
        .addOption(count('--set <N>', 'only of this data set, from 1'))
        .action(does(() => import('./commands/tape-extract.js'))),
    )
    .addCommand(
      command('status', 'tell whether a drive is ready', 'winback tape status /dev/nst0')
        .addArgument(drive())
        .action(does(() => import('./commands/tape-status.js'))),
    )
    .addCommand(
      command(
        'parameters',
        'print what a drive and its cartridge are and can, and set it',
        'winback tape parameters /dev/nst0 --compression on --block-size variable',
      )
        .addArgument(drive())
        .addOption(onOff('compression', 'data compression by the drive'))
        .addOption(onOff('ecc', 'error correction by the drive'))
        .addOption(onOff('padding', 'data padding'))
        .addOption(onOff('report-setmarks', 'whether setmarks are reported'))
        .addOption(count('--eot-warning-zone <BYTES>', 'bytes between the early warning and the end'))
        .addOption(new Option('--block-size <BYTES>', 'bytes of every block, or variable').argParser(blockSize))
        .action(does(() => import('./commands/tape-parameters.js'))),
    )
    .addCommand(
      command('position', 'tell where a tape stands', 'winback tape position /dev/nst0')
        .addArgument(drive())
        .action(does(() => import('./commands/tape-position.js'))),
    )
    .addCommand(
      command('rewind', 'wind a tape to its beginning', 'winback tape rewind /dev/nst0')
        .addArgument(drive())
        .addOption(count('--partition <N>', 'of this partition, from 1 (default: the current one)'))
        .action(does(() => import('./commands/tape-rewind.js'))),
    )
    .addCommand(
      command('seek', 'move a tape; negative numbers move back', 'winback tape seek /dev/nst0 --filemarks 2')
        .addArgument(drive())
        .addOption(number('--block <N>', 'to this block'))
        .addOption(number('--filemarks <N>', 'over that many filemarks'))
        .addOption(number('--setmarks <N>', 'over that many setmarks'))
        .addOption(number('--blocks <N>', 'over that many blocks, up to a mark'))
        .addOption(number('--sequential-filemarks <N>', 'to behind that many filemarks in a row'))
        .addOption(number('--sequential-setmarks <N>', 'to behind that many setmarks in a row'))
        .addOption(new Option('--end-of-data', 'to behind everything'))
        .addOption(count('--partition <N>', 'with --block and --end-of-data: in this partition, from 1 (default: the current one)'))
        .addOption(new Option('--absolute', "with --block: an address of the device's own"))
        .action(does(() => import('./commands/tape-seek.js'))),
    )
    .addCommand(
      command('mark', 'write marks; what follows them is lost', 'winback tape mark /dev/nst0 --count 2 --end-of-data')
        .addArgument(drive())
        .addOption(
          new Option('--type <TYPE>', 'filemarks, setmarks, short-filemarks or long-filemarks')
            .argParser(oneOf('filemarks', 'setmarks', 'short-filemarks', 'long-filemarks'))
            .default('filemarks'),
        )
        .addOption(count('--count <N>', 'that many; 0 only waits until all is on the medium').default(1))
        .addOption(new Option('--end-of-data', 'behind everything').conflicts('yes'))
        .addOption(yes('also where something follows, which is lost'))
        .action(does(() => import('./commands/tape-mark.js'))),
    )
    .addCommand(
      command('erase', 'erase a tape from its beginning; without --yes only tell what would be lost', 'winback tape erase /dev/nst0 --yes')
        .addArgument(drive())
        .addOption(new Option('--long', 'everything, which can take hours (default: an end of data at the beginning)'))
        .addOption(count('--partition <N>', 'this partition, from 1 (default: the current one)'))
        .addOption(yes('really'))
        .action(does(() => import('./commands/tape-erase.js'))),
    )
    .addCommand(
      command('prepare', 'load, unload, tension, lock, unlock or format a cartridge', 'winback tape prepare /dev/nst0 unload')
        .addArgument(drive())
        .addArgument(new Argument('<OPERATION>', 'what to do').choices(['load', 'unload', 'tension', 'lock', 'unlock', 'format']))
        .addOption(yes('with format: really; a cartridge in a file is made where there is none'))
        .action(does(() => import('./commands/tape-prepare.js'))),
    )
    .addCommand(
      command(
        'partition',
        'divide a cartridge; everything on it is lost',
        'winback tape partition /dev/nst0 --method initiator --count 2 --size 1000 --yes',
      )
        .addArgument(drive())
        .addOption(
          new Option('--method <METHOD>', 'fixed: as the drive does; select: in parts of sizes that the drive chooses; initiator: --size')
            .argParser(oneOf('fixed', 'select', 'initiator'))
            .makeOptionMandatory(),
        )
        .addOption(count('--count <N>', 'how many partitions'))
        .addOption(count('--size <MB>', 'of the second partition'))
        .addOption(yes('really'))
        .action(does(() => import('./commands/tape-partition.js'))),
    )
    .addCommand(
      command('inventory', 'list the sets on a cartridge', 'winback tape inventory image:monday.wbtape')
        .addArgument(drive())
        .action(does(() => import('./commands/tape-inventory.js'))),
    )
    .addCommand(
      jobCommand('copy', 'copy a cartridge, block for block with all marks', 'winback tape copy /dev/nst0 image:monday.wbtape')
        .argument('<FROM>', 'a drive')
        .argument('<TO>', 'another drive, with a blank cartridge; an image is made where there is none')
        .addOption(new Option('--overwrite', 'write over what is on the cartridge'))
        .addOption(new Option('--verify', 'read the copy again and compare it'))
        .action(does(() => import('./commands/tape-copy.js'))),
    )
    .addCommand(
      command(
        'changer',
        'list what is in a changer, and move cartridges: list, move FROM TO (addresses), load SLOT [DRIVE], unload [DRIVE] [SLOT]; create SLOTS [DRIVES] makes one of files',
        'winback tape changer /dev/sg3 load 4',
      )
        .argument('<ADDRESS>', 'a changer: /dev/sg3, iscsi://HOST/TARGET/LUN, changer:FOLDER')
        .addArgument(new Argument('<ACTION>', 'what to do').choices(['list', 'move', 'load', 'unload', 'create']))
        .argument('[NUMBER...]', 'slots are counted from 1, drives from 0; move takes the addresses that list shows')
        .option('--capacity <SIZE>', 'create: of each cartridge, for example 20MiB or 1TiB (default: without a limit)')
        .action(does(() => import('./commands/tape-changer.js'))),
    );
}
