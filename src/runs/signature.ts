import type { Edge } from "../model/edge.ts";
import type { Flow } from "../model/flow.ts";
import type { Task } from "../model/task.ts";

/**
 * A number for each task that changes when what comes into it does: from which tasks, by which keys, mapped or
 * not. Bodies, options and plain values do not count, nor does the order of edges. Collections, whose names are
 * numbered, stand for what is in them.
 */
export function signaturesOf({ tasks, edges }: Flow): ReadonlyMap<string, number> {
  const sums = new Map<Task, number>();
  const collected = new Map<Task, Edge[]>();
  for (const task of tasks) if (task.kind === "collection") collected.set(task, []);
  for (const edge of edges) collected.get(edge.to)?.push(edge);
  const names = new Map<Task, number>();
  const identity = (task: Task): number => {
    let known = names.get(task);
    if (known === undefined) {
      const inside = collected.get(task);
      known = hash(inside !== undefined ? task.name.replace(/-\d+$/, "") : task.kind === "constant" ? "" : task.name);
      for (const edge of inside ?? []) known = (known + weigh(identity(edge.from), edge)) | 0;
      names.set(task, known);
    }
    return known;
  };
  for (const edge of edges) sums.set(edge.to, ((sums.get(edge.to) ?? 0) + weigh(identity(edge.from), edge)) | 0);
  return new Map(tasks.map((task) => [task.name, (sums.get(task) ?? 0) >>> 0]));
}

function weigh(from: number, { key = "", mapped, flattened }: Edge): number {
  const flags = (mapped ? 1 : 0) + (flattened ? 2 : 0);
  const mixed = Math.imul(from ^ Math.imul(hash(key) + flags, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return sum;
}
