import { userError } from "../model/error.ts";
import { callSite } from "./call-site.ts";
import type { Flow } from "./flow.ts";

let current: Flow | undefined;
let tags: readonly string[] = [];

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
  const before = current;
  current = flow;
  try {
    return build();
  } finally {
    current = before;
  }
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
