import { TASK, type Task } from "../model/task.ts";

/** A stand-in for a constant input where a task is asked for: the edges a custom trigger sees. */
export function constantTask(name: string, value: unknown): Task {
  return {
    [TASK]: true,
    name,
    kind: "constant",
    tags: [],
    trigger: undefined,
    skipOnUpstreamSkip: true,
    retry: undefined,
    timeout: undefined,
    cache: undefined,
    checkpoint: true,
    stateHandlers: [],
    onFailure: undefined,
    secrets: [],
    pool: undefined,
    priority: 0,
    inputNames: [],
    run: () => value,
  };
}
