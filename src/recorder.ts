import type { Recorder } from "./engine/recorder.ts";
import type { RunEvent, RunState } from "./model/event.ts";
import { isFinished, type State } from "./model/state.ts";
import type { NewItem } from "./outbox/item.ts";
import type { Reporter } from "./reporters/reporter.ts";

/** The parts that hear of every event, each in its turn. */
export interface Audience {
  /**
   * Written out once per turn of the event loop; survives the death of the process from then on.
   * @param items what the event causes to be told: whoever finds the run dead puts it in the outbox, too
   */
  readonly journal: { record(event: RunEvent, items: readonly NewItem[]): void; flush(): void };
  /** The results of tasks. Both promise where a value takes time to serialize. */
  readonly results: { record(event: RunEvent): void | Promise<void>; flush(): void | Promise<void> };
  /** What is to be told because of an event. Pure. */
  readonly derive: (event: RunEvent) => readonly NewItem[];
  /** Puts messages on disk; nothing of it is imported before there is a message. */
  readonly enqueue: (items: readonly NewItem[]) => void | Promise<void>;
  /**
   * The run has come to its end: writes the terminal record, which must stand
   * before anything is told of it, and which holds all that is to be told.
   * @returns whether that record stands: where another was first, its writer tells
   */
  readonly end: (event: RunState, items: readonly NewItem[]) => boolean;
  /** Isolated: what one of them throws changes nothing. */
  readonly reporter: Reporter;
}

/**
 * The one door every change of state goes through: the journal, the terminal
 * record, the outbox, the reporters, in this order. It waits only where a
 * message must be safe on disk before the run may go on.
 *
 * Wherever the process dies on the way, what is to be told is on disk from the moment
 * in which the change itself is: with it in the journal or in the terminal record.
 */
export function createRecorder(audience: Audience): Recorder {
  const { journal, results, derive, enqueue, end, reporter } = audience;
  return {
    record(event) {
      const items = derive(event);
      const isLast = event.type === "run-state" && isEnd(event.to);
      // What the end causes is in the terminal record, which is more than a line in the journal.
      journal.record(event, isLast ? NONE : items);
      const kept = results.record(event);
      const isTold = isLast ? end(event, items) : true;
      const stored = isTold && items.length > 0 ? enqueue(items) : undefined;
      reporter.onEvent(event);
      return kept === undefined ? stored : Promise.all([kept, stored]).then(() => undefined);
    },
    flush() {
      // Results first: a task that ended in the journal must not run again for want of its result.
      const written = results.flush();
      journal.flush();
      return written;
    },
  };
}

const NONE: readonly NewItem[] = [];

/** A paused run has come to rest: its process ends, and a later one goes on with it. */
function isEnd(to: State): boolean {
  return isFinished(to) || to.type === "Paused";
}
