import { cacheValidators, type CacheValidator } from "../model/cache-validators.ts";
import type { CacheOptions } from "../model/task.ts";
import { milliseconds } from "./fields.ts";
import type { TaskEntry } from "./flow-schema.ts";
import { TASK_INPUT } from "./scope.ts";

type Entry = NonNullable<TaskEntry["cache"]>;
type Validator = Exclude<Extract<Entry, { for: unknown }>["validator"], undefined>;

/**
 * What `cache:` of a task says. Without a key of its own a result belongs to the task as it is written: another
 * script or other inputs make another key.
 *
 * @param flow the flow's name
 */
export function compileCache(key: string, entry: TaskEntry, flow: string): CacheOptions | undefined {
  const { cache } = entry;
  if (cache === undefined) return undefined;
  if (typeof cache !== "object") return { for: milliseconds(cache), key: ownKey(flow, key, entry) };
  const validator = cache.validator === undefined ? undefined : validatorOf(cache.validator);
  return {
    for: milliseconds(cache.for),
    key: cache.key ?? ownKey(flow, key, entry),
    ...(validator === undefined ? {} : { validator }),
  };
}

function ownKey(flow: string, key: string, { run, uses, with: inputs, env, cwd, shell, stdin }: TaskEntry): string {
  return `${flow}/${key}: ${JSON.stringify({ run, uses, inputs, env, cwd, shell, stdin })}`;
}

function validatorOf(validator: Validator): CacheValidator {
  if (typeof validator === "object")
    return "partial_inputs_only" in validator
      ? cacheValidators.partialInputsOnly(...validator.partial_inputs_only.map((task) => TASK_INPUT + task))
      : cacheValidators.partialParametersOnly(...validator.partial_parameters_only);
  switch (validator) {
    case "never_use":
      return cacheValidators.neverUse;
    case "duration_only":
      return cacheValidators.durationOnly;
    case "all_parameters":
      return cacheValidators.allParameters;
    case "all_inputs":
      // In a spec a parameter is an input wherever an expression reads it.
      return (cached, inputs, params) =>
        cacheValidators.allInputs(cached, inputs) && cacheValidators.allParameters(cached, inputs, params);
  }
}
