import type { Task as AnyTask } from "../model/task.ts";
import { isTask } from "../model/task.ts";
import { Task } from "./task.ts";
import { isTaskFunction, task } from "./task-function.ts";
import { readTaskOptions, type TaskOptions } from "./task-options.ts";

/**
 * Makes a task for a spec's `uses: ./file.ts#name` of whatever is exported there:
 * what `task(…)` returned, a class of tasks, a task, or a plain function.
 *
 * @param options win over the exported task's own
 * @returns `undefined` for anything else
 * @throws UserError naming every option that is wrong
 */
export function taskFrom(value: unknown, options: TaskOptions = {}): AnyTask | undefined {
  if (isTaskFunction(value)) return value.create(options);
  if (isTask(value)) return reconfigured(value, options);
  if (typeof value !== "function") return undefined;
  if (value.prototype instanceof Task) {
    const Class = value as new (options: TaskOptions) => Task;
    return reconfigured(new Class(options), options);
  }
  return task(value as (inputs: object) => unknown).create(options);
}

/** The same task with other settings; a class need not hand its options on for them to hold. */
function reconfigured(original: AnyTask, options: TaskOptions): AnyTask {
  const settings = readTaskOptions(options, { name: original.name, kind: original.kind });
  const changed = Object.fromEntries(
    Object.entries(settings).filter(
      ([key]) => key === "name" || key in options || (key === "cache" && "cacheFor" in options),
    ),
  );
  const run: AnyTask["run"] = (inputs, context) => original.run(inputs, context);
  // Delegation, not a copy: private fields of the person's class stay reachable.
  return Object.assign(Object.create(original) as AnyTask, changed, { run, inputNames: original.inputNames });
}
