import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

const RETRY_MS = 100;

/**
 * Runs `body` while no other process of this machine runs one for the same folder. The lock is an abstract socket of Linux: it goes
 * with its process, however that ends, and leaves nothing behind.
 */
export async function withLock(folder, body) {
  const name = `\0winback-wine-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
  let server = await listen(name);
  while (!server) {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    server = await listen(name);
  }
  try {
    return await body();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** The listening server, or undefined when another process has the name. */
function listen(name) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(name, () => resolve(server));
  });
}
