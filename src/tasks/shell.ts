import { basename } from "node:path";
import { Task } from "../authoring/task.ts";
import { taskFunction, type TaskFunction } from "../authoring/task-function.ts";
import type { TaskOptions } from "../authoring/task-options.ts";
import type { TaskContext } from "../model/task.ts";
import { runShell, type ShellInputs } from "./run-shell.ts";

/** All that is said of a shell task: options of any task, and what is run. */
export type ShellOptions = TaskOptions & ShellInputs;

/** What a shell task answers. */
export interface ShellOutput<S = string> {
  /** What was printed, in the form that `capture` names. */
  readonly stdout: S;
  /** The keys written to `$FLOWCTL_OUTPUT`. */
  readonly outputs: Readonly<Record<string, string>>;
}

const INPUTS = [
  "script",
  "argv",
  "env",
  "cwd",
  "stdin",
  "shell",
  "capture",
  "maxOutput",
  "secrets",
] as const satisfies readonly (keyof ShellInputs)[];

/** A task that runs a script or a program. Inputs of a call win over those of its options; `env` is joined. */
export class ShellTask<S = string> extends Task<ShellInputs, ShellOutput<S>> {
  readonly #defaults: ShellInputs;

  constructor(options: ShellOptions = {}) {
    const [inputs, rest] = split(options);
    super({ ...rest, ...(inputs.secrets === undefined ? {} : { secrets: inputs.secrets }) }, { name: nameOf(inputs) });
    this.#defaults = inputs;
  }

  override get inputNames(): readonly string[] {
    return INPUTS;
  }

  /** Those of a call are known before anything runs, like those of its options. */
  secretsFor(constants: Readonly<Record<string, unknown>>): readonly string[] {
    const { secrets } = constants;
    return Array.isArray(secrets) ? secrets.filter((each): each is string => typeof each === "string") : [];
  }

  async run(inputs: ShellInputs, context: TaskContext): Promise<ShellOutput<S>> {
    const env = { ...this.#defaults.env, ...inputs.env };
    const { stdout, ...outputs } = await runShell({ ...this.#defaults, ...inputs, env }, context);
    return { stdout: stdout as S, outputs: outputs as Readonly<Record<string, string>> };
  }
}

/**
 * A task that runs a script by a shell (`bash -eo pipefail` where there is bash, else
 * `sh -e`), or a program without one. It fails where that ends with another code than 0.
 *
 * @example const build = shell({ name: "build", script: "make all", timeout: "5m" });
 */
export function shell(
  options: ShellOptions & { readonly capture: "json" },
): TaskFunction<ShellInputs, ShellOutput<unknown>>;
export function shell(
  options: ShellOptions & { readonly capture: "lines" },
): TaskFunction<ShellInputs, ShellOutput<string[]>>;
export function shell(
  options: ShellOptions & { readonly capture: "bytes" },
): TaskFunction<ShellInputs, ShellOutput<Uint8Array>>;
export function shell(
  options: ShellOptions & { readonly capture: "none" },
): TaskFunction<ShellInputs, ShellOutput<null>>;
export function shell(options: ShellOptions & { readonly capture?: "text" }): TaskFunction<ShellInputs, ShellOutput>;
export function shell(options: ShellOptions): unknown {
  const [inputs, rest] = split(options);
  return taskFunction<ShellInputs, ShellOutput<unknown>>(
    rest.name ?? nameOf(inputs),
    rest,
    (merged) => new ShellTask<unknown>({ ...inputs, ...merged }),
  );
}

function split(options: ShellOptions): [ShellInputs, TaskOptions] {
  const isInput = (key: string): boolean => (INPUTS as readonly string[]).includes(key);
  const entries = Object.entries(options);
  return [
    Object.fromEntries(entries.filter(([key]) => isInput(key))),
    Object.fromEntries(entries.filter(([key]) => !isInput(key))),
  ];
}

function nameOf({ argv }: ShellInputs): string {
  return argv?.[0] === undefined ? "shell" : basename(argv[0]);
}
