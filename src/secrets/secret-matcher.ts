import { MAX_COLOUR, passedAt } from "./colour-code.ts";
import { afterByte, AFTER_OTHER, isWord, Nfa, type Before } from "./nfa.ts";
import type { Pattern } from "./patterns.ts";
import { SetMemo } from "./set-memo.ts";

/** A stretch of bytes that shows a secret; `end` is exclusive. */
export interface SecretRange {
  readonly start: number;
  readonly end: number;
  /** Name of the secret at its beginning. */
  readonly name: string;
}

/** What a scan finds. */
export interface Scan {
  /** In order; those that touch or overlap are joined. Each begins before `undecidedFrom`. */
  readonly ranges: readonly SecretRange[];
  /** Where a secret may have begun that the bytes do not show to its end; their length where there is none. */
  readonly undecidedFrom: number;
  /** What stands before that position. */
  readonly before: Before;
}

export interface ScanOptions {
  /** What stands before the bytes. @default neither a word nor a line break */
  readonly before?: Before;
  /** Whether nothing follows the bytes. */
  readonly isLast: boolean;
}

/** So many bytes are read before the matches in them are worked out. */
const BLOCK = 64 * 1024;
/** States that are kept. Where a text needs more they are made anew, which costs time and no match. */
const MAX_STATES = 8192;
const UNKNOWN = -1;
const ESCAPE = 0x1b;
const RETURN = 0x0d;

/** Flags of a state: a match ends with it; or it does if no letter or digit follows. */
const ENDS = 1;
const ENDS_A_WORD = 2;

/** Bytes that were read, with the state after each of them in `#path`. */
interface Block {
  readonly from: number;
  readonly to: number;
  /** Ends of matches, relative to `from`, times two; one more where the end of a word is one. */
  readonly ends: number[];
  /** Whether the bytes end within a colour code. */
  readonly isUnfinished: boolean;
}

/**
 * Finds secrets in bytes of UTF-8. A deterministic automaton reads each byte once; its states are sets of threads of
 * the `Nfa`, made when a text first leads to them. Where matches have ended, a second pass goes backwards over the
 * same states and finds every byte that belongs to one. Both are linear in the text. Colour codes and carriage
 * returns are passed over.
 */
export class SecretMatcher {
  readonly #nfa: Nfa;

  readonly #maxStates: number;
  readonly #memo: SetMemo;
  /** By state and byte: the next state; `-2 - state` where matches end with it. */
  #table = new Int32Array(0);
  #threads: (readonly number[])[] = [];
  #before: Before[] = [];
  #flags: number[] = [];
  readonly #ids = new Map<string, number>();
  #path = new Int32Array(0);
  #isPassed = new Uint8Array(0);

  constructor(patterns: readonly Pattern[], { maxStates = MAX_STATES }: { readonly maxStates?: number } = {}) {
    this.#nfa = new Nfa(patterns);
    this.#maxStates = maxStates;
    this.#memo = new SetMemo(this.#nfa);
  }

