import { parentPort, workerData } from 'node:worker_threads';
import { CancellationSwitch, createContainer, loadPlugins } from '@winback/core';
import { performJob } from './jobs.js';
import { toWire, type WorkerData, type WorkerMessage } from './wire.js';

const { job, plugins, cancellation } = workerData as WorkerData;
const send = (message: WorkerMessage): void => parentPort?.postMessage(message);

try {
  const container = createContainer(await loadPlugins(plugins));
  const result = await performJob(
    {
      container,
      cancellation: new CancellationSwitch(cancellation),
      onEvent: (event) => {
        send({ type: 'event', event });
      },
    },
    job,
  );
  send({ type: 'result', result });
} catch (error) {
  send({ type: 'error', error: toWire(error) });
}
