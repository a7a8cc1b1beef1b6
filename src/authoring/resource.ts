import type { Edge } from "../model/edge.ts";
import { Skip } from "../model/signal.ts";
import { isSuccessful, type State } from "../model/state.ts";
import type { Task, TaskContext } from "../model/task.ts";
import { adding, headsOf } from "./branch.ts";
import { requireFlow } from "./building.ts";
import { Plumbing, plainSettings } from "./node.ts";
import { reference, type Ref } from "./reference.ts";
import { task, type CallInputs, type TaskBody } from "./task-function.ts";
import type { TaskOptions } from "./task-options.ts";

/** How a resource is made and given back. */
export interface ResourceDefinition<I, R> {
  readonly setup: TaskBody<I, R>;
  /** Runs once all tasks that use it are finished, however they ended, if the set-up had succeeded. */
  readonly cleanup: (resource: R, context: TaskContext) => unknown;
  /** Options of the set-up, such as `retry`. */
  readonly options?: Omit<TaskOptions, "name">;
}

/** Runs a function whose tasks use the resource. @returns what the function returns */
export type Resource<I, R> = <T>(inputs: CallInputs<I>, use: (resource: Ref<R>) => T) => T;

/**
 * Something that is set up before some tasks and cleaned up after them, such as
 * a database or a temporary directory. The clean-up never decides the run's state.
 *
 * @example
 * const database = resource("database", { setup: ({ url }: { url: string }) => connect(url), cleanup: (db) => db.close() });
 * flow("f", () => { database({ url }, (db) => { query({ db }); }); });
 */
export function resource<R, I extends object = {}>(name: string, definition: ResourceDefinition<I, R>): Resource<I, R> {
  const { setup, cleanup, options } = definition;
  const start = task<R, I>(name, { checkpoint: false, ...options }, setup);
  return (inputs, use) => {
    const flow = requireFlow(`Resource "${name}"`);
    const made = start.create() as unknown as Task;
    flow.setDependencies(made, { inputs });
    const { result, tasks } = adding(flow, () => use(reference<R>({ task: made, path: [], flow })));
    const users = headsOf(flow, tasks).filter((head) => flow.edgesTo(head).every((edge) => edge.from !== made));
    for (const head of users) flow.addEdge(made, head);
    const last = new Set(tasks);
    for (const edge of flow.edges) if (tasks.has(edge.to)) last.delete(edge.from);
    const end = new Plumbing(
      plainSettings(`${name}.cleanup`, "cleanup", { skipOnUpstreamSkip: false, trigger: hasResource }),
      (given, context) => cleanup(given["resource"] as R, context),
    );
    flow.addEdge(made, end, { key: "resource" });
    for (const each of last) flow.addEdge(each, end);
    return result;
  };
}

/** There is something to clean up when the set-up has succeeded, whatever became of the tasks that used it. */
function hasResource(upstream: ReadonlyMap<Edge, State>): boolean {
  for (const [edge, state] of upstream) {
    if (edge.key !== "resource") continue;
    if (isSuccessful(state) && state.type !== "Skipped") continue;
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- signals are not errors, on purpose
    throw new Skip(`the resource was ${state.type === "Skipped" ? "skipped" : "not set up"}`);
  }
  return true;
}
