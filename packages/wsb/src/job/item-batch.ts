import type { JobEvent, ListedItem } from './job.js';

/** Items are told in batches: a message a file would cost more than finding it. */
const BATCH = 500;

export class ItemBatch {
  #items: ListedItem[] = [];
  constructor(private readonly onEvent: (event: JobEvent) => void) {}

  add(item: ListedItem): void {
    if (this.#items.push(item) >= BATCH) this.flush();
  }

  flush(): void {
    if (this.#items.length > 0) this.onEvent({ type: 'items', items: this.#items });
    this.#items = [];
  }
}
