/**
 * The Provider of a running process: `memwatch attach`. In: an attachment. Out: readings, threads, and the results of
 * actions. Actions are commands of memwatch that run while the screen continues; the data thread opens what they write. What
 * the first frame does not show is loaded after it.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { attach, type Attachment } from '../../agent/attach/attach.js';
import { runsOn } from '../../agent/process/proc.js';
import { watchReadings } from '../../agent/capture/readings.js';
import type { LeakReport } from '../../analyzer/model/finding.js';
import { MemwatchError, messageOf } from '../../errors.js';
import { createTemporaryFolder } from '../../files/temporary.js';
import type {
  Provider,
  ProviderEvent,
  RunOptions,
  TargetAction,
  TargetReport,
  Thread,
} from '../../tui/state/provider.js';
import { CaptureProvider } from './capture-provider.js';
import { CpuWatch } from './cpu-watch.js';
import { nodeChildren, parentsAfter, parentThread, titleOf } from './related-processes.js';
import { runCommand } from './run-command.js';

const readingMs = 1000;
/** The target's guard closes the connection of a memwatch that has not run for 10 s, as when it was suspended. */
const stoodStillMs = 8000;
/** When the user quits, a running action has this long to undo what it did; then the guard in the target does it. */
const goodbyeMs = 1500;

export class LiveProvider extends CaptureProvider implements Provider {
  readonly live = true;
  readonly title: string;
  private stopWatching = new AbortController();
  private action: Promise<unknown> = Promise.resolve();
  /** Work in the background that only the end of the program waits for. */
  private aside: Promise<unknown> = Promise.resolve();
  /** What the last search for leaks found, in one line. */
  private found: string | undefined;
  private readonly cpu = new CpuWatch({
    show: (captures) => this.showNow(captures),
    onChange: (on) => this.emit({ type: 'watching', on }),
    idle: () => this.action,
  });
  private readonly kept: string[] = [];
  private lastReadingMs = performance.now();
  /**
   * The processes through which the user came to this one, each time by the parent's list of children; the first one
   * first.
   */
  private parents: readonly number[] = [];

  /** `attachment` is already attached, so that errors of attaching are reported before the screen is touched. */
  constructor(private attachment: Attachment) {
    super();
    this.title = titleOf(attachment);
  }

  override start(emit: (event: ProviderEvent) => void): void {
    super.start(emit);
    void this.sendThreads();
    void this.watch();
    void this.watchParts();
  }

  /** Without them, the screen shows the rest. */
  private async watchParts(): Promise<void> {
    const { attachment } = this;
    if (attachment.pid === undefined) return;
    const [{ watchMemory }, { computeParts }] = await Promise.all([
      import('../../agent/capture/memory.js'),
      import('../../analyzer/memory/parts.js'),
    ]);
    const stop = AbortSignal.any([this.stopWatching.signal, attachment.ending]);
    try {
      for await (const reading of watchMemory(attachment, stop)) {
        const { limits, pressure, oomKills } = reading;
        this.emit({ type: 'memory', memory: { parts: computeParts(reading), limits, pressure, oomKills } });
      }
    } catch {
      // the target is ending, or its mappings may not be read
    }
  }

  private async sendThreads(): Promise<void> {
    const { pid } = this.attachment;
    const workers = await this.attachment.workers().catch(() => []);
    const threads: Thread[] = [
      { id: '', title: 'main thread' },
      ...workers.map(({ id, title }) => ({ id: `/${id}`, title })),
      ...(pid === undefined ? [] : nodeChildren(pid)),
      ...this.parents.toReversed().flatMap((parent, at) => parentThread(parent, at === 0)),
    ];
    this.emit({ type: 'threads', threads });
  }

  private async watch(): Promise<void> {
    const { attachment } = this;
    this.stopWatching = new AbortController();
    const { signal } = this.stopWatching;
    const onSilence = (text: string): void => this.emit({ type: 'silent', text });
    try {
      for await (const reading of watchReadings(attachment, { intervalMs: readingMs, signal, onSilence })) {
        this.lastReadingMs = performance.now();
        this.emit({ type: 'reading', reading });
        void this.sendThreads(); // children come and go
      }
      if (!signal.aborted) await this.ended(attachment);
    } catch (error) {
      if (signal.aborted) return;
      const lives = attachment.pid !== undefined && (await runsOn(attachment.pid));
      this.emit({ type: 'ended', text: `the process no longer answers: ${messageOf(error)}`, lives });
    }
  }

  /** A process at its end waits until memwatch detaches. If it still runs, only the connection was closed. */
  private async ended(attachment: Attachment): Promise<void> {
    const { pid, session, worker } = attachment;
    if (pid !== undefined && worker === undefined && session.closed.aborted && (await runsOn(pid))) {
      return this.cutOff(attachment, pid);
    }
    const at = clockTime();
    const processLives = worker !== undefined && pid !== undefined && (await runsOn(pid));
    const crashed = !processLives && session.closed.aborted;
    const how = crashed ? await attachment.howItEnded() : undefined;
    const text = processLives
      ? `${worker.title} ended at ${at}; its data stays available; T: other threads`
      : `the process ${how ?? 'ended'} (${at}); its data stays available`;
    this.emit({ type: 'ended', text, crashed });
    await this.sendThreads();
    await attachment.detach();
  }

