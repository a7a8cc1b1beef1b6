import { userError } from "../model/error.ts";
import type { Task } from "../model/task.ts";

/**
 * Each task's slug: its own; a parameter's name; else `name-tags-N`, with the
 * tags sorted and N counted from 1 for each prefix.
 * Source: Prefect 1.x, `Flow.slugs`.
 *
 * @param givenName a task's name before it was numbered
 * @throws UserError when two tasks have one slug of their own
 */
export function slugsOf(tasks: readonly Task[], givenName: (task: Task) => string): ReadonlyMap<Task, string> {
  const slugs = new Map<Task, string>();
  const taken = new Set<string>();
  for (const task of tasks) {
    const own = ownSlug(task);
    if (own === undefined) continue;
    if (taken.has(own)) throw userError("usage", "FLOW_DUPLICATE_SLUG", `Two tasks have the slug "${own}".`);
    taken.add(own);
    slugs.set(task, own);
  }
  const counts = new Map<string, number>();
  for (const task of tasks) {
    if (slugs.has(task)) continue;
    const prefix = [givenName(task), ...[...task.tags].sort()].join("-");
    let count = counts.get(prefix) ?? 0;
    let slug: string;
    do slug = `${prefix}-${String((count += 1))}`;
    while (taken.has(slug));
    counts.set(prefix, count);
    taken.add(slug);
    slugs.set(task, slug);
  }
  return new Map(tasks.map((task) => [task, slugs.get(task) ?? task.name]));
}

function ownSlug(task: Task): string | undefined {
  if ("slug" in task && typeof task.slug === "string") return task.slug;
  return task.kind === "parameter" ? task.name : undefined;
}
