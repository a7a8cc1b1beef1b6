import { join } from "node:path";
import type { Clock } from "../host/clock.ts";
import type { Files } from "../host/files.ts";
import type { Random } from "../host/host.ts";
import { state, type StateOf } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { cacheIndex, removeIfPossible, type CacheEntry, type CacheIndex } from "./cache-index.ts";
import { pack, unpack, Unkeepable } from "./pack.ts";
import { shortHash } from "./project.ts";

type Cached = StateOf<"Cached">;

/** One cached result may have as many characters. */
const RESULT_LIMIT = 16 * 1024 * 1024;

/** What a cache on disk is made of. */
export interface ResultCacheOptions {
  readonly files: Files;
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
  /** Of one project. */
  readonly directory: string;
  /** Whose tasks they are: tasks of two flows share results only by a key that both name. */
  readonly flow: string;
  /** Takes secrets out of a text: what holds one is not written. */
  readonly redact: (text: string) => string;
  /** Hears, once for each task, of what could not be kept or read. */
  readonly warn: (text: string) => void;
  /** False where nothing cached is to be used. @default true */
  readonly isRead?: boolean;
}

/** Cached results between runs. */
export interface ResultCache {
  read(key: string, task: Task): Promise<readonly Cached[]>;
  write(key: string, cached: Cached, task: Task): Promise<void>;
}

/**
 * Keeps results in files of their own, each written whole and never changed: runs beside each other do not
 * disturb one another. What cannot be read is put away with a warning, and its task runs.
 */
export function resultCache(options: ResultCacheOptions): ResultCache {
  const { files, clock, random, directory, flow, redact, isRead = true } = options;
  const warned = new Set<string>();
  const warn = (task: Task, text: string): void => {
    if (!warned.has(task.name)) options.warn(text);
    warned.add(task.name);
  };
  let index: CacheIndex | undefined;
  const known = (): CacheIndex => (index ??= cacheIndex(files, directory, clock));
  const readOne = async (entry: CacheEntry, task: Task): Promise<Cached | undefined> => {
    try {
      const text = files.read(join(directory, entry.name));
      return text === undefined ? undefined : await revive(text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      warn(task, `a cached result of "${task.name}" cannot be read and is put away: ${why}`);
      removeIfPossible(files, join(directory, entry.name));
      return undefined;
    }
  };

  return {
    async read(key, task) {
      if (!isRead) return [];
      const found: Cached[] = [];
      for (const entry of known().of(slotOf(flow, task, key))) {
        const cached = await readOne(entry, task);
        if (cached !== undefined) found.push(cached);
      }
      return found;
    },
    async write(key, cached, task) {
      try {
        const parts = { redact, limit: RESULT_LIMIT };
        // Only a validator asks what inputs and parameters were.
        const isAsked = task.cache?.validator !== undefined;
        const members = { result: cached.result, ...(isAsked ? { inputs: cached.inputs, params: cached.params } : {}) };
        const texts = [];
        for (const [name, value] of Object.entries(members))
          texts.push(`"${name}":{${(await pack(value, parts)).text}}`);
        const { expires } = cached;
        const head = { version: 1, expires, message: cached.message, run: cached.context?.["cachedIn"] ?? null };
        const text = `${JSON.stringify(head).slice(0, -1)},${texts.join(",")}}`;
        if (redact(text) !== text) throw new Unkeepable("it holds a secret");
        files.makeDirectory(directory);
        const entry = known().add(slotOf(flow, task, key), { expires, size: text.length, random });
        files.replace(join(directory, entry), text, "quick");
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        warn(task, `the result of "${task.name}" is not kept for later runs: ${why}`);
      }
    },
  };
}

/** What stands for a key in names of files: without a key of its own a task's results are its flow's. */
export function slotOf(flow: string, task: Task, key: string): string {
  return shortHash(task.cache?.key === undefined ? `${flow}\0${key}` : `\0${key}`);
}

/** @throws Error for a text that is not a whole entry */
async function revive(text: string): Promise<Cached> {
  const kept = JSON.parse(text) as Readonly<Record<string, unknown>>;
  if (kept["version"] !== 1 || !isObject(kept["result"])) throw new Error("it is of another version");
  const part = async (name: string): Promise<unknown> => {
    const value = kept[name];
    return isObject(value) ? unpack(value) : null;
  };
  return state("Cached", {
    message: typeof kept["message"] === "string" ? kept["message"] : null,
    expires: typeof kept["expires"] === "number" ? kept["expires"] : null,
    result: await part("result"),
    inputs: await part("inputs"),
    params: await part("params"),
    context: { cachedIn: kept["run"] },
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