  scan(bytes: Uint8Array, { before = AFTER_OTHER, isLast }: ScanOptions): Scan {
    const ranges: SecretRange[] = [];
    let next = { at: 0, before };
    let factor = 1;
    for (;;) {
      const from = next.at;
      const to = Math.min(bytes.length, from + BLOCK * factor);
      const block = this.#read(bytes, { from, to, before: next.before, limit: this.#maxStates * factor, isLast });
      const isEnd = isLast && block.to === bytes.length;
      this.#memo.trim();
      const found = this.#coveredIn(bytes, { block, isEnd });
      next = isEnd ? { at: block.to, before: AFTER_OTHER } : this.#openFrom(bytes, block);
      for (const { start, end, before: what } of found.reverse()) {
        if (start >= next.at) continue;
        const last = ranges.at(-1);
        if (last !== undefined && start <= last.end) {
          ranges[ranges.length - 1] = { ...last, end: Math.max(last.end, end) };
        } else ranges.push({ start, end, name: this.#nameAt(bytes, { start, before: what, isLast }) });
      }
      if (block.to === bytes.length || block.isUnfinished) {
        return { ranges, undecidedFrom: next.at, before: next.before };
      }
      // What may be a match is longer than the block, or needs more states: more of both for the same bytes.
      factor = next.at === from ? factor * 2 : 1;
    }
  }

  /** Reads bytes up to `to`, or as far as there is room for states. */
  #read(
    bytes: Uint8Array,
    options: { from: number; to: number; before: Before; limit: number; isLast: boolean },
  ): Block {
    const { from, to, before, limit, isLast } = options;
    if (this.#threads.length >= limit) this.#forget();
    this.#reserve(to - from + MAX_COLOUR + 1);
    const ends: number[] = [];
    const path = this.#path;
    let state = this.#stateOf([], before);
    let table = this.#table;
    path[0] = state;
    let at = from;
    for (; at < to; at += 1) {
      const byte = bytes[at] ?? 0;
      let next = table[(state << 8) | byte] ?? UNKNOWN;
      if (next < 0) {
        const length = byte === ESCAPE || byte === RETURN ? passedAt(bytes, at) : 0;
        if (length < 0 && !isLast) return { from, to: at, ends, isUnfinished: true };
        if (length > 0) {
          this.#pass({ at: at - from, length, state });
          at += length - 1;
          continue;
        }
        if (next === UNKNOWN) {
          if (this.#threads.length >= limit) break;
          next = this.#advance(state, byte);
          table = this.#table;
        }
        if (next < UNKNOWN) {
          next = -2 - next;
          const place = (at - from) * 2;
          if (((this.#flags[state] ?? 0) & ENDS_A_WORD) !== 0 && !isWord(byte)) ends.push(place + 1);
          if (((this.#flags[next] ?? 0) & ENDS) !== 0) ends.push(place + 2);
        }
      }
      path[at - from + 1] = next;
      state = next;
    }
    return { from, to: at, ends, isUnfinished: false };
  }

  #pass({ at, length, state }: { at: number; length: number; state: number }): void {
    this.#path.fill(state, at + 1, at + length + 1);
    this.#isPassed.fill(1, at + 1, at + length + 1);
  }

  /** @returns the stretches that belong to matches which end in the block, the last one first */
  #coveredIn(bytes: Uint8Array, { block, isEnd }: { readonly block: Block; readonly isEnd: boolean }): Covered[] {
    const { from, ends } = block;
    const length = block.to - from;
    if (isEnd && ((this.#flags[this.#path[length] ?? 0] ?? 0) & ENDS_A_WORD) !== 0) ends.push(length * 2 + 1);
    const found: Covered[] = [];
    let set = SetMemo.EMPTY;
    let end = -1;
    for (let at = length; at > 0; at -= 1) {
      for (let last = ends.at(-1); last !== undefined && last >> 1 === at; last = ends.at(-1)) {
        ends.pop();
        const state = this.#path[at] ?? 0;
        set = this.#memo.withEnds(set, { state, threads: this.#threads[state] ?? [], ofWord: (last & 1) === 1 });
      }
      if (set === SetMemo.EMPTY) {
        if (ends.length === 0) break;
        at = ((ends.at(-1) ?? 0) >> 1) + 1;
        continue;
      }
      if (end < 0) end = at;
      if (this.#isPassed[at] === 1) continue;
      const step = this.#stepBack(set, { at, byte: bytes[from + at - 1] ?? 0 });
      set = step.set;
      if (set !== SetMemo.EMPTY) continue;
      const before = this.#before[this.#path[at - 1] ?? 0] ?? AFTER_OTHER;
      const last = found.at(-1);
      if (last?.start === from + end) found[found.length - 1] = { start: from + at - 1, end: last.end, before };
      else found.push({ start: from + at - 1, end: from + end, before });
      end = -1;
    }
    return found;
  }

  /** Where the first thread began that has not come to an end. */
  #openFrom(bytes: Uint8Array, { from, to }: Block): { readonly at: number; readonly before: Before } {
    let first = to - from;
    const state = this.#path[first] ?? 0;
    let set = this.#memo.openOf({ state, threads: this.#threads[state] ?? [] });
    for (let at = first; at > 0 && set !== SetMemo.EMPTY; at -= 1) {
      if (this.#isPassed[at] === 1) continue;
      const step = this.#stepBack(set, { at, byte: bytes[from + at - 1] ?? 0 });
      if (step.begins) first = at - 1;
      set = step.set;
    }
    return { at: from + first, before: this.#before[this.#path[first] ?? 0] ?? AFTER_OTHER };
  }

  #stepBack(set: number, { at, byte }: { readonly at: number; readonly byte: number }) {
    const state = this.#path[at - 1] ?? 0;
    const before = this.#before[state] ?? AFTER_OTHER;
    return this.#memo.back(set, { state, threads: this.#threads[state] ?? [], before, byte });
  }

  /** The secret that is shown from `start` on; the one of the longest match. */
  #nameAt(bytes: Uint8Array, options: { start: number; before: Before; isLast: boolean }): string {
    const { start, before, isLast } = options;
    let threads: readonly number[] = [];
    let name = "";
    const take = (ended: readonly number[]): void => {
      if (ended.length > 0) name = this.#nfa.nameOf(Math.min(...ended));
    };
    for (let at = start; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      const length = byte === ESCAPE || byte === RETURN ? passedAt(bytes, at) : 0;
      if (length > 0) at += length - 1;
      if (length > 0) continue;
      if (!isWord(byte)) take(threads.filter((each) => this.#nfa.isEndOfWord(each)));
      threads = at === start ? this.#nfa.starts(before, byte) : this.#nfa.next(threads, byte);
      take(threads.filter((each) => this.#nfa.isEnd(each)));
      if (threads.length === 0) return name;
    }
    if (isLast) take(threads.filter((each) => this.#nfa.isEndOfWord(each)));
    return name;
  }

  #advance(state: number, byte: number): number {
    const before = this.#before[state] ?? AFTER_OTHER;
    const threads = new Set(this.#nfa.next(this.#threads[state] ?? [], byte));
    for (const each of this.#nfa.starts(before, byte)) threads.add(each);
    const next = this.#stateOf([...threads], afterByte(byte, before));
    const wordEnds = ((this.#flags[state] ?? 0) & ENDS_A_WORD) !== 0 && !isWord(byte);
    const found = wordEnds || ((this.#flags[next] ?? 0) & ENDS) !== 0 ? -2 - next : next;
    // Whether an escape is a colour code is to be seen each time.
    if (byte !== ESCAPE) this.#table[(state << 8) | byte] = found;
    return found;
  }

  #stateOf(threads: number[], before: Before): number {
    const key = `${String(before)} ${threads.sort((a, b) => a - b).join(" ")}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const state = this.#threads.push(threads) - 1;
    this.#ids.set(key, state);
    this.#before.push(before);
    const ends = threads.some((each) => this.#nfa.isEnd(each)) ? ENDS : 0;
    this.#flags.push(ends | (threads.some((each) => this.#nfa.isEndOfWord(each)) ? ENDS_A_WORD : 0));
    if (this.#table.length <= state << 8) {
      const larger = new Int32Array(Math.max(64 << 8, this.#table.length * 2)).fill(UNKNOWN);
      larger.set(this.#table);
      this.#table = larger;
    }
    return state;
  }

  #forget(): void {
    this.#threads = [];
    this.#before = [];
    this.#flags = [];
    this.#ids.clear();
    this.#table.fill(UNKNOWN);
    this.#memo.clear();
  }

  #reserve(length: number): void {
    if (this.#path.length < length) {
      this.#path = new Int32Array(length);
      this.#isPassed = new Uint8Array(length);
    } else this.#isPassed.fill(0, 0, length);
  }
}

interface Covered {
  readonly start: number;
  readonly end: number;
  readonly before: Before;
}
