import { isFinished, type State } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { Grace } from "./grace.ts";
import { hasChildren, type MapRun } from "./map-run.ts";
import { listProblem } from "./map-step.ts";
import { Maps } from "./maps.ts";
import { advance } from "./pipeline.ts";
import { OpenEdges } from "./open-edges.ts";
import type { Plan } from "./plan.ts";
import { ReadyQueue, type Entry } from "./ready-queue.ts";
import { restOf, restorable, unwrapped } from "./readiness.ts";
import { RunEvents } from "./run-events.ts";
import type { RunOptions } from "./run-options.ts";
import { PENDING, TaskRun } from "./task-run.ts";
import { TaskVoices } from "./task-voices.ts";
import { Timers, type Waiting } from "./timers.ts";
import { WorkSlice } from "./work-slice.ts";

const WAITING = 0;
const QUEUED = 1;
const RESTING = 2;
const MAPPING = 3;
const DONE = 4;

const DEFAULT_CONCURRENCY = 16;

/**
 * Runs the tasks of one flow: starts what is open, as many at a time as may be,
 * and settles what has ended. It never waits where nothing has to be awaited.
 */
export class FlowRunner {
  readonly plan: Plan;
  readonly options: RunOptions;
  /** By task index: where each task stands. */
  readonly states: State[];
  readonly maps: Maps = new Maps(this);
  /** The task whose failure another's only follows from. */
  readonly causes = new Map<number, string>();
  readonly events: RunEvents;
  readonly voices: TaskVoices;
  /** Set when the run is being ended: the state of what had not finished. */
  stopping: State | undefined = undefined;
  /** The grace of a stopped run is over: not even clean-up goes on. */
  isOverdue = false;
  readonly #status: Uint8Array;
  readonly #edges: OpenEdges;
  readonly queue: ReadyQueue;
  readonly timers: Timers;
  readonly slice: WorkSlice;
  readonly #active = new Set<TaskRun>();
  #limit: number;
  #running = 0;
  #isPumping = false;
  #isYielding = false;
  #finish: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined = undefined;
  readonly grace: Grace;

