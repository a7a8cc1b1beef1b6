import type { Flow } from "../model/flow.ts";
import type { Task } from "../model/task.ts";

/** Tasks that wait for each other, the first one again at the end; `undefined` where there are none. */
export function findCycle(flow: Flow): readonly Task[] | undefined {
  const below = new Map<Task, Task[]>();
  for (const { from, to } of flow.edges) {
    const list = below.get(from);
    if (list) list.push(to);
    else below.set(from, [to]);
  }
  const done = new Set<Task>();
  for (const root of flow.tasks) {
    const found = done.has(root) ? undefined : walk(root, below, done);
    if (found) return found;
  }
  return undefined;
}

/** Depth first, without recursion: a chain may be a million tasks long. */
function walk(root: Task, below: ReadonlyMap<Task, readonly Task[]>, done: Set<Task>): readonly Task[] | undefined {
  const path: { readonly task: Task; next: number }[] = [{ task: root, next: 0 }];
  const onPath = new Set([root]);
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const next = below.get(top.task)?.[top.next];
    top.next += 1;
    if (next === undefined) {
      path.pop();
      onPath.delete(top.task);
      done.add(top.task);
    } else if (onPath.has(next)) {
      const tasks = path.map((each) => each.task);
      return [...tasks.slice(tasks.indexOf(next)), next];
    } else if (!done.has(next)) {
      path.push({ task: next, next: 0 });
      onPath.add(next);
    }
  }
  return undefined;
}
