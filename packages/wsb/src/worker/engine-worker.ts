import { once } from 'node:events';
import { parentPort } from 'node:worker_threads';
import { CancellationSwitch, createContainer, errorToWire, loadPlugins } from '@winback/core';
import type { JobEvent } from '../job/job.js';
import { performJob } from './jobs.js';
import type { WorkerMessage, WorkerOrder } from './wire.js';

// A job's thread. It is started before its order is ready, so that everything above is loaded meanwhile.
const port = parentPort!;
const send = (message: WorkerMessage): void => {
  port.postMessage(message);
};

const [order] = (await once(port, 'message')) as [WorkerOrder];
try {
  const { job, plugins, cancellation } = order;
  const container = createContainer(await loadPlugins(plugins));
  const onEvent = (event: JobEvent): void => {
    send({ type: 'event', event });
  };
  const result = await performJob({ container, cancellation: new CancellationSwitch(cancellation), onEvent }, job);
  send({ type: 'result', result });
} catch (error) {
  send({ type: 'error', error: errorToWire(error) });
}