  constructor(plan: Plan, options: RunOptions) {
    this.plan = plan;
    this.options = options;
    this.slice = new WorkSlice(options.clock);
    this.events = new RunEvents(options, (error) => {
      this.#break(error);
    });
    this.voices = new TaskVoices(options);
    this.states = new Array<State>(plan.tasks.length).fill(PENDING);
    this.#status = new Uint8Array(plan.tasks.length);
    this.#edges = new OpenEdges(plan, (index) => {
      if (this.#status[index] === WAITING) this.#enqueue(index);
    });
    this.#limit = Math.max(1, options.concurrency ?? plan.flow.concurrency ?? DEFAULT_CONCURRENCY);
    this.queue = new ReadyQueue({ ...plan.flow.pools, ...options.pools }, (entry) => this.#taskFor(entry));
    this.timers = new Timers(options.clock, (due) => {
      for (const each of due) this.#wake(each);
      this.#pump();
    });
    this.grace = new Grace(this, this.#active, (run) => {
      this.#settle(run);
      this.#pump();
    });
  }

  /** Runs until nothing more can happen by itself: all done, or what is left waits for a person. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#finish = { resolve, reject };
      this.#restore();
      for (let i = 0; i < this.plan.tasks.length; i++)
        if (this.#edges.isOpen(i) && this.#status[i] === WAITING) this.#enqueue(i);
      if (this.stopping !== undefined) this.#cancelAll(this.stopping);
      this.#pump();
    });
  }

  /** Ends the run: aborts what runs, and takes everything else through its handlers in this state. */
  stop(as: State): void {
    if (this.stopping !== undefined) return;
    this.stopping = as;
    if (this.#finish === undefined) return;
    this.#cancelAll(as);
    this.#pump();
  }

  /** Whether all that a task depends on is finished. */
  isOpen(index: number): boolean {
    return this.#edges.isOpen(index);
  }

  recordTask(run: TaskRun, from: State, to: State, willRetry: boolean): void | Promise<void> {
    if (run.causedBy !== undefined) this.causes.set(run.index, run.causedBy);
    const stored = this.events.task(run, from, to, willRetry, this.voices.of(run)?.notifiers);
    // Outside the pump the code of another task may run next, and end the process.
    if (!this.#isPumping && this.#active.size > 1) void this.events.flush();
    return stored;
  }

  /** Starts tasks until none is ready, the limit is reached, or the event loop must turn. */
  #pump(): void {
    if (this.#isPumping || this.#isYielding) return;
    this.#isPumping = true;
    while (this.#running < this.#limit) {
      this.#isYielding = this.slice.isOver;
      if (this.#isYielding) break;
      const entry = this.queue.take();
      if (entry === undefined) break;
      this.#start(entry);
    }
    this.#isPumping = false;
    // What runs from here on may end the process.
    void this.events.flush();
    if (this.#isYielding) this.#yield();
    else if (this.#running === 0 && this.timers.size === 0) this.#end();
  }

  #yield(): void {
    void this.slice.end().then(() => {
      this.#isYielding = false;
      this.#pump();
    });
  }

  #start(entry: Entry): void {
    const run =
      typeof entry === "number" ? new TaskRun(this, entry, undefined, -1, this.#stateOf(entry)) : this.#child(entry);
    if (run === undefined) {
      this.queue.release(this.#taskFor(entry));
      return;
    }
    this.#running += 1;
    const waits = advance(run, 0);
    if (waits === undefined) {
      this.#settle(run);
      return;
    }
    this.#active.add(run);
    // The body itself may have ended the run, before anybody knew that it runs.
    if (this.stopping !== undefined && run.task.kind !== "cleanup") this.grace.include(run);
    waits.then(
      () => {
        this.#active.delete(run);
        if (run.dead) return;
        this.#settle(run);
        this.#pump();
      },
      (error: unknown) => {
        this.#break(error);
      },
    );
  }

  #child(map: MapRun): TaskRun | undefined {
    const child = map.take();
    return child === undefined ? undefined : new TaskRun(this, map.index, map, child, map.startOf(child));
  }

  /** Where a pass has ended, and what that sets free. */
  #settle(run: TaskRun): void {
    this.#running -= 1;
    this.queue.release(run.task);
    const ended = unwrapped(run.state);
    if (run.map !== undefined) this.maps.settle(run, run.map, ended);
    else this.#settleTask(run, ended);
  }

  #settleTask(run: TaskRun, ended: State): void {
    const { index } = run;
    this.states[index] = ended;
    const rest = restOf(ended);
    if (rest !== "done") {
      this.#status[index] = RESTING;
      if (rest === "wait") this.timers.add({ due: this.dueOf(run, ended), index, child: -1 });
      return;
    }
    if (this.plan.mapped[index] === 1 && hasChildren(ended)) {
      // A state handler that replaced Mapped leaves children nobody sees; cancelling does not.
      const isReplaced = ended.type !== "Mapped";
      if (!isReplaced || (this.stopping === undefined && listProblem(run) === undefined)) this.maps.expand(run, ended);
    }
    if (ended.type !== "Mapped" || this.plan.mapped[index] === 0) this.complete(index);
  }

  /** A task is done, with all its children. */
  complete(index: number): void {
    this.#status[index] = DONE;
    this.#edges.openAll(index);
  }

  /** A task is Mapped: the edges open on which child waits for child. */
  openStreams(index: number): void {
    this.#status[index] = MAPPING;
    this.#edges.openStreams(index);
  }

  #enqueue(index: number): void {
    this.#status[index] = QUEUED;
    this.queue.push(index, this.taskOf(index).priority);
  }

  #wake({ index, child }: Waiting): void {
    if (child >= 0) this.maps.wake(index, child);
    else if (this.#status[index] === RESTING) this.#enqueue(index);
  }

  #taskFor(entry: Entry): Task {
    return this.taskOf(typeof entry === "number" ? entry : entry.index);
  }

  /** When a pass that ended in a state that waits goes on. */
  dueOf(run: TaskRun, ended: State): number {
    const now = this.options.clock.now();
    const startTime = "startTime" in ended ? (ended.startTime ?? now) : now;
    return this.stopping === undefined || run.task.kind === "cleanup" ? startTime : now;
  }

  taskOf(index: number): Task {
    return this.plan.tasks[index] as Task;
  }

  #stateOf(index: number): State {
    return this.states[index] as State;
  }

  /** What is finished in the states given from outside is not run again, but for what holds no lasting value. */
  #restore(): void {
    const { taskStates, announceKept } = this.options;
    if (taskStates === undefined) return;
    for (let i = 0; i < this.plan.tasks.length; i++) {
      const known = restorable(taskStates.get(this.taskOf(i)), this.taskOf(i).kind);
      if (known === undefined) continue;
      this.states[i] = known;
      if (announceKept === true) this.events.kept(this.taskOf(i), known);
      if (isFinished(known) && known.type !== "Cached" && known.type !== "Mapped") this.#status[i] = DONE;
    }
    // Only now: of a chain of done tasks none may be taken for one that waits.
    this.#status.forEach((status, i) => {
      if (status === DONE) this.#edges.openAll(i);
    });
  }

  /** Sends all that is not under way through the queue, where it meets `stopping`. */
  #cancelAll(as: State): void {
    this.#limit = Infinity;
    this.timers.clear();
    this.grace.begin(reasonOf(as), () => {
      this.isOverdue = true;
    });
    this.maps.wakeAll();
    for (let i = 0; i < this.plan.tasks.length; i++) {
      const isResting = this.#status[i] === RESTING;
      if (!isResting && this.#status[i] !== WAITING) continue;
      if (this.taskOf(i).kind !== "cleanup") this.#enqueue(i);
      else if (isResting) this.timers.add({ due: this.options.clock.now(), index: i, child: -1 });
    }
  }

  /** The run cannot go on, by no fault of the flow's: nothing more is started. */
  #break(error: unknown): void {
    this.#limit = 0;
    this.timers.clear();
    for (const run of this.#active) run.abort(new Error("The run broke off."));
    this.#finish?.reject(error);
  }

  #end(): void {
    this.grace.end();
    this.timers.clear();
    this.maps.snapshot();
    this.#finish?.resolve();
  }
}

/** Why bodies are aborted. */
function reasonOf(stopping: State): Error {
  return new Error(stopping.message ?? "Cancelled.");
}
