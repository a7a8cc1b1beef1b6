import { userError } from "../model/error.ts";
import type { Flow as AnyFlow } from "../model/flow.ts";
import { callSite, markCallSite, type Place } from "./call-site.ts";
import type { Flow } from "./flow.ts";

let current: Flow | undefined;
let tags: readonly string[] = [];
/** What was made while the flow is being built, and may be no task of it. */
let made: Made[] | undefined;
const unused = new WeakMap<AnyFlow, Made[]>();

/** A task, or a function that makes tasks when it is called. */
export interface Made {
  readonly name: string;
  readonly place: () => Place | undefined;
  /** Whether it is among the tasks of the flow, or one was made with it. */
  readonly isUsed: (tasks: ReadonlySet<unknown>) => boolean;
}

/** The flow whose build function is running, if any. */
export function currentFlow(): Flow | undefined {
  return current;
}

/** The tags of the `tags(…)` blocks around here. */
export function currentTags(): readonly string[] {
  return tags;
}

/**
 * The flow that is being built.
 * @param what what was called, for the message
 * @throws UserError outside a flow
 */
export function requireFlow(
  what: string,
  help = "Call it in the function you give to flow(…), or give it a flow.",
): Flow {
  if (current) return current;
  throw userError("usage", "FLOW_NONE", `${what} was called outside a flow.`, { ...callSite(), help });
}

/** Runs a function with this flow as the one being built. */
export function building<T>(flow: Flow, build: () => T): T {
  const before = { current, made };
  current = flow;
  made = [];
  try {
    return build();
  } finally {
    if (made.length > 0) unused.set(flow, [...(unused.get(flow) ?? []), ...made]);
    ({ current, made } = before);
  }
}

/** Remembers what is made while a flow is being built. @param above the constructor, where a class is what is made */
export function noteMade(note: Omit<Made, "place"> & { readonly above?: object }): void {
  made?.push({ name: note.name, isUsed: note.isUsed, place: markCallSite(note.above) });
}

/** Runs a function whose tasks are no concern of the flow being built. */
export function unnoted<T>(make: () => T): T {
  const before = made;
  made = undefined;
  try {
    return make();
  } finally {
    made = before;
  }
}

/** What was made while a flow was built, and of which no task came: it never runs. */
export function madeInVain(flow: AnyFlow): readonly Made[] {
  const tasks = new Set<unknown>(flow.tasks);
  return (unused.get(flow) ?? []).filter((each) => !each.isUsed(tasks));
}

/** Runs a function in which every task that is made gets these tags, too. */
export function tagging<T>(added: readonly string[], build: () => T): T {
  const before = tags;
  tags = [...new Set([...before, ...added])];
  try {
    return build();
  } finally {
    tags = before;
  }
}
