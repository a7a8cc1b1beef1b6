import type { RefTo } from "./reference.ts";

declare const SHAPE: unique symbol;
const ANNOTATION: unique symbol = Symbol.for("flowctl.annotation") as never;

interface Annotated {
  readonly [ANNOTATION]: "mapped" | "unmapped" | "flat";
  readonly value: unknown;
}

/** A value that every mapped child gets whole. */
export interface Unmapped<out T> {
  readonly [SHAPE]: "unmapped";
  readonly value: T;
}

/** A list whose elements are lists: they are joined before use. */
export interface Flat<out T> {
  readonly [SHAPE]: "flat";
  readonly value: RefTo<readonly T[]>;
}

/** A list of which every mapped child gets one element, also in a call that is not mapped. */
export interface Mapped<out T> {
  readonly [SHAPE]: "mapped";
  readonly value: RefTo<readonly T[]>;
}

const annotate = (kind: Annotated[typeof ANNOTATION], value: unknown): unknown =>
  ({ [ANNOTATION]: kind, value }) satisfies Annotated;

/** In `.map`: this input is not taken apart; every child gets the whole of it. */
export function unmapped<const T>(value: T): Unmapped<T> {
  return annotate("unmapped", value) as Unmapped<T>;
}

/** Joins the lists in a list, one level: `[[1, 2], [3]]` is given as `[1, 2, 3]`. */
export function flatten<T>(
  value: RefTo<readonly (readonly T[])[]> | readonly (readonly T[] | RefTo<readonly T[]>)[],
): Flat<T> {
  return annotate("flat", value) as Flat<T>;
}

/** In a plain call or an edge: this input is taken apart, one child of the task per element. */
export function mapped<T>(value: RefTo<readonly T[]> | readonly T[]): Mapped<T> {
  return annotate("mapped", value) as Mapped<T>;
}

/** What a value's annotations say, whatever their nesting; they win over the call's own mode. */
export function readAnnotations(
  value: unknown,
  mode: boolean,
): { value: unknown; mapped: boolean; flattened: boolean } {
  let at = value;
  let isMapped = mode;
  let flattened = false;
  let decided = false;
  while (typeof at === "object" && at !== null && Object.hasOwn(at, ANNOTATION)) {
    const { [ANNOTATION]: kind, value: inner } = at as Annotated;
    if (kind === "flat") flattened = true;
    else if (!decided) {
      isMapped = kind === "mapped";
      decided = true;
    }
    at = inner;
  }
  return { value: at, mapped: isMapped, flattened };
}
