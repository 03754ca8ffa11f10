import { describe, expect, it } from 'vitest';
import { backup, factsOf, home, json, listItems, machine, need, programFile, recovery, run, sh, useHome, verify } from './program.js';

useHome();

/** Names that some program, somewhere, takes for something else. */
const NAMES = String.raw`
mkdir src; cd src
for name in $'n\xffn' $'\xed\xa0\x80lone' $'\xc3' $'\xef\xbf\xbd' $'\xef\xbf\xbe' $'new\nline' $'esc\x1b[31m\x07' $'\x01' $'tab\tx' \
  'back\slash' -rf --items ' lead' 'trail ' a:b 'a*b?' ... nul $'nfc\xc3\xa9' $'nfde\xcc\x81' $'\xf0\x9f\x98\x80' \
  "$(printf 'x%.0s' {1..255})" "$(printf '\xc3\xa4%.0s' {1..127})"; do printf %s "$name" > "./$name"; done
deep=deep; mkdir deep; cd deep
for i in {1..30}; do n=$(printf 'p%.0s' {1..200})$i; mkdir $n; cd $n; done
echo deep > bottom; ln -s ../x link
`;
const KINDS = String.raw`
cd src
mkdir d1 d2 'd\3'; echo hl > d1/h; ln d1/h d2/h2; ln d1/h d2/h3; ln -s loop loop; ln -s ../src d1/up; ln -s $'\xff\n' badlink
ln badlink d2/hardbadlink; ln -s "$(printf 'y%.0s' {1..4000})" longlink; mkfifo fifo; ln fifo d1/fifo2
truncate -s 1T tera; printf x | dd of=tera bs=1 seek=500000000000 conv=notrunc status=none
for at in 0 100; do dd if=/dev/urandom of=mix bs=4096 count=3 seek=$at conv=notrunc status=none; done; truncate -s 2M mix
touch -d '1901-12-13 20:45:53.123456789' old; touch -d '1969-12-31 23:59:59.999999999' before; touch -d '2446-01-01 00:00:00.000000001' future
touch -h -d '2001-02-03 04:05:06.000000007' badlink loop; touch -d '2001-02-03 04:05:06.987654321' d1 d2 fifo
`;
const ROOTS = String.raw`
cd src
mknod char c 1 3; mknod block b 7 200; ln char d2/char2; echo s > suid; chown 1234:4321 suid; chmod 6755 suid
mkdir sticky; chown 55:66 sticky; chmod 3777 sticky; echo z > mode0; chmod 0 mode0; mkdir d0; echo > d0/f; chmod 0 d0
touch facts; setfattr -n user.x -v y facts; setfattr -n user.$'\xc3\xa9' -v '' facts; setfattr -n trusted.q -v r facts
setfattr -n security.capability -v 0sAQAAAgAgAAAAAAAAAAAAAAAAAAA= facts; setfattr -h -n trusted.link -v r badlink
setfattr -n user.big -v "$(printf 'v%.0s' {1..3000})" d1; setfacl -m u:77:r,g:88:rwx facts; setfacl -d -m u:77:rwx d1; setfacl -m u:77:rwx d1; touch d1/inherits
`;

describe('every name and every kind of file', () => {
  it('comes back as it was, to the judgement of the system’s own tools', async (context) => {
    sh(NAMES);
    sh(KINDS);
    if (machine.root && machine.attributes) sh(ROOTS);
    expect(await run(backup('src'))).toMatchObject({ code: 0 });
    expect(await run(recovery('/'))).toMatchObject({ code: 0, stderr: '' });
    expect(await run(verify())).toMatchObject({ code: 0 });
    expect(await run(verify('--compare', 'out'))).toMatchObject({ code: 0 });
    expect(await run(verify('--compare', '/'))).toMatchObject({ code: 0 });
    const [was, is] = [factsOf('src'), factsOf(`out${home()}/src`)];
    expect(is).toEqual(was);
    expect(is.length).toBeGreaterThan(80);
    const out = `out${home()}/src`;
    // diff(1) stops at paths of 4,096 bytes.
    const sums = (folder: string): string => sh(`cd ${folder}; find . -type f ! -name tera -execdir sha1sum -b {} + | sort`);
    expect(sums(out)).toBe(sums('src'));
    expect(
      sh(
        `cd ${out}; stat -c %h d1/h d2/h3 fifo badlink; stat -c %i d1/h d2/h2 d2/h3 | uniq | wc -l; stat -c %i fifo d1/fifo2 | uniq | wc -l`,
      ),
    ).toBe('3\n3\n2\n2\n1\n1\n');
    need(context, machine.root && machine.attributes, 'files that only root can make, and attributes, need root and setfattr, setfacl');
  });

  it('is told in printable characters, everywhere', async () => {
    sh(NAMES);
    const made = await run(backup('src'));
    const listed = await run(listItems);
    sh('rm -r src; mkdir src');
    const compared = await run(verify('--compare', '/'));
    const inspected = await run(['tape', 'inspect', 'x.bkf']);
    for (const { stdout, stderr } of [made, listed, compared, inspected]) {
      // eslint-disable-next-line no-control-regex -- what must not be there
      expect(stdout + stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    }
    expect(compared.code).toBe(3);
    expect(compared.stderr).toContain(String.raw`src/esc\x1b[31m\x07`);
    expect(listed.stdout).toContain(String.raw`src/n\xffn`);
  });

  it('can be named on the command line, whatever bytes it has', async () => {
    sh(String.raw`mkdir src src/$'d\xfe' $'to\xfd'; echo in > src/$'d\xfe'/f; echo out > src/other`);
    const bash = (script: string): string => sh(`winback() { ${process.execPath} ${programFile} "$@" 2>&1; }; ${script}`);
    bash(String.raw`winback start backup --include src/$'d\xfe' --backup-target x.bkf`);
    expect((await json(listItems)).items.map((i) => i.path.slice(home().length))).toEqual(['/src/d\udcfe', '/src/d\udcfe/f']);
    bash(
      String.raw`winback start recovery --version latest --items "$PWD/src/"$'d\xfe' --recovery-target $'to\xfd/new' --backup-target x.bkf`,
    );
    expect(sh(String.raw`cat $'to\xfd/new'"$PWD"/src/$'d\xfe'/f; ls`)).toBe('in\nsrc\nto\xfd\nx.bkf\n');
    expect(bash(String.raw`winback verify --compare $'to\xfd/new' --backup-target x.bkf`)).toContain('Same as ');
    expect(bash(String.raw`cd src/$'d\xfe'; winback start backup --include f --backup-target ../../y.bkf`)).toContain('1 file');
    // A target is named in catalogs and messages, so its own name has to be text.
    expect(bash(String.raw`winback start backup --include src --backup-target $'x\xff.bkf' || echo $?`)).toMatch(/UTF-8[^]*\n2\n$/);
    expect(sh('ls')).toBe('src\nto\xfd\nx.bkf\ny.bkf\n');
  });
});

describe('many files', () => {
  it('100,000 in one folder', async () => {
    sh('mkdir src; cd src; seq 100000 | xargs touch');
    expect(await json(backup('src'))).toMatchObject({ code: 0, files: 100_000 });
    expect(await json(recovery('/'))).toMatchObject({ code: 0, files: 100_000 });
    expect(await json(verify('--compare', 'out'))).toMatchObject({ code: 0, files: 100_000, different: 0 });
    expect(sh(`ls -f out${home()}/src | wc -l`)).toBe('100002\n');
  }, 300_000);
});
