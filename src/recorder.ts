import type { Recorder } from "./engine/recorder.ts";
import type { RunEvent, RunState } from "./model/event.ts";
import { isFinished, type State } from "./model/state.ts";
import type { NewItem } from "./outbox/item.ts";
import type { Reporter } from "./reporters/reporter.ts";

/** The parts that hear of every event, each in its turn. */
export interface Audience {
  /** Written out once per turn of the event loop; survives the death of the process from then on. */
  readonly journal: { record(event: RunEvent): void };
  /** What is to be told because of an event. Pure. */
  readonly derive: (event: RunEvent) => readonly NewItem[];
  /** Puts messages on disk; nothing of it is imported before there is a message. */
  readonly enqueue: (items: readonly NewItem[]) => void | Promise<void>;
  /**
   * The run has come to its end: writes the terminal record, which must stand
   * before anything is told of it.
   * @returns all that is to be told of the end: it derives from the record that stands
   */
  readonly end: (event: RunState) => readonly NewItem[];
  /** Isolated: what one of them throws changes nothing. */
  readonly reporter: Reporter;
}

/**
 * The one door every change of state goes through: the terminal record, the
 * journal, the outbox, the reporters, in this order. It waits only where a
 * message must be safe on disk before the run may go on.
 */
export function createRecorder(audience: Audience): Recorder {
  const { journal, derive, enqueue, end, reporter } = audience;
  return {
    record(event) {
      journal.record(event);
      const items = event.type === "run-state" && isEnd(event.to) ? end(event) : derive(event);
      if (items.length === 0) {
        reporter.onEvent(event);
        return undefined;
      }
      const stored = enqueue(items);
      reporter.onEvent(event);
      return stored;
    },
  };
}

/** A paused run has come to rest: its process ends, and a later one goes on with it. */
function isEnd(to: State): boolean {
  return isFinished(to) || to.type === "Paused";
}
