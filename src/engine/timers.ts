import type { Clock } from "../host/clock.ts";

/** A task, or a mapped child of it, that waits for a time. `child` is -1 where it is the task itself. */
export interface Waiting {
  readonly due: number;
  readonly index: number;
  readonly child: number;
}

/**
 * Tasks that wait for their start time, on one timer of the clock. Those that
 * are due together come together, in the order of the flow.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #onDue: (due: readonly Waiting[]) => void;
  /** A heap by `due`. */
  readonly #items: Waiting[] = [];
  #timer: unknown = undefined;
  #armedFor = Infinity;

  constructor(clock: Clock, onDue: (due: readonly Waiting[]) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#items.length;
  }

  add(item: Waiting): void {
    const items = this.#items;
    let hole = items.push(item) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if ((items[parent] as Waiting).due <= item.due) break;
      items[hole] = items[parent] as Waiting;
      hole = parent;
    }
    items[hole] = item;
    this.#arm();
  }

  /** Forgets all that waits, and lets go of the clock. */
  clear(): void {
    this.#items.length = 0;
    this.#arm();
  }

  #arm(): void {
    const due = this.#items[0]?.due ?? Infinity;
    if (due === this.#armedFor) return;
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#armedFor = due;
    this.#timer =
      due === Infinity
        ? undefined
        : this.#clock.setTimeout(
            () => {
              this.#fire();
            },
            Math.max(0, due - this.#clock.now()),
          );
  }

  #fire(): void {
    this.#timer = undefined;
    this.#armedFor = Infinity;
    const now = this.#clock.now();
    const due: Waiting[] = [];
    for (let next = this.#items[0]; next !== undefined && next.due <= now; next = this.#items[0]) {
      due.push(next);
      this.#pop();
    }
    this.#arm();
    due.sort((a, b) => a.index - b.index || a.child - b.child);
    this.#onDue(due);
  }

  #pop(): void {
    const items = this.#items;
    const last = items.pop();
    if (last === undefined || items.length === 0) return;
    let hole = 0;
    for (let child = 1; child < items.length; child = 2 * hole + 1) {
      if (child + 1 < items.length && (items[child + 1] as Waiting).due < (items[child] as Waiting).due) child += 1;
      if ((items[child] as Waiting).due >= last.due) break;
      items[hole] = items[child] as Waiting;
      hole = child;
    }
    items[hole] = last;
  }
}
