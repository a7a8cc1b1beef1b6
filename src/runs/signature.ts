import type { Edge } from "../model/edge.ts";
import type { Flow } from "../model/flow.ts";
import type { Task } from "../model/task.ts";

/**
 * A number for each task that changes when what comes into it does: from which tasks, by which keys, mapped or
 * not. Bodies, options and plain values do not count, nor does the order of edges. Collections, whose names are
 * numbered, stand for what is in them.
 */
export function signaturesOf({ tasks, edges }: Flow): ReadonlyMap<string, number> {
  const indexOf = new Map<Task, number>();
  const names = new Int32Array(tasks.length);
  const inside = new Map<number, Edge[]>();
  for (let i = 0; i < tasks.length; i++) {
    const { name, kind } = tasks[i] as Task;
    indexOf.set(tasks[i] as Task, i);
    if (kind === "collection") inside.set(i, []);
    names[i] = hash(kind === "collection" ? name.replace(/-\d+$/, "") : kind === "constant" ? "" : name);
  }
  const at = (task: Task): number => indexOf.get(task) ?? 0;
  if (inside.size > 0) resolveCollections(edges, inside, names, at);
  const keys = new Map<string, number>();
  const sums = new Int32Array(tasks.length);
  for (const edge of edges) {
    const to = at(edge.to);
    sums[to] = (sums[to] ?? 0) + weigh(names[at(edge.from)] ?? 0, edge, keys);
  }
  const signatures = new Map<string, number>();
  for (let i = 0; i < tasks.length; i++) signatures.set((tasks[i] as Task).name, (sums[i] ?? 0) >>> 0);
  return signatures;
}

/** Puts in the place of a collection's name what is in it, however deep. */
function resolveCollections(
  edges: readonly Edge[],
  inside: ReadonlyMap<number, Edge[]>,
  names: Int32Array,
  at: (task: Task) => number,
): void {
  for (const edge of edges) inside.get(at(edge.to))?.push(edge);
  const keys = new Map<string, number>();
  const done = new Set<number>();
  const resolve = (index: number): number => {
    if (!done.has(index)) {
      done.add(index);
      for (const edge of inside.get(index) ?? [])
        names[index] = (names[index] ?? 0) + weigh(resolve(at(edge.from)), edge, keys);
    }
    return names[index] ?? 0;
  };
  for (const index of inside.keys()) resolve(index);
}

function weigh(from: number, { key = "", mapped, flattened }: Edge, keys: Map<string, number>): number {
  let keyHash = keys.get(key);
  if (keyHash === undefined) keys.set(key, (keyHash = hash(key)));
  const flags = (mapped ? 1 : 0) + (flattened ? 2 : 0);
  const mixed = Math.imul(from ^ Math.imul(keyHash + flags, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return sum;
}
