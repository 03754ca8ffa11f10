import { parentPort, workerData } from 'node:worker_threads';
import { decryptStretch } from './decrypt-stretch.js';
import type { Stretch } from './stretch.js';

const { stretch, memory } = workerData as { readonly stretch: Stretch; readonly memory: SharedArrayBuffer };
parentPort?.postMessage(decryptStretch(stretch, new Int32Array(memory)));
