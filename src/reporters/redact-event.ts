import { cleanLine } from "../model/clean.ts";
import type { RunEvent } from "../model/event.ts";
import { shownValue } from "../model/shown-value.ts";
import type { State } from "../model/state.ts";

/** The event without secrets in what it says: its lines, messages and errors. Itself where there are none. */
export function redactEvent(given: RunEvent, redact: (text: string) => string): RunEvent {
  const event = withCleanNames(given, redact);
  switch (event.type) {
    case "run-started":
    case "task-mapped":
      return event;
    case "task-output": {
      const text = redact(event.text);
      return text === event.text ? event : { ...event, text };
    }
    case "run-state": {
      const named = redactState(event.to, redact);
      // The result of a run is shown; those of tasks are not.
      const to = isShown(named.result) ? { ...named, result: shownValue(named.result, redact) } : named;
      return to === event.to ? event : { ...event, to };
    }
    case "task-state": {
      const to = redactState(event.to, redact);
      return to === event.to ? event : { ...event, to };
    }
  }
}

/** Names of flows, tasks and map labels as they may be shown: clean first, then masked, on one line. */
function withCleanNames(event: RunEvent, redact: (text: string) => string): RunEvent {
  const shown = (name: string): string => redact(cleanLine(name));
  const changes: Record<string, string> = {};
  for (const key of ["flow", "task", "causedBy"] as const) {
    const name = (event as Partial<Record<typeof key, unknown>>)[key];
    if (typeof name === "string" && shown(name) !== name) changes[key] = shown(name);
  }
  return Object.keys(changes).length === 0 ? event : { ...event, ...changes };
}

function isShown(result: unknown): boolean {
  return result !== null && !(result instanceof Error);
}

function redactState(state: State, redact: (text: string) => string): State {
  const message = state.message === null ? null : redact(state.message);
  const result = state.result instanceof Error ? redactError(state.result, redact) : state.result;
  return message === state.message && result === state.result ? state : { ...state, message, result };
}

function redactError(error: Error, redact: (text: string) => string): Error {
  const message = redact(error.message);
  const stack = error.stack === undefined ? undefined : redact(error.stack);
  const name = redact(error.name);
  if (message === error.message && stack === error.stack && name === error.name) return error;
  const copy = new Error(message);
  copy.name = name;
  if (stack !== undefined) copy.stack = stack;
  return copy;
}
