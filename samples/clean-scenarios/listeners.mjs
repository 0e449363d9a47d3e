// No leak: listeners, timers and abort signals that are removed again.
import { EventEmitter, once } from 'node:events';

const bus = new EventEmitter();

export const iterate = async (_, i) => {
  const controller = new AbortController();
  const waiting = once(bus, 'done', { signal: controller.signal });
  const timer = setTimeout(() => controller.abort(), 10_000);
  bus.emit('done', i);
  await waiting;
  clearTimeout(timer);
};
