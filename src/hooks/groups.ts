import type { TaskState } from "../model/event.ts";
import type { Alert } from "../model/notification.ts";
import type { Notifier } from "../model/notifier.ts";
import { isFinished } from "../model/state.ts";
import { firstLine, subjectOf } from "./failures.ts";
import type { RunFacts, Told } from "./told.ts";

interface Group {
  readonly notifier: Notifier;
  readonly first: TaskState;
  count: number;
  last: TaskState;
  /** When it was told of last, and how many there were then. */
  toldAt: number;
  toldCount: number;
  readonly errors: Map<string, { readonly text: string; readonly first: string; count: number }>;
}

/** Makes what is told of a notifier's destination. */
export type Make = (notifier: Notifier, alert: Alert, key: string) => readonly Told[];
type Run = Pick<RunFacts, "flow" | "runId">;

/** Kinds of errors one message lists. */
const KINDS = 5;
/** While children go on failing, their group is told of at most this often. */
const INTERVAL_MS = 5 * 60_000;

/**
 * Failures of mapped children: the first is told at once, so that nobody waits
 * and nothing is lost with the process; the others become one message at the run's
 * end, with counts and distinct errors, and one every five minutes until then.
 */
export class Groups {
  readonly #groups = new Map<string, Group>();
  /** How many children of each task have ended. */
  readonly #ended = new Map<string, number>();

  /** Takes note of a child's end, whoever asks about it. */
  see({ task, mapIndex, to, willRetry }: TaskState): void {
    if (mapIndex === undefined || willRetry === true || !isFinished(to)) return;
    this.#ended.set(task, (this.#ended.get(task) ?? 0) + 1);
  }

  /** @returns `alone` for the first of its task and destination, which is told by itself; else what is told by now */
  add(destination: string, notifier: Notifier, event: TaskState, run: Run, make: Make): "alone" | readonly Told[] {
    const slot = JSON.stringify([destination, event.task]);
    const group = this.#groups.get(slot);
    if (group === undefined) {
      const start = { notifier, first: event, last: event, count: 0, toldAt: event.at, toldCount: 1 };
      this.#groups.set(slot, count({ ...start, errors: new Map() }, event));
      return "alone";
    }
    count(group, event);
    if (event.at - group.toldAt < INTERVAL_MS) return [];
    group.toldAt = event.at;
    group.toldCount = group.count;
    return make(notifier, alertOf(group, run), `${event.task}#group.${String(group.count)}`);
  }

  /** One message for each task and destination of which not all has been told. */
  flush(make: Make, run: Run): readonly Told[] {
    const groups = [...this.#groups.values()].filter((group) => group.count > group.toldCount);
    return groups.flatMap((group) =>
      make(group.notifier, alertOf(group, run, this.#ended.get(group.first.task)), `${group.first.task}#group`),
    );
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

/** @param total how many children there are, once all have ended */
function alertOf({ first, last, count: failed, errors }: Group, run: Run, total?: number): Alert {
  const kinds = [...errors.values()].sort((a, b) => b.count - a.count);
  const distinct = `${String(kinds.length)} distinct ${kinds.length === 1 ? "error" : "errors"}`;
  return {
    subject: "task",
    flow: run.flow,
    runId: run.runId,
    task: first.task,
    from: first.from.type,
    to: "Failed",
    summary: `${String(failed)} children failed${total === undefined ? " so far" : ""} with ${distinct}`,
    group: {
      failed,
      ...(total === undefined ? {} : { total }),
      kinds: kinds.length,
      errors: kinds.slice(0, KINDS).map((each) => ({ ...each })),
    },
    at: last.at,
    next: [`flowctl runs logs ${run.runId} ${first.task}`],
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
