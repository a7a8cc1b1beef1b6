import { userError } from "../model/error.ts";
import type { Task } from "../model/task.ts";
import { readAnnotations, type Unmapped } from "./annotation.ts";
import { adding } from "./branch.ts";
import { requireFlow } from "./building.ts";
import { sourceOf } from "./connect.ts";
import { Plumbing, plainSettings } from "./node.ts";
import { reference, targetOf, type Ref, type RefTo } from "./reference.ts";

type Elements<A> = {
  readonly [K in keyof A]: A[K] extends Unmapped<infer T>
    ? T
    : A[K] extends RefTo<readonly (infer E)[]>
      ? Ref<E>
      : A[K] extends readonly (infer E)[]
        ? E extends RefTo<unknown>
          ? E
          : Ref<E>
        : never;
};
type Results<R> = R extends RefTo<infer T> ? Ref<T[]> : { readonly [K in keyof R]: Results<R[K]> };

/**
 * Maps a whole piece of a flow: the function is called once, with a reference
 * to one element of each list, and all tasks it calls have a child per element.
 * Works with `when` and `merge` inside. What comes from outside is given whole.
 *
 * @returns what the function returns, each reference now to the list of all results
 * @example applyMap(({ file }) => { when(isNew({ file }), true, () => load({ file })); }, { file: files });
 */
export function applyMap<const A extends Readonly<Record<string, unknown>>, R>(
  define: (elements: Elements<A>) => R,
  inputs: A,
): R extends object ? Results<R> : R {
  const flow = requireFlow("applyMap");
  const lists: Task[] = [];
  const block = {};
  const given = Object.entries(inputs).map(([key, annotated]) => {
    const { value, mapped } = readAnnotations(annotated, true);
    if (!mapped) return [key, value] as const;
    if (!Array.isArray(value) && !targetOf(value)) {
      throw userError("usage", "FLOW_NOT_A_LIST", `applyMap: "${key}" is not a list.`, {
        help: "Wrap what every element should get whole: unmapped(value).",
      });
    }
    const task = sourceOf(flow, value)?.task ?? new Plumbing(plainSettings("constant", "constant"), () => value);
    flow.addTask(task);
    lists.push(task);
    return [key, reference({ task, path: [], flow, element: block })] as const;
  });
  const first = lists[0];
  if (!first) throw userError("usage", "FLOW_NOTHING_TO_MAP", "applyMap has nothing to map over.");
  const { result, tasks, firstEdge } = adding(flow, () => define(Object.fromEntries(given) as Elements<A>));
  flow.rewriteEdges(firstEdge, (edge) =>
    tasks.has(edge.from) && tasks.has(edge.to) ? { ...edge, mapped: true } : edge,
  );
  for (const task of tasks) {
    if (!flow.edgesTo(task).some((edge) => edge.mapped)) flow.addEdge(first, task, { mapped: true });
  }
  return result as R extends object ? Results<R> : R;
}
