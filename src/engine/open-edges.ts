import { at, type Plan } from "./plan.ts";

/**
 * How many edges into each task are still shut. An edge opens when its upstream
 * is done; where child waits for child, as soon as the upstream is Mapped.
 */
export class OpenEdges {
  readonly #plan: Plan;
  readonly #shut: Int32Array;
  /** 1 where the edges on which child waits for child are open. */
  readonly #streamed: Uint8Array;
  readonly #onOpen: (index: number) => void;

  /** @param onOpen called with each task whose last edge opens */
  constructor(plan: Plan, onOpen: (index: number) => void) {
    this.#plan = plan;
    this.#onOpen = onOpen;
    this.#streamed = new Uint8Array(plan.tasks.length);
    this.#shut = new Int32Array(plan.tasks.length);
    for (let i = 0; i < plan.tasks.length; i++) this.#shut[i] = at(plan.upStart, i + 1) - at(plan.upStart, i);
  }

  isOpen(index: number): boolean {
    return this.#shut[index] === 0;
  }

  /** A task is done: its edges open, but for those that are open already. */
  openAll(index: number): void {
    this.#open(index, false);
  }

  /** A task is Mapped. */
  openStreams(index: number): void {
    this.#streamed[index] = 1;
    this.#open(index, true);
  }

  #open(index: number, isStreaming: boolean): void {
    const { downStart, downTask, downStreams } = this.#plan;
    for (let slot = at(downStart, index); slot < at(downStart, index + 1); slot++) {
      if (this.#streamed[index] === 1 && (downStreams[slot] === 1) !== isStreaming) continue;
      const target = at(downTask, slot);
      const left = at(this.#shut, target) - 1;
      this.#shut[target] = left;
      if (left === 0) this.#onOpen(target);
    }
  }
}
