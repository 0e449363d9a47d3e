/**
 * The running screen: events change the state, the state is drawn, missing data is requested, effects are carried out.
 * In: a provider. Out: a promise that resolves when the user quits. The only file of the folder with state.
 */
import { MemwatchError, messageOf } from '../../errors.js';
import { startText } from '../rows/action-text.js';
import type { Effect, UiEvent } from '../state/events.js';
import { frame } from '../rows/frame.js';
import { textOf } from '../rows/line.js';
import type { Provider, TargetAction } from '../state/provider.js';
import { openTerminal, type Terminal } from './screen.js';
import type { Guardian } from './guardian.js';
import { initialState, type State } from '../state/state.js';
import { colorDepth } from '../rows/theme.js';
import { update } from '../keys/update.js';
import { wantsOf, type Want } from '../keys/wants.js';

/** Shows the provider's data until the user quits or the signal is aborted. The terminal is always restored. */
export const runTui = async (provider: Provider, guardian: Guardian, signal: AbortSignal): Promise<void> => {
  const app = new App(provider, guardian);
  const stop = (): void => app.quit();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    await app.ended;
  } finally {
    signal.removeEventListener('abort', stop);
    app.close();
    guardian.goodbye();
    await provider.close();
  }
};

const playEveryMs = 100;

class App {
  readonly ended: Promise<void>;
  private end: () => void = () => {};
  private fail: (error: unknown) => void = () => {};
  private state: State;
  private readonly terminal: Terminal;
  private drawing: NodeJS.Immediate | undefined;
  /** Requests without a reply so far, by kind. */
  private readonly asked = new Map<Want['want'], string>();
  /** Requests that failed are not made again. */
  private readonly failed = new Set<string>();
  private running: AbortController | undefined;
  private playing: NodeJS.Timeout | undefined;

  constructor(
    private readonly provider: Provider,
    guardian: Guardian,
  ) {
    this.ended = new Promise((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    });
    this.terminal = openTerminal(colorDepth(process.env), `memwatch ${provider.title}`, {
      onKey: (key) => this.dispatch({ type: 'key', key }),
      onMouse: (event) => this.dispatch({ type: 'mouse', ...event }),
      onResize: (columns, rows) => this.dispatch({ type: 'resize', columns, rows }),
      guardian,
    });
    this.state = initialState(provider.title, provider.live, this.terminal.columns, this.terminal.rows);
    this.guard(() => this.draw());
    provider.start((event) => this.dispatch(event));
  }

  quit(): void {
    this.running?.abort();
    this.end();
  }

  close(): void {
    this.play(false);
    if (this.drawing !== undefined) clearImmediate(this.drawing);
    this.terminal.close();
  }

  private dispatch(event: UiEvent): void {
    this.guard(() => {
      const { state, effects } = update(this.state, event);
      this.state = state;
      for (const effect of effects) this.carryOut(effect);
      this.drawing ??= setImmediate(() => this.guard(() => this.draw())); // one frame for all that came at once
      this.ask();
    });
  }

  /** A bug of ours must not leave the terminal in raw mode. */
  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fail(error);
    }
  }

  private draw(): void {
    this.drawing = undefined;
    this.terminal.draw(frame(this.state));
  }

  private ask(): void {
    for (const want of wantsOf(this.state)) {
      const name = want.want === 'rows' ? `${want.key} ${want.window.from} ${want.window.count}` : want.key;
      const open = this.asked.get(want.want);
      // a scrolled list waits for the reply to its last request; another list does not
      if (this.failed.has(name) || open === name || (want.want === 'rows' && open?.startsWith(`${want.key} `)))
        continue;
      this.asked.set(want.want, name);
      void this.answer(want, name);
    }
  }

  private async answer(want: Want, name: string): Promise<void> {
    const done = (): void => {
      if (this.asked.get(want.want) === name) this.asked.delete(want.want);
    };
    try {
      if (want.want === 'rows') {
        const page = await this.provider.rows(want.query, want.order, want.window);
        done();
        this.dispatch({ type: 'page', key: want.key, page });
      } else {
        const detail = await this.provider.detail(want.query);
        done();
        this.dispatch({ type: 'detail', key: want.key, detail });
      }
    } catch (error) {
      done();
      if (error instanceof MemwatchError && error.code === 'interrupted') return;
      this.failed.add(name);
      this.dispatch({ type: 'error', message: messageOf(error), endsWork: false });
    }
  }

  private carryOut(effect: Effect): void {
    switch (effect.effect) {
      case 'quit':
        return this.quit();
      case 'fail':
        return this.fail(new MemwatchError('cannot-read', effect.message, { hint: effect.hint }));
      case 'suspend':
        return this.terminal.suspend();
      case 'copy':
        return this.terminal.copy(effect.text);
      case 'cancel':
        if (this.running === undefined) this.provider.cancelLoading();
        return this.running?.abort();
      case 'estimate':
        return void this.estimate(effect.action);
      case 'run':
        return void this.run(effect.action);
      case 'save':
        return this.save(effect.format);
      case 'play':
        return this.play(effect.on);
      case 'thread':
        return this.settle(this.provider.chooseThread(effect.id), undefined, false);
    }
  }

  private play(on: boolean): void {
    clearInterval(this.playing);
    this.playing = on ? setInterval(() => this.dispatch({ type: 'played' }), playEveryMs) : undefined;
  }

  private async estimate(action: TargetAction): Promise<void> {
    const lines = await this.provider.estimate(action).catch((error: unknown) => [messageOf(error)]);
    this.dispatch({ type: 'estimated', action, lines });
  }

  private async run(action: TargetAction): Promise<void> {
    const running = new AbortController();
    this.running = running;
    const onProgress = (text: string): void => this.dispatch({ type: 'working', text });
    const start = performance.now();
    const tick = (): void => this.dispatch({ type: 'elapsed', seconds: (performance.now() - start) / 1000 });
    const ticking = setInterval(tick, 1000);
    try {
      const text = await this.provider.run(action, { signal: running.signal, onProgress });
      this.dispatch({ type: 'done', text, endsWork: true });
    } catch (error) {
      if (running.signal.aborted) this.dispatch({ type: 'stopped', message: stoppedText(action, error) });
      else this.dispatch({ type: 'error', message: errorText(error), endsWork: true });
    } finally {
      clearInterval(ticking);
      if (this.running === running) this.running = undefined;
    }
  }

  private save(format: Extract<Effect, { effect: 'save' }>['format']): void {
    const lines = frame({ ...this.state, overlay: undefined }).map((line) => textOf(line).trimEnd());
    const saved = this.provider.save(format, this.state.title, lines.slice(0, -1));
    this.settle(saved, (file) => `saved to ${file}`, false);
  }

  /** Shows the result of something small. */
  private settle<T>(work: Promise<T>, describe: ((value: T) => string) | undefined, endsWork: boolean): void {
    work.then(
      (value) => describe !== undefined && this.dispatch({ type: 'done', text: describe(value), endsWork }),
      (error: unknown) => this.dispatch({ type: 'error', message: errorText(error), endsWork }),
    );
  }
}

const errorText = (error: unknown): string => {
  const hint = error instanceof MemwatchError && error.hint !== undefined ? `: ${error.hint}` : '';
  return messageOf(error) + hint;
};

/** A command that was stopped says why in its own words; the provider says what still has to happen. */
const stoppedText = (action: TargetAction, error: unknown): string => {
  const message = messageOf(error);
  return `${startText(action)}: ${message.startsWith('stopped;') ? message : 'stopped, and what was done to the process is undone'}`;
};
