import type { WrittenLine as EngineLine } from "../engine/run-options.ts";
import type { WrittenLine } from "./attribution.ts";

/** Where the lines that tasks write become the run's. */
export interface LineGate {
  take(line: WrittenLine): void;
  onLine(write: (line: EngineLine) => void): void;
}

/** Lines that come before somebody listens wait. */
export function openLineGate(): LineGate {
  let write: ((line: EngineLine) => void) | undefined;
  const waiting: EngineLine[] = [];
  return {
    take({ task, stream, text }) {
      const line: EngineLine = {
        ...(task === undefined ? {} : { task: task.name }),
        ...(task?.mapIndex === undefined ? {} : { mapIndex: task.mapIndex }),
        stream,
        text,
      };
      if (write === undefined) waiting.push(line);
      else write(line);
    },
    onLine(listener) {
      write = listener;
      for (const line of waiting.splice(0)) listener(line);
    },
  };
}
