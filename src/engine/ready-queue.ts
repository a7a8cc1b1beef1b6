import type { MapRun } from "./map-run.ts";
import type { Task } from "../model/task.ts";

/** A task by its index, or one more child of a map. */
export type Entry = number | MapRun;

/** First in, first out. */
class Line {
  #items: Entry[] = [];
  #head = 0;

  get first(): Entry | undefined {
    return this.#items[this.#head];
  }
  push(entry: Entry): void {
    this.#items.push(entry);
  }
  putBack(entry: Entry): void {
    if (this.#head === 0) this.#items.unshift(entry);
    else this.#items[--this.#head] = entry;
  }
  shift(): void {
    this.#head += 1;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head > 4096 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}

interface Level {
  readonly priority: number;
  readonly ready: Line;
  /** Maps whose children are counted off: after all that is ready, so that maps go depth first. */
  readonly counting: Line;
}

interface Parked {
  readonly entry: Entry;
  readonly priority: number;
  readonly isCounting: boolean;
}

/**
 * What may start, in the order in which it does: higher priorities first, then
 * first come, first served. What finds its pool full waits beside the queue, and
 * holds up nobody else.
 */
export class ReadyQueue {
  readonly #levels: Level[] = [level(0)];
  readonly #limits: Readonly<Record<string, number>>;
  readonly #isLimited: boolean;
  readonly #used = new Map<string, number>();
  readonly #parked = new Map<string, Parked[]>();
  /** How often something parked was let out. */
  #wakes = 0;
  readonly #taskOf: (entry: Entry) => Task;

  constructor(limits: Readonly<Record<string, number>>, taskOf: (entry: Entry) => Task) {
    this.#limits = limits;
    this.#isLimited = Object.keys(limits).length > 0;
    this.#taskOf = taskOf;
  }

  push(entry: Entry, priority: number): void {
    this.#level(priority).ready.push(entry);
  }

  /** Children are taken from it until `MapRun.take` has no more. */
  pushCounting(map: MapRun, priority: number): void {
    this.#level(priority).counting.push(map);
  }

  /** @returns the next entry whose pools have room, with its place in them taken; undefined when there is none */
  take(): Entry | undefined {
    for (;;) {
      const wakes = this.#wakes;
      const entry = this.#next();
      // What was woken on the way may have gone to a level that was passed already.
      if (entry !== undefined || wakes === this.#wakes) return entry;
    }
  }

  #next(): Entry | undefined {
    for (const { priority, ready, counting } of this.#levels) {
      for (let entry = ready.first; entry !== undefined; entry = ready.first) {
        ready.shift();
        if (this.#enter(entry, priority, false)) return entry;
      }
      for (let entry = counting.first; entry !== undefined; entry = counting.first) {
        counting.shift();
        if (!(entry as MapRun).isCounting) {
          // It has no more children to start, and leaves the place that it was woken for to others.
          this.#wakeAll(entry);
        } else if (this.#enter(entry, priority, true)) {
          counting.putBack(entry);
          return entry;
        }
      }
    }
    return undefined;
  }

  /** Gives back the place that `take` took. */
  release(task: Task): void {
    if (!this.#isLimited) return;
    for (const pool of this.#poolsOf(task)) {
      this.#used.set(pool, (this.#used.get(pool) ?? 1) - 1);
      this.#wake(pool);
    }
  }

  /** Lets the next of those that wait for a pool try again, if there is room in it. */
  #wake(pool: string): void {
    if (this.#isFull(pool)) return;
    const next = this.#parked.get(pool)?.shift();
    if (next === undefined) return;
    const { ready, counting } = this.#level(next.priority);
    (next.isCounting ? counting : ready).putBack(next.entry);
    this.#wakes += 1;
  }

  #wakeAll(passing: Entry, but?: string): void {
    if (!this.#isLimited) return;
    for (const pool of this.#poolsOf(this.#taskOf(passing))) if (pool !== but) this.#wake(pool);
  }

  #isFull(pool: string): boolean {
    return (this.#used.get(pool) ?? 0) >= (this.#limits[pool] ?? Infinity);
  }

  #enter(entry: Entry, priority: number, isCounting: boolean): boolean {
    if (!this.#isLimited) return true;
    const pools = this.#poolsOf(this.#taskOf(entry));
    const full = pools.find((pool) => this.#isFull(pool));
    if (full === undefined) {
      for (const pool of pools) this.#used.set(pool, (this.#used.get(pool) ?? 0) + 1);
      return true;
    }
    const line = this.#parked.get(full) ?? [];
    const behind = line.findIndex((each) => each.priority < priority);
    line.splice(behind < 0 ? line.length : behind, 0, { entry, priority, isCounting });
    this.#parked.set(full, line);
    // Woken for one pool and held up by another, it must not hold up those behind it in the first.
    this.#wakeAll(entry, full);
    return false;
  }

  #poolsOf(task: Task): readonly string[] {
    const named = task.pool === undefined ? [] : [task.pool];
    return [...named, ...task.tags.map((tag) => `tag:${tag}`)].filter((pool) => this.#limits[pool] !== undefined);
  }

  #level(priority: number): Level {
    const first = this.#levels[0] as Level;
    if (first.priority === priority) return first;
    const index = this.#levels.findIndex((each) => each.priority <= priority);
    const found = this.#levels[index];
    if (found?.priority === priority) return found;
    const made = level(priority);
    this.#levels.splice(index < 0 ? this.#levels.length : index, 0, made);
    return made;
  }
}

function level(priority: number): Level {
  return { priority, ready: new Line(), counting: new Line() };
}