  /** Attaches again if memwatch itself had been suspended; if someone else closed the inspector, it stays closed. */
  private async cutOff(before: Attachment, pid: number): Promise<void> {
    if (performance.now() - this.lastReadingMs < stoodStillMs) {
      const text = `pid ${pid} is still running, but its inspector was closed: quit with q and attach again`;
      return this.emit({ type: 'ended', text, lives: true });
    }
    this.emit({ type: 'silent', text: 'memwatch was suspended and the target disconnected it: attaching again' });
    await before.detach().catch(() => {});
    this.attachment = await attach({ kind: 'pid', pid, worker: undefined });
    void this.watch();
    void this.watchParts();
  }

  /** Lines for the shell when the screen has closed: what was found, and where the captures are kept. */
  farewell(): readonly string[] {
    return [
      ...(this.found === undefined ? [] : [this.found]),
      ...(this.kept.length === 0 ? [] : [`kept: ${this.kept.join(', ')}`]),
    ];
  }

  async estimate(action: TargetAction): Promise<readonly string[] | undefined> {
    return (await import('./actions.js')).priceOf(action, this.attachment);
  }

  async run(action: TargetAction, options: RunOptions): Promise<string> {
    if (action.action === 'watch') return this.cpu.toggle(this.attachment, options.signal);
    const running = action.action === 'gc' ? this.collectGarbage() : this.runCommand(action, options);
    this.action = running.catch(() => {});
    return running;
  }

  private async collectGarbage(): Promise<string> {
    return (await import('./actions.js')).collectGarbage(this.attachment);
  }

  private async runCommand(action: TargetAction, options: RunOptions): Promise<string> {
    if (action.action === 'leaks') return this.findLeaks(options);
    const { commandOf, outcomeText } = await import('./actions.js');
    const { argv, file } = commandOf(action, this.targetText(), new Date());
    const document = await runCommand(argv, options);
    if (action.action === 'memory' || action.action === 'dump') {
      this.emit({ type: 'report', name: action.action, report: document as TargetReport });
      return `read at ${clockTime()}`;
    }
    if (file !== undefined) {
      this.kept.push(file);
      await this.open([file]);
    }
    return outcomeText(action, document, file);
  }

  /** Shows the report first; then reads the last of its snapshots for the Heap tab. No file is left. */
  private async findLeaks(options: RunOptions): Promise<string> {
    const { leaksCommandLine, leaksHeadline, leaksOutcome } = await import('./actions.js');
    const { path: folder, remove } = createTemporaryFolder();
    try {
      const report = (await runCommand(leaksCommandLine(this.targetText(), folder), options)) as LeakReport;
      this.found = leaksHeadline(report);
      await this.show(report);
      const last = (await readdir(folder))
        .filter((name) => name.endsWith('.heapsnapshot'))
        .sort()
        .at(-1);
      if (last === undefined) remove();
      else this.aside = this.openAside(join(folder, last)).finally(remove);
      return leaksOutcome(report);
    } catch (error) {
      remove();
      throw error;
    }
  }

  /** The name of the attached target for a command line. */
  private targetText(): string {
    const { pid, worker } = this.attachment;
    if (pid === undefined) {
      throw new MemwatchError('bad-argument', 'this needs a process of this machine', {
        hint: 'start the command itself: memwatch snapshot|cpu|alloc|leaks host:port',
      });
    }
    return worker === undefined ? String(pid) : `${pid}/${worker.id}`;
  }

  /** `` the main thread, `/2` a worker, `1234` another process. */
  async chooseThread(id: string): Promise<void> {
    const { pid } = this.attachment;
    const other = /^\d+$/.test(id) ? Number(id) : pid;
    if (other === undefined)
      throw new MemwatchError('bad-argument', 'its threads can be chosen only on its own machine');
    const worker = id.startsWith('/') ? id.slice(1) : undefined;
    const next = await attach({ kind: 'pid', pid: other, worker });
    this.stopWatching.abort();
    await this.cpu.end();
    const before = this.attachment;
    this.attachment = next;
    this.parents = parentsAfter(this.parents, pid, other);
    this.emit({ type: 'target', title: titleOf(next), thread: worker === undefined ? '' : id });
    void this.watch();
    void this.watchParts();
    await before.detach();
    await this.sendThreads();
  }

  override async close(): Promise<void> {
    this.stopWatching.abort();
    this.attachment.main.hurry(); // a target that does not answer must not keep the user waiting
    const undone = Promise.all([this.action, this.aside, this.cpu.end()]);
    const late = sleep(goodbyeMs, undefined, { ref: false });
    await Promise.all([super.close(), this.attachment.detach(), Promise.race([undone, late])]);
  }
}

const clockTime = (): string => new Date().toLocaleTimeString('en-GB');
