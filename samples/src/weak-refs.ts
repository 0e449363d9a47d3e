// Problem: a registry keeps weak references to widgets, so widgets are freed, but the references themselves stay.
// The leak: `register` in this file; `widgets` gains one WeakRef per widget, and nothing removes the dead ones.
// Run: node samples/dist/weak-refs.js [widgets per second]
import { setTimeout as sleep } from 'node:timers/promises';

class Widget {
  constructor(readonly title: string) {}
}

const widgets = new Set<WeakRef<Widget>>();

function register(widget: Widget): number {
  widgets.add(new WeakRef(widget));
  return widget.title.length;
}

const perSecond = Number(process.argv[2] ?? 1000);
console.log(`ready ${process.pid}`);
for (let id = 0; ; await sleep(20)) {
  for (const end = id + Math.max(1, Math.round(perSecond / 50)); id < end; id++) register(new Widget(`widget ${id}`));
}
