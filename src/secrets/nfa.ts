import { mayBeginWith, skippable, unitKey, unitOf, type Pattern } from "./patterns.ts";
import { BACK_TO_START, END_OF_MATCH, type Unit } from "./unit.ts";

/** What stands before a position: it decides what may begin there. */
export const AFTER_OTHER = 0;
export const AFTER_WORD = 1;
export const AFTER_LINE_BREAK = 2;
export type Before = typeof AFTER_OTHER | typeof AFTER_WORD | typeof AFTER_LINE_BREAK;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;

/** Nodes of one unit: a thread is a number, its place times this and its node within the unit there. */
const NODES = 4096;

/** Whether a match ends at a place: not yet, there, or there if no letter or digit follows. */
const NO_END = 0;
const END = 1;
const END_OF_WORD = 2;

/** A pattern, with its first place, the first one that is enough, and its last. */
interface Placed {
  readonly name: string;
  readonly begin: number;
  readonly enough: number;
  readonly last: number;
  /** Whether no letter or digit may follow. */
  readonly endsWord: boolean;
}

/**
 * All patterns as one automaton with many threads. A place stands before a unit of a pattern or at its end; a
 * thread is at a place, or within the unit there. What units look like is worked out when a thread comes to one.
 */
export class Nfa {
  readonly #units: (Unit | undefined)[] = [undefined];
  readonly #keys: number[] = [0];
  /** By place: the unit that follows, 0 at the end of a pattern. */
  readonly #unitAt: number[] = [];
  readonly #patternAt: number[] = [];
  readonly #patterns: Placed[] = [];
  /** By what stands before: by unit, the places at which a pattern may begin with it. */
  readonly #beginnings: readonly Map<number, number[]>[] = [new Map(), new Map(), new Map()];
  readonly #starts = new Map<number, readonly number[]>();

  constructor(patterns: readonly Pattern[]) {
    const units = new Map<number, number>();
    for (const pattern of patterns) this.#add(pattern, units);
  }

  /** Threads that begin with this byte. */
  starts(before: Before, byte: number): readonly number[] {
    const key = before * 256 + byte;
    let found = this.#starts.get(key);
    if (found === undefined) {
      const threads = new Set<number>();
      for (const places of this.#beginnings[before]?.values() ?? []) {
        const [first = 0] = places;
        // Places with the same unit go the same way.
        const moved: number[] = [];
        this.#move(first, { node: 0, byte, into: moved });
        if (moved.length > 0) for (const place of places) this.#move(place, { node: 0, byte, into: threads });
      }
      found = [...threads];
      this.#starts.set(key, found);
    }
    return found;
  }

  /** Threads that a thread becomes by this byte. */
  moves(thread: number, byte: number): readonly number[] {
    const into: number[] = [];
    this.#move(Math.floor(thread / NODES), { node: thread % NODES, byte, into });
    return into;
  }

  /** The same for several threads, each only once. */
  next(threads: readonly number[], byte: number): readonly number[] {
    const found = new Set<number>();
    for (const each of threads) this.#move(Math.floor(each / NODES), { node: each % NODES, byte, into: found });
    return [...found];
  }

  /** Whether a match has ended with the thread's last byte. */
  isEnd(thread: number): boolean {
    return this.#ending(thread) === END;
  }

  /** The same, if no letter and no digit follows. */
  isEndOfWord(thread: number): boolean {
    return this.#ending(thread) === END_OF_WORD;
  }

  /** Whether what follows may make a difference. */
  isOpen(thread: number): boolean {
    const place = Math.floor(thread / NODES);
    return thread % NODES !== 0 || this.#unitAt[place] !== 0 || this.#ending(thread) === END_OF_WORD;
  }

  /** Name of the secret to which a thread belongs that has come to an end. */
  nameOf(thread: number): string {
    return this.#patternOf(Math.floor(thread / NODES))?.name ?? "";
  }

  #patternOf(place: number): Placed | undefined {
    return this.#patterns[this.#patternAt[place] ?? -1];
  }

  #ending(thread: number): number {
    if (thread % NODES !== 0) return NO_END;
    const pattern = this.#patternOf(thread / NODES);
    if (pattern === undefined || thread / NODES < pattern.enough) return NO_END;
    return pattern.endsWord ? END_OF_WORD : END;
  }

  #add(pattern: Pattern, known: Map<number, number>): void {
    const { name, kind, text, enough } = pattern;
    const begin = this.#unitAt.length;
    const index = this.#patterns.length;
    for (const each of text) {
      const key = unitKey(kind, each.codePointAt(0) ?? 0, this.#unitAt.length - begin);
      let unit = known.get(key);
      if (unit === undefined) {
        unit = this.#keys.push(key) - 1;
        known.set(key, unit);
      }
      this.#unitAt.push(unit);
      this.#patternAt.push(index);
    }
    const last = this.#unitAt.push(0) - 1;
    this.#patternAt.push(index);
    const isShort = kind === "quoted";
    this.#patterns.push({ name, begin, enough: begin + enough, last, endsWord: isShort && /\w$/.test(text) });
    this.#begin(begin, AFTER_OTHER);
    this.#begin(begin, AFTER_LINE_BREAK);
    if (!isShort || !/^\w/.test(text)) this.#begin(begin, AFTER_WORD);
    for (let skipped = skippable(pattern); skipped > 0; skipped -= 1) this.#begin(begin + skipped, AFTER_LINE_BREAK);
  }

  #begin(place: number, before: Before): void {
    const unit = this.#unitAt[place] ?? 0;
    const places = this.#beginnings[before]?.get(unit);
    if (places === undefined) this.#beginnings[before]?.set(unit, [place]);
    else places.push(place);
  }

  #move(place: number, step: { node: number; byte: number; into: number[] | Set<number> }): void {
    const { node, byte, into } = step;
    const index = this.#unitAt[place] ?? 0;
    if (node === 0 && isWord(byte) && !mayBeginWith(this.#keys[index] ?? 0, byte)) return;
    const unit = this.#unit(index);
    const target = unit?.edges[node]?.get(byte);
    if (unit === undefined || target === undefined) return;
    const put = (thread: number): void => {
      if (Array.isArray(into)) into.push(thread);
      else into.add(thread);
    };
    if (target === BACK_TO_START) {
      if (this.#patternOf(place)?.begin !== place) put(place * NODES);
    } else if (target === END_OF_MATCH) put((this.#patternOf(place)?.last ?? 0) * NODES);
    else {
      if (unit.isEnd[target] === true) put((place + 1) * NODES);
      if ((unit.edges[target]?.size ?? 0) > 0) put(place * NODES + target);
    }
  }

  #unit(index: number): Unit | undefined {
    if (index === 0) return undefined;
    return (this.#units[index] ??= unitOf(this.#keys[index] ?? 0));
  }
}

/** What a byte leaves for the next position; blanks at the beginning of a line do not end that beginning. */
export function afterByte(byte: number, before: Before): Before {
  if (isWord(byte)) return AFTER_WORD;
  if (byte === NEWLINE || byte === RETURN) return AFTER_LINE_BREAK;
  return before === AFTER_LINE_BREAK && (byte === SPACE || byte === TAB) ? AFTER_LINE_BREAK : AFTER_OTHER;
}

/** Whether a byte is a letter, a digit or `_`. */
export function isWord(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f
  );
}
