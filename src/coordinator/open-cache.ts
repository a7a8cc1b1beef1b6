import { join } from "node:path";
import type { CacheStore } from "../engine/cache-store.ts";
import type { BegunRun } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";
import type { PreparedRun } from "./execute-run.ts";

/** Cached results of the project, and what went wrong with them, to be said once the run is over. */
export interface OpenedCache {
  readonly store: CacheStore;
  readonly problems: readonly string[];
}

/** Opens the project's cache where a task of the flow has one; most flows have none. */
export async function openCache(
  { services }: BegunRun,
  { flow, options }: Pick<PreparedRun, "flow" | "options">,
  { host }: CommandContext,
): Promise<OpenedCache | undefined> {
  if (!flow.tasks.some((task) => task.cache !== undefined)) return undefined;
  const { resultCache } = await import("../runs/result-cache.ts");
  const problems: string[] = [];
  const store = resultCache({
    files: host.files,
    clock: host.clock,
    random: host.random,
    directory: cacheDirectory(services),
    flow: flow.name,
    redact: (text) => services.redactor.redact(text),
    warn: (text) => problems.push(text),
    isRead: options.cache !== false,
  });
  return { store, problems };
}

/** Where the cached results of a project are. */
export function cacheDirectory({ stateDirectory, project }: BegunRun["services"]): string {
  return join(stateDirectory, "projects", project.hash, "cache");
}
