import type { State, StateOf } from "../model/state.ts";
import type { FlowRunner } from "./flow-runner.ts";
import { MapRun } from "./map-run.ts";
import { at } from "./plan.ts";
import { restOf } from "./readiness.ts";
import { PENDING, type TaskRun } from "./task-run.ts";

/** The maps of one run whose children are under way. */
export class Maps {
  /** By the index of the mapped task. */
  readonly running = new Map<number, MapRun>();
  /** Those whose parent a state handler replaced: they run once, and nobody sees their states. */
  readonly #shadows = new Map<number, MapRun>();
  readonly #runner: FlowRunner;

  constructor(runner: FlowRunner) {
    this.#runner = runner;
  }

  /** Gives a mapped task its children, once its parent's pass has ended in `ended`. */
  expand(run: TaskRun, ended: State): void {
    const { index, origin } = run;
    const isMapped = ended.type === "Mapped";
    const earlier = origin.type === "Mapped" ? origin.children : undefined;
    const startOf = (child: number): State => (earlier === undefined ? origin : (earlier[child] ?? PENDING));
    const map = new MapRun(this.#runner, index, isMapped, startOf, earlier?.length ?? 0);
    if (isMapped) {
      this.running.set(index, map);
      this.#runner.events.mapped(run.task.name, map.width);
      this.#runner.openStreams(index);
      if (map.width === 0) this.#complete(map);
    } else this.#shadows.set(index, map);
    if (map.isCounted) {
      map.isCounting = true;
      this.#runner.queue.pushCounting(map, run.task.priority);
    } else
      for (let child = 0; child < map.width; child++) {
        if (map.isShadow && map.hasRestAbove(child)) map.taken[child] = 1;
        this.#makeReady(map, child);
      }
  }

  /** Where a child's pass has ended, and which children of other maps that sets free. */
  settle(run: TaskRun, map: MapRun, ended: State): void {
    const { index, mapIndex: child } = run;
    if (map.isShadow) return;
    const rest = restOf(ended);
    if (rest !== "done") {
      map.resting.set(child, ended);
      if (this.#shadows.size > 0) this.#forgoBelow(index, child);
      if (rest === "wait") this.#runner.timers.add({ due: this.#runner.dueOf(run, ended), index, child });
      return;
    }
    map.states[child] = ended;
    map.done += 1;
    const { downStart, downTask, downStreams } = this.#runner.plan;
    for (let slot = at(downStart, index); slot < at(downStart, index + 1); slot++) {
      const target = at(downTask, slot);
      const below = downStreams[slot] === 1 ? (this.running.get(target) ?? this.#shadows.get(target)) : undefined;
      if (below !== undefined && child < below.width) this.#makeReady(below, child);
    }
    if (map.done === map.width) this.#complete(map);
  }

  /** The time has come that a child waited for. */
  wake(index: number, child: number): void {
    const map = this.running.get(index);
    if (map?.resting.has(child) === true) this.#queue(map, child);
  }

  /** Queues every child that is not under way, wherever it waits. */
  wakeAll(): void {
    for (const map of this.running.values()) {
      for (const child of map.resting.keys()) this.#queue(map, child);
      if (map.isCounting) continue;
      for (let child = 0; child < map.width; child++) {
        if (map.taken[child] === 1) continue;
        map.taken[child] = 1;
        this.#queue(map, child);
      }
    }
  }

  /** Shows what children have come to where a map is left unfinished. */
  snapshot(): void {
    for (const map of this.running.values()) this.#show(map);
  }

  /** Nobody sees the states of shadows: those that would have to wait for a retry above them are not run. */
  #forgoBelow(index: number, child: number): void {
    const { downStart, downTask, downStreams } = this.#runner.plan;
    for (let slot = at(downStart, index); slot < at(downStart, index + 1); slot++) {
      if (downStreams[slot] !== 1) continue;
      const target = at(downTask, slot);
      const shadow = this.#shadows.get(target);
      if (shadow !== undefined && child < shadow.width) shadow.taken[child] = 1;
      const map = this.running.get(target);
      if (map !== undefined && child < map.width && map.states[child] === undefined) this.#forgoBelow(target, child);
    }
  }

  #makeReady(map: MapRun, child: number): void {
    if (map.taken[child] === 1 || !map.isOpen(child)) return;
    map.taken[child] = 1;
    this.#queue(map, child);
  }

  #queue(map: MapRun, child: number): void {
    map.ready.push(child);
    this.#runner.queue.push(map, this.#runner.taskOf(map.index).priority);
  }

  #complete(map: MapRun): void {
    this.#show(map);
    this.running.delete(map.index);
    this.#runner.complete(map.index);
  }

  #show(map: MapRun): void {
    const { states } = this.#runner;
    const children = map.snapshot();
    const mapped = states[map.index] as StateOf<"Mapped">;
    states[map.index] = { ...mapped, children, result: children.map((child) => child.result) };
  }
}
