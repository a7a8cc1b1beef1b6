import type { RunEvent } from "../model/event.ts";
import { isStateType, state, type State } from "../model/state.ts";

/** One state as the journal keeps it. */
interface KeptState {
  readonly type: string;
  readonly message: string | null;
  readonly error?: string;
  readonly startTime?: number;
  readonly runCount?: number;
}

/**
 * Reads a journal back as events. A last line that is not whole, which a dying process may
 * leave, and lines of a later version are left out. An error's text comes back as an Error.
 */
export function readJournal(runId: string, text: string): readonly RunEvent[] {
  const events: RunEvent[] = [];
  for (const line of text.split("\n")) {
    const event = line === "" ? undefined : parse(runId, line);
    if (event !== undefined) events.push(event);
  }
  return events;
}

/** What the run's events have caused to be told, whether or not it has reached the outbox. */
export function readTold(text: string): readonly unknown[] {
  return text.split("\n").flatMap((line) => {
    if (!line.startsWith('{"type":"told"')) return [];
    try {
      return [(JSON.parse(line) as { readonly news: unknown }).news];
    } catch {
      return [];
    }
  });
}

function parse(runId: string, line: string): RunEvent | undefined {
  let kept: Readonly<Record<string, unknown>>;
  try {
    kept = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  const { at, from, to, ...rest } = kept;
  const common = { ...rest, runId, at: Date.parse(String(at)) };
  switch (kept["type"]) {
    case "run-started":
    case "task-mapped":
    case "task-output":
      return common as unknown as RunEvent;
    case "run-state":
    case "task-state":
      if (!isStateType(from) || !isKept(to)) return undefined;
      return { ...common, from: state(from as "Pending"), to: revive(to) } as unknown as RunEvent;
    default:
      return undefined;
  }
}

function isKept(value: unknown): value is KeptState {
  return typeof value === "object" && value !== null && "type" in value && isStateType(value.type);
}

function revive(kept: KeptState): State {
  const fields: Record<string, unknown> = { message: kept.message };
  if (kept.error !== undefined) fields["result"] = Object.assign(new Error(kept.message ?? ""), { stack: kept.error });
  if (kept.startTime !== undefined) fields["startTime"] = kept.startTime;
  if (kept.runCount !== undefined) fields["runCount"] = kept.runCount;
  return state(kept.type as "Failed", fields);
}
