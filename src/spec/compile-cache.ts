import { cacheValidators, type CacheValidator } from "../model/cache-validators.ts";
import type { CacheOptions } from "../model/task.ts";
import { milliseconds } from "./fields.ts";
import type { TaskEntry } from "./flow-schema.ts";
import type { Surroundings } from "./reader.ts";
import type { Report } from "./report.ts";
import { TASK_INPUT } from "./scope.ts";
import type { Path } from "./source.ts";
import { suggestion } from "./suggestion.ts";

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

/** What a validator names must be there, and a task it names must be read: else it would always hold. */
export function checkCache(
  { cache }: TaskEntry,
  path: Path,
  { params, tasks }: Pick<Surroundings, "params" | "tasks">,
  reads: ReadonlySet<string>,
  report: Report,
): void {
  const validator = typeof cache === "object" ? cache.validator : undefined;
  if (typeof validator !== "object") return;
  const [[kind, names] = ["", []]] = Object.entries(validator) as [string, readonly string[]][];
  const isTasks = kind === "partial_inputs_only";
  const known = isTasks ? tasks : (params ?? names);
  for (const [index, name] of names.entries()) {
    const at = [...path, "cache", "validator", kind, index];
    if (!known.includes(name))
      report.value(at, {
        code: isTasks ? "UNKNOWN_TASK" : "UNKNOWN_PARAM",
        message: `there is no ${isTasks ? "task" : "parameter"} "${name}"`,
        help: suggestion(name, known),
      });
    else if (isTasks && !reads.has(name))
      report.value(at, { code: "CACHE_INPUT", message: `this task does not read the outputs of "${name}"` });
  }
}

function ownKey(flow: string, key: string, entry: TaskEntry): string {
  const { run, uses, with: inputs, env, cwd, shell, stdin, capture, outputs } = entry;
  return `${flow}/${key}: ${JSON.stringify({ run, uses, inputs, env, cwd, shell, stdin, capture, outputs })}`;
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
