import type { TaskState } from "../model/event.ts";
import type { Alert } from "../model/notification.ts";
import type { Notifier } from "../model/notifier.ts";
import { isOfFamily, type StateType } from "../model/state.ts";
import type { Make } from "./groups.ts";
import type { RunFacts, Told } from "./told.ts";

interface Ends {
  readonly notifier: Notifier;
  readonly task: string;
  at: number;
  readonly counts: Map<StateType, number>;
}

/**
 * How the children of mapped tasks ended that did not fail: one message for each task and
 * destination, at the run's end. That the parent became Mapped, before its children ran, is no
 * news by itself.
 */
export class MappedEnds {
  readonly #ends = new Map<string, Ends>();

  add(destination: string, notifier: Notifier, event: TaskState): void {
    const slot = JSON.stringify([destination, event.task]);
    const ends: Ends = this.#ends.get(slot) ?? { notifier, task: event.task, at: event.at, counts: new Map() };
    this.#ends.set(slot, ends);
    ends.at = event.at;
    const { type } = event.to;
    if (event.mapIndex !== undefined) ends.counts.set(type, (ends.counts.get(type) ?? 0) + 1);
  }

  flush(make: Make, { flow, runId }: Pick<RunFacts, "flow" | "runId">): readonly Told[] {
    const all = [...this.#ends.values()].filter(({ counts, notifier }) => counts.size > 0 || isAll(notifier));
    this.#ends.clear();
    return all.flatMap(({ notifier, task, at, counts }) => {
      const alert: Alert = {
        subject: "task",
        flow,
        runId,
        task,
        from: "Mapped",
        to: outcomeOf([...counts.keys()]),
        summary: summaryOf(counts),
        at,
        next: [`flowctl runs logs ${runId} ${task}`],
      };
      return make(notifier, alert, `${task}#ends`);
    });
  }
}

/** Whether it asks for successes: then a task without children is told of, too. */
function isAll({ onlyStates }: Notifier): boolean {
  return onlyStates === undefined || onlyStates.includes("Success");
}

function outcomeOf(types: readonly StateType[]): StateType {
  return types.some((type) => isOfFamily(type, "Success")) ? "Success" : (types[0] ?? "Mapped");
}

function summaryOf(counts: ReadonlyMap<StateType, number>): string {
  const parts = [...counts].map(([type, count]) => `${String(count)} ${type}`);
  return parts.length === 0 ? "it had no children, or all of them failed" : `children: ${parts.join(", ")}`;
}
