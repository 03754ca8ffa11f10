const hex = (number) => number.toString(16).padStart(8, '0');
const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);

const FOLDER = 0o040755;
const LINK = 0o120777;
const FILE = 0o100755;

/** An archive that Linux boots from (cpio, "newc"). `entries`: [path, content], content a Buffer, {link: target} or undefined for a folder. */
export function cpio(entries) {
  const parts = [];
  [...entries, ['TRAILER!!!', Buffer.alloc(0)]].forEach(([path, content], inode) => {
    const data = Buffer.isBuffer(content) ? content : Buffer.from(content?.link ?? '');
    const mode = content === undefined ? FOLDER : Buffer.isBuffer(content) ? FILE : LINK;
    const name = Buffer.from(`${path}\0`);
    const numbers = [inode + 1, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
    const head = Buffer.concat([Buffer.from(`070701${numbers.map(hex).join('')}`), name]);
    parts.push(padded(head), padded(data));
  });
  return Buffer.concat(parts);
}
