import type { Edge } from "../model/edge.ts";
import { isFailed, isPending, type State } from "../model/state.ts";
import { asList } from "./as-list.ts";
import { flattenChildren, flattenResult } from "./flatten.ts";
import type { FlowRunner } from "./flow-runner.ts";
import { IndexHeap } from "./index-heap.ts";
import { at } from "./plan.ts";

/** Where the children of a map get the state of one edge from. */
type Source =
  /** All have the same: the edge is not mapped. */
  | { readonly kind: "same"; readonly state: State }
  /** Each has a copy with its element. */
  | { readonly kind: "elements"; readonly state: State; readonly list: ArrayLike<unknown> | undefined }
  /** Each has the state of the child with its index; `map` while that one still runs. */
  | { readonly kind: "children"; readonly states: readonly (State | undefined)[]; readonly map: MapRun | undefined };

/**
 * The children of one mapped task while they run. Those that depend on nothing
 * unfinished are not queued one by one: `next` counts them off, so that a hundred
 * thousand cost no more than those that are under way. Those that wait for the
 * child of another map come when that child is done, before any more are counted
 * off: depth first.
 */
export class MapRun {
  readonly runner: FlowRunner;
  readonly index: number;
  readonly width: number;
  /** What each child starts from. */
  readonly origin: (child: number) => State;
  /** The parent was replaced by a state handler: the children run once, and nobody sees their states. */
  readonly isShadow: boolean;
  readonly states: (State | undefined)[];
  /** Children that may start, lowest index first. */
  readonly ready = new IndexHeap();
  /** 1 where the child is queued, under way, waiting for a time, or done. */
  readonly taken: Uint8Array;
  /** The states of children that wait for a time or a person. */
  readonly resting = new Map<number, State>();
  /** Children whose state is final. */
  done = 0;
  /** There may be children still to be counted off. */
  isCounting = false;
  #next = 0;
  readonly #sources: readonly Source[];

  constructor(runner: FlowRunner, index: number, isMapped: boolean, origin: (child: number) => State, known: number) {
    this.runner = runner;
    this.index = index;
    this.origin = origin;
    this.isShadow = !isMapped;
    this.#sources = sourcesOf(runner, index);
    this.width = widthOf(this.#sources, isMapped, known);
    this.states = new Array<State | undefined>(this.width).fill(undefined);
    this.taken = new Uint8Array(this.width);
  }

  /** Whether its children can be counted off, as they wait for no other map. */
  get isCounted(): boolean {
    return this.#sources.every(
      (each) => each.kind !== "children" || each.map === undefined || each.map.done === each.map.width,
    );
  }

  /** The next child to start: one that has become ready, else one more counted off. */
  take(): number | undefined {
    const ready = this.ready.pop();
    if (ready !== undefined || !this.isCounting) return ready;
    while (this.#next < this.width && this.taken[this.#next] === 1) this.#next += 1;
    if (this.#next >= this.width) {
      this.isCounting = false;
      return undefined;
    }
    this.taken[this.#next] = 1;
    return this.#next++;
  }

  /** What a child's pass starts from: where its last one rested, else its origin. */
  startOf(child: number): State {
    const rested = this.resting.get(child);
    if (rested === undefined) return this.origin(child);
    this.resting.delete(child);
    return rested;
  }

  /** The states of all children, wherever they are. */
  snapshot(): readonly State[] {
    if (this.done === this.width) return this.states as readonly State[];
    return this.states.map((each, child) => each ?? this.resting.get(child) ?? this.origin(child));
  }

  /** Whether all that this child depends on is finished. */
  isOpen(child: number): boolean {
    for (const each of this.#sources) if (each.kind === "children" && each.states[child] === undefined) return false;
    return true;
  }

  /** Whether something above this child, however far, waits for a time or a person. */
  hasRestAbove(child: number): boolean {
    return this.#sources.some(
      (each) =>
        each.kind === "children" &&
        each.states[child] === undefined &&
        (each.map?.resting.has(child) === true || each.map?.hasRestAbove(child) === true),
    );
  }

  /** The states on the edges of one child, in the order of its task's slots. */
  edgeStates(child: number): readonly State[] {
    return this.#sources.map((source) => stateFor(source, child));
  }
}

function stateFor(source: Source, child: number): State {
  switch (source.kind) {
    case "same":
      return source.state;
    case "children":
      return source.states[child] as State;
    case "elements":
      return { ...source.state, result: source.list?.[child] ?? null };
  }
}

function sourcesOf(runner: FlowRunner, index: number): readonly Source[] {
  const { plan, states } = runner;
  const first = at(plan.upStart, index);
  return plan.upEdge.slice(first, at(plan.upStart, index + 1)).map((edge, i) => {
    const upstream = at(plan.upTask, first + i);
    return sourceOf(edge, states[upstream] as State, runner.maps.running.get(upstream));
  });
}

function sourceOf(edge: Edge, upstream: State, map: MapRun | undefined): Source {
  if (upstream.type === "Mapped") {
    const children = edge.flattened ? flattenChildren(upstream.children) : undefined;
    if (!edge.mapped)
      return {
        kind: "same",
        state:
          children === undefined ? upstream : { ...upstream, children, result: children.map((each) => each.result) },
      };
    if (children !== undefined) return { kind: "children", states: children, map: undefined };
    return { kind: "children", states: map?.states ?? upstream.children, map };
  }
  const flat = edge.flattened ? flattenResult(upstream) : upstream;
  return edge.mapped ? { kind: "elements", state: flat, list: asList(flat.result) } : { kind: "same", state: flat };
}

/**
 * The shortest mapped input. An upstream that failed with an error or a signal
 * does not limit it; one that failed without any result leaves no children, but
 * for as many as are known from an earlier run.
 */
function widthOf(sources: readonly Source[], isMapped: boolean, known: number): number {
  let width = Infinity;
  for (const each of sources) {
    if (each.kind === "children") width = Math.min(width, each.states.length);
    if (each.kind !== "elements") continue;
    if (each.list !== undefined) width = Math.min(width, each.list.length);
    else if (each.state.result === null && isMapped) width = Math.min(width, known);
  }
  return Number.isFinite(width) ? width : 0;
}

/** Whether the state in which a parent's pass ended lets it have children. */
export function hasChildren(ended: State): boolean {
  return !isPending(ended) && !isFailed(ended) && ended.type !== "Skipped";
}
