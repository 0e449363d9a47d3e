// Problem: a poller starts its next turn inside the context of the turn before, and each context retains its parent.
// The leak: `poll` in this file; the chain of `Turn` objects behind the AsyncLocalStorage store grows by one per turn.
// Run: node samples/dist/context-chain.js
import { AsyncLocalStorage } from 'node:async_hooks';

class Turn {
  readonly notes: string[] = [];
  constructor(
    readonly parent: Turn | undefined,
    readonly number: number,
  ) {
    for (let i = 0; i < 8; i++) this.notes.push(`note ${i} of turn ${number}`);
  }
}

const turns = new AsyncLocalStorage<Turn>();

function poll(number: number): void {
  turns.run(new Turn(turns.getStore(), number), () => setTimeout(() => poll(number + 1), 1));
}

console.log(`ready ${process.pid}`);
for (let poller = 0; poller < 4; poller++) poll(0);
