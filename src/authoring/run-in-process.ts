import type { RunOptions, RunResult } from "../engine/run-options.ts";
import { UserError, userError } from "../model/error.ts";
import type { RunEvent } from "../model/event.ts";
import type { Flow } from "./flow.ts";
import { resolveParameters } from "./resolve-parameters.ts";

/** How a flow is run from code. */
export interface FlowRunOptions extends Partial<
  Pick<RunOptions, "signal" | "concurrency" | "pools" | "notify" | "service" | "taskStates" | "cache">
> {
  /** Values of parameters, by name. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Values of secrets, by name, or how to get one. */
  readonly secrets?: Readonly<Record<string, string>> | ((name: string) => string | Promise<string>);
  /** Is given every event of the run. */
  readonly onEvent?: (event: RunEvent) => void;
  readonly runId?: string;
}

/** What became of a run: its state, and that of each task. */
export type FlowRun = RunResult;

/** Runs a flow in this process; see `Flow.run`. */
export async function runInProcess(flow: Flow, options: FlowRunOptions): Promise<FlowRun> {
  flow.validate();
  const resolved = await resolveParameters(flow.params, { values: options.params ?? {} });
  if ("diagnostics" in resolved) throw new UserError("usage", resolved.diagnostics);
  const [{ runFlow }, { systemClock }] = await Promise.all([
    import("../engine/run-flow.ts"),
    import("../host/clock.ts"),
  ]);
  const { secrets, onEvent, runId } = options;
  return runFlow(flow, {
    ...options,
    runId: runId ?? `local-${globalThis.crypto.randomUUID()}`,
    params: resolved.values,
    recorder: { record: (event) => onEvent?.(event) },
    clock: systemClock(),
    random: () => (globalThis.crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
    secret: async (name) => {
      const value = typeof secrets === "function" ? await secrets(name) : secrets?.[name];
      if (value !== undefined) return value;
      throw userError("secret", "SECRET_NOT_FOUND", `Secret "${name}" was not given to run().`, {
        help: "Give it as run({ secrets: { NAME: value } }), or run the flow with: flowctl run FILE",
      });
    },
  });
}
