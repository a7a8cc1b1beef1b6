import type { Durability } from "../host/files.ts";
import { hasTexts, isTexts } from "../model/has-texts.ts";
import type { Hook } from "../model/hook.ts";
import type { ChannelDefinition } from "../model/notification.ts";
import type { StateType } from "../model/state.ts";
import { isPlainObject } from "../model/plain-object.ts";
import type { Counts, Failure } from "../model/tally.ts";
import type { LastState } from "./last-state.ts";

/** Who started a run. */
export type StartedBy = "ci" | "cron" | "terminal" | "other";

/**
 * What a run leaves behind for the case that it dies: all that is needed to tell of it.
 * It is written before the flow is loaded; it names secrets and never holds one.
 */
export interface Will {
  readonly version: 1;
  readonly runId: string;
  /** The flow's name; the file's stem until the flow is loaded. */
  readonly flow: string;
  /** Whether it is: from then on name and tags are the flow's own, and the hooks are those that are about it. */
  readonly isLoaded?: boolean;
  readonly tags: readonly string[];
  /** The flow's file, absolute. */
  readonly file?: string;
  readonly project: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly host: string;
  readonly user: string;
  readonly pid: number;
  /** When that process was started, in the system's own words. */
  readonly processStart?: string;
  readonly machineId?: string;
  readonly bootId?: string;
  /** Where the system counts what it kills for want of memory, and how many that were. */
  readonly memory?: { readonly events: string; readonly kills: number };
  readonly startedBy: StartedBy;
  /** The config's file. */
  readonly config?: string;
  /** What the command line chose of configs (a path or `none`) and of profiles: whoever goes on with the run means the same. */
  readonly chosen?: { readonly config?: string; readonly profile?: string };
  /** Of the config's secrets. */
  readonly namespace?: string;
  readonly cwd: string;
  /** As the run began: what is changed afterwards does not matter to it. */
  readonly hooks: readonly Hook[];
  /** What the notifiers of the flow and of its tasks would say if it died: only for a reaper. */
  readonly deathHooks?: readonly DeathHook[];
  readonly channels: Readonly<Record<string, ChannelDefinition>>;
  readonly links?: readonly { readonly label: string; readonly url: string }[];
  /** The time zone of times in messages: the flow's once it is loaded, until then the config's. @default "UTC" */
  readonly timezone?: string;
  /**
   * Parameters and variables that templates of messages read, as `packValues` writes them, without secrets: another
   * process sends the message of a crash. The parameters are there once they are known.
   */
  readonly templateValues?: string;
  /** The run that this one repeats from its failed tasks on. */
  readonly retryOf?: string;
  /** The run and the task that this one is a sub-flow of. */
  readonly parent?: { readonly runId: string; readonly task: string; readonly mapIndex?: number };
  /** How often it was begun: from the second time on it goes on with itself. @default 1 */
  readonly part?: number;
  /** Whether it asks to be the only run of its flow: then the flow's lock speaks for it. @default false */
  readonly isAlone?: boolean;
}

/** A notifier as a reaper hears it. */
export interface DeathHook extends Hook {
  /** Only where one of these tasks was running: it is their notifier, not the flow's. */
  readonly tasks?: readonly string[];
}

/** A will must survive the death of the machine only where there is somebody to tell of it. */
export function durabilityOf(will: Will): Durability {
  return will.hooks.length > 0 || will.deathHooks !== undefined ? "durable" : "quick";
}

/**
 * A run's terminal record: its one commit point. It is made exclusively, by the runner
 * or by a reaper; whatever else is told of the run's end derives from it.
 */
export interface EndRecord {
  readonly version: 1;
  readonly runId: string;
  readonly flow: string;
  readonly project: string;
  readonly file?: string;
  readonly state: StateType;
  readonly message: string | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** Of a crash that nobody saw: when it was found. Then `endedAt` is its last sign of life. */
  readonly foundAt?: string;
  readonly durationMs: number;
  readonly counts: Counts;
  /** Failed tasks, those first that failed by themselves; `counts` says how many there are in all. */
  readonly failures: readonly Failure[];
  readonly writtenBy: "runner" | "reaper";
  /** What the flow's `result` came to, without secrets. */
  readonly result?: unknown;
  /** Set where nothing ran. */
  readonly reason?: "refused";
  /**
   * All that is to be told of the end, ready for the outbox: a runner that dies before it has put it there leaves
   * it to a reaper. Absent in the record of a crash: there it follows from the will.
   */
  readonly told?: readonly unknown[];
  /**
   * Of a crash: how the run before it had ended as this record was written. Others may end before it is told, and
   * what they tell is no reason to keep quiet about this one.
   */
  readonly previous?: LastState | null;
}

/** Reads a will; `undefined` where the text is not whole, or is no will. */
export function parseWill(text: string | undefined): Will | undefined {
  const will = parse(text);
  return isWill(will) ? (will as Will) : undefined;
}

/** Reads a terminal record; `undefined` where the text is not whole, or is no such record. */
export function parseEnd(text: string | undefined): EndRecord | undefined {
  const record = parse(text);
  return isEnd(record) ? (record as EndRecord) : undefined;
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const WILL = ["runId", "flow", "project", "startedAt", "host", "user", "startedBy", "cwd"];
const END = ["runId", "flow", "project", "state", "startedAt", "endedAt"];

function isWill(will: unknown): boolean {
  if (!hasTexts(will, WILL)) return false;
  const { tags, hooks, deathHooks = [], channels, links = [], file = "", config = "", parent, memory } = will;
  const { timezone = "", templateValues = "" } = will;
  return (
    isTime(will["startedAt"]) &&
    isTexts(tags) &&
    isTexts([file, config, timezone, templateValues]) &&
    [hooks, deathHooks].every((each) => Array.isArray(each) && each.every(isHook)) &&
    isPlainObject(channels) &&
    Object.values(channels).every((each) => hasTexts(each, ["type"])) &&
    Array.isArray(links) &&
    (parent === undefined || hasTexts(parent, ["runId", "task"])) &&
    (memory === undefined || hasTexts(memory, ["events"]))
  );
}

function isHook(hook: unknown): boolean {
  return hasTexts(hook, ["name"]) && isTexts(hook["states"]) && isTexts(hook["to"]);
}

function isEnd(record: unknown): boolean {
  if (!hasTexts(record, END)) return false;
  const { startedAt, endedAt, durationMs, counts, failures, told = [] } = record;
  return (
    isTime(startedAt) &&
    isTime(endedAt) &&
    typeof durationMs === "number" &&
    isPlainObject(counts) &&
    Array.isArray(failures) &&
    failures.every((each) => hasTexts(each, ["task", "type"])) &&
    Array.isArray(told)
  );
}

function isTime(value: unknown): boolean {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}
