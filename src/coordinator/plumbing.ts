import type { TaskKind } from "../model/task.ts";

/** Kinds of tasks that nobody counts. */
export const PLUMBING: ReadonlySet<TaskKind> = new Set(["parameter", "constant", "collection", "secret"]);
