import type { Before, Nfa } from "./nfa.ts";

/** One step backwards through the threads that lead to a match. */
export interface Step {
  /** The set of threads before the byte. */
  readonly set: number;
  /** Whether what the set leads to begins with the byte. */
  readonly begins: boolean;
}

interface State {
  readonly state: number;
  readonly threads: readonly number[];
}

/** Steps that are remembered. */
const MAX_STEPS = 200_000;
const STATES = 2 ** 20;

/** Sets of threads by number, and what was worked out about them: most steps of a long match are like earlier ones. */
export class SetMemo {
  static readonly EMPTY = 0;
  readonly #nfa: Nfa;
  #sets: ReadonlySet<number>[] = [new Set()];
  readonly #ids = new Map<string, number>([["", SetMemo.EMPTY]]);
  readonly #steps = new Map<number, Step>();
  readonly #unions = new Map<number, number>();

  constructor(nfa: Nfa) {
    this.#nfa = nfa;
  }

  /** The set, and the threads of a state with which a match ends. */
  withEnds(set: number, { state, threads, ofWord }: State & { readonly ofWord: boolean }): number {
    const key = (set * STATES + state) * 2 + (ofWord ? 1 : 0);
    let found = this.#unions.get(key);
    if (found === undefined) {
      const ends = threads.filter((each) => (ofWord ? this.#nfa.isEndOfWord(each) : this.#nfa.isEnd(each)));
      found = this.#idOf(new Set([...(this.#sets[set] ?? []), ...ends]));
      this.#unions.set(key, found);
    }
    return found;
  }

  /** The threads of a state on which what follows may make a difference. */
  openOf({ threads }: State): number {
    return this.#idOf(new Set(threads.filter((each) => this.#nfa.isOpen(each))));
  }

  /** Which threads of the state before a byte lead to one of the set. */
  back(set: number, from: State & { readonly before: Before; readonly byte: number }): Step {
    const { state, threads, before, byte } = from;
    const key = (set * STATES + state) * 256 + byte;
    let step = this.#steps.get(key);
    if (step === undefined) {
      const goal = this.#sets[set] ?? new Set();
      const leads = (moved: readonly number[]): boolean => moved.some((each) => goal.has(each));
      const earlier = new Set(threads.filter((each) => leads(this.#nfa.moves(each, byte))));
      step = { set: this.#idOf(earlier), begins: leads(this.#nfa.starts(before, byte)) };
      this.#steps.set(key, step);
    }
    return step;
  }

  /** Forgets what was worked out where it has become too much. Sets by number are invalid from then on. */
  trim(): void {
    if (this.#steps.size + this.#unions.size > MAX_STEPS) this.clear();
  }

  clear(): void {
    this.#sets = [new Set()];
    this.#ids.clear();
    this.#ids.set("", SetMemo.EMPTY);
    this.#steps.clear();
    this.#unions.clear();
  }

  #idOf(threads: ReadonlySet<number>): number {
    const key = [...threads].sort((a, b) => a - b).join(" ");
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#sets.push(threads) - 1;
      this.#ids.set(key, id);
    }
    return id;
  }
}
