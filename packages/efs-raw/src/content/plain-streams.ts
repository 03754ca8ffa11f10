import { wait, type Steps } from '../flow/steps.js';
import { MAIN_STREAM, type Items } from './item.js';
import { blockHeader, streamHeaderOf, type OnMissing, type StreamPart } from './volume-writer.js';

/** The streams of a decrypted file, as blocks, for their length is known only at their end. What is missing is a hole. */
export function* plainStreams(items: Items, onMissing: OnMissing): Steps<StreamPart> {
  let name = MAIN_STREAM;
  for (;;) {
    const item = yield* wait(items.next());
    if (!item) return;
    if (item.type === 'stream') {
      name = item.name;
      yield { header: streamHeaderOf(name) };
    } else if (item.type === 'run' && item.data && item.length > 0) {
      yield { header: blockHeader(item.offset, item.length) };
      yield { bytes: item.data };
    } else if (item.type === 'missing') onMissing(name, item.begin, item.end, item.reason);
    else if (item.type === 'end') yield { header: blockHeader(item.size, 0) };
  }
}
