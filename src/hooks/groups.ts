import type { TaskState } from "../model/event.ts";
import type { Alert } from "../model/notification.ts";
import type { Notifier } from "../model/notifier.ts";
import { firstLine, subjectOf } from "./failures.ts";
import type { RunFacts, Told } from "./told.ts";

interface Group {
  readonly notifier: Notifier;
  readonly first: TaskState;
  count: number;
  last: TaskState;
  readonly errors: Map<string, { readonly text: string; readonly first: string; count: number }>;
}

/** Kinds of errors one message lists. */
const KINDS = 5;

/**
 * Failures of mapped children: the first is told at once, so that nobody waits
 * and nothing is lost with the process; the others become one message at the end,
 * with counts and distinct errors.
 */
export class Groups {
  readonly #groups = new Map<string, Group>();

  /** @returns false for the first of its task and destination, which is told by itself */
  add(destination: string, notifier: Notifier, event: TaskState): boolean {
    const slot = JSON.stringify([destination, event.task]);
    const group = this.#groups.get(slot);
    if (group === undefined) {
      this.#groups.set(slot, count({ notifier, first: event, last: event, count: 0, errors: new Map() }, event));
      return false;
    }
    count(group, event);
    return true;
  }

  /** One message for each task and destination with more than one failure. */
  flush(
    make: (notifier: Notifier, alert: Alert, key: string) => readonly Told[],
    facts: Pick<RunFacts, "flow" | "runId">,
  ): readonly Told[] {
    const groups = [...this.#groups.values()].filter((group) => group.count > 1);
    this.#groups.clear();
    return groups.flatMap((group) => make(group.notifier, alertOf(group, facts), `${group.first.task}#group`));
  }
}

function count(group: Group, event: TaskState): Group {
  group.count += 1;
  group.last = event;
  const text = firstLine(event.to.message) ?? event.to.type;
  const print = fingerprint(text);
  const seen = group.errors.get(print);
  if (seen === undefined) group.errors.set(print, { text, first: subjectOf(event), count: 1 });
  else seen.count += 1;
  return group;
}

function alertOf({ first, last, count: failed, errors }: Group, facts: Pick<RunFacts, "flow" | "runId">): Alert {
  const kinds = [...errors.values()].sort((a, b) => b.count - a.count);
  return {
    subject: "task",
    flow: facts.flow,
    runId: facts.runId,
    task: first.task,
    from: first.from.type,
    to: "Failed",
    summary: `${String(failed)} children failed with ${String(kinds.length)} distinct ${kinds.length === 1 ? "error" : "errors"}`,
    group: { failed, errors: kinds.slice(0, KINDS).map((each) => ({ ...each })) },
    at: last.at,
    next: [`flowctl runs logs ${facts.runId} ${first.task}`],
  };
}

/** Errors that differ in numbers, addresses and paths only are of one kind. */
function fingerprint(text: string): string {
  return text
    .replaceAll(/0x[\da-f]+|\b[\da-f]{8,}\b/gi, "#")
    .replaceAll(/\d+/g, "#")
    .replaceAll(/(?:\/[\w.@-]+)+/g, "/…")
    .slice(0, 200);
}
