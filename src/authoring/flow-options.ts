import { UserError, type Diagnostic } from "../model/error.ts";
import { parseDuration, type Duration } from "../model/duration.ts";
import type { Flow as AnyFlow, FlowHandlerEntry } from "../model/flow.ts";
import type { ParameterDeclaration, StandardSchema } from "../model/parameter.ts";
import type { State } from "../model/state.ts";
import { STOP_SIGNALS, type StopSignal } from "../model/stop-policy.ts";
import { parseSize, type Size } from "../model/size.ts";
import { isTimeZone } from "../model/time-zone.ts";
import { callSite } from "./call-site.ts";
import { nearest } from "./nearest.ts";
import { isNotifierMaker } from "./notifiers.ts";
import { fromPrefect } from "./prefect-names.ts";

/** A parameter as a flow's options declare it; the same keys as in YAML. */
export type ParameterOptions = Omit<ParameterDeclaration, "name" | "required"> & { readonly required?: boolean };

/** All that a person may say of a flow. */
export interface FlowOptions {
  /** Its parameters: any Standard Schema (zod, valibot, arktype), or declarations by name. */
  readonly params?: StandardSchema | Readonly<Record<string, ParameterOptions>>;
  readonly tags?: readonly string[];
  /** Names of secrets that must be there before the first task runs, beside those that tasks name. */
  readonly secrets?: readonly string[];
  /** Each sees every change of the run's state, in order, and may replace the new state. */
  readonly stateHandlers?: readonly FlowHandlerEntry[];
  /** Runs after all state handlers when the run failed. */
  readonly onFailure?: (flow: AnyFlow, state: State) => unknown;
  /** Sees the last state before it is announced, with those of the reference tasks, and may replace it. */
  readonly terminalStateHandler?: NonNullable<AnyFlow["terminalStateHandler"]>;
  /** Tasks at a time. @default that of the run */
  readonly concurrency?: number;
  /** Limits of named pools. */
  readonly pools?: Readonly<Record<string, number>>;
  /** The whole run's time. */
  readonly timeout?: Duration;
  /** The grace of tasks that have none of their own. @default "5s" */
  readonly grace?: Duration;
  /** The stop signal of tasks that have none of their own. @default "SIGTERM" */
  readonly stopSignal?: StopSignal;
  /** How much standard output of its scripts is kept, where they say nothing. @default "1MiB" */
  readonly maxOutput?: Size;
  /** The time zone of times in messages. @default the config's, else "UTC" */
  readonly timezone?: string;
}

const OPTIONS = [
  "params",
  "tags",
  "secrets",
  "stateHandlers",
  "onFailure",
  "terminalStateHandler",
  "concurrency",
  "pools",
  "timeout",
  "grace",
  "stopSignal",
  "timezone",
  "maxOutput",
] as const satisfies readonly (keyof FlowOptions)[];

/**
 * Checks a flow's name and options.
 * @returns the durations in milliseconds, the size in bytes
 * @throws UserError naming every option that is wrong
 */
export function readFlowOptions(
  name: unknown,
  options: FlowOptions,
): Readonly<Record<"timeout" | "grace" | "maxOutput", number | undefined>> {
  const wrong: Diagnostic[] = [];
  const report = (message: string, help?: string): void => {
    wrong.push({
      code: "FLOW_OPTION",
      severity: "error",
      message,
      ...callSite(),
      ...(help === undefined ? {} : { help }),
    });
  };
  if (typeof name !== "string" || name === "") report("A flow needs a name.", 'Write flow("nightly", () => { … }).');
  const what = `Flow "${String(name)}": option`;
  const check = (option: keyof FlowOptions, holds: (value: unknown) => boolean, problem: string): void => {
    if (options[option] !== undefined && !holds(options[option])) report(`${what} "${option}" ${problem}.`);
  };
  for (const key of Object.keys(options)) {
    if ((OPTIONS as readonly string[]).includes(key)) continue;
    const near = nearest(key, OPTIONS);
    const others = near ? `Did you mean "${near}"?` : `Options are: ${OPTIONS.join(", ")}.`;
    report(`${what} "${key}" is not known.`, fromPrefect(key) ?? others);
  }
  const isFunction = (value: unknown): boolean => typeof value === "function";
  const isLimit = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
  const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
  check(
    "params",
    (value) => typeof value === "object" || isFunction(value),
    "must be a Standard Schema or declarations",
  );
  check("tags", (value) => Array.isArray(value) && value.every(isText), "must be a list of texts");
  check("secrets", (value) => Array.isArray(value) && value.every(isText), "must be a list of names");
  check("stateHandlers", Array.isArray, "must be a list of state handlers");
  const isCalled = (value: unknown): boolean => !Array.isArray(value) || !value.some(isNotifierMaker);
  check("stateHandlers", isCalled, "must hold what a notifier's function returns: call it, slackNotifier()");
  check("onFailure", isFunction, "must be a function");
  check("terminalStateHandler", isFunction, "must be a function");
  check("concurrency", isLimit, "must be a whole number, 1 or more");
  check("pools", (value) => Object.values(value as object).every(isLimit), "must name limits, whole numbers from 1");
  const isDuration = (value: unknown): boolean => parseDuration(value) !== undefined;
  check("timeout", isDuration, 'must be a duration such as "1h"');
  check("grace", isDuration, 'must be a duration such as "10s"');
  const isSignal = (value: unknown): boolean => STOP_SIGNALS.some((each) => each === value);
  check("stopSignal", isSignal, `must be one of ${STOP_SIGNALS.join(", ")}`);
  const isZone = (value: unknown): boolean => typeof value === "string" && isTimeZone(value);
  check("timezone", isZone, 'must be a time zone such as "Europe/Oslo"');
  check("maxOutput", (value) => parseSize(value) !== undefined, 'must be a size such as "4MiB"');
  if (wrong.length > 0) throw new UserError("usage", wrong);
  return {
    timeout: parseDuration(options.timeout),
    grace: parseDuration(options.grace),
    maxOutput: parseSize(options.maxOutput),
  };
}

/** Whether a value is a schema by the Standard Schema interface; some are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  return ((typeof value === "object" && value !== null) || typeof value === "function") && "~standard" in value;
}
