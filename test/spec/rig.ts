import { tmpdir, userInfo } from "node:os";
import { runFlow } from "../../src/engine/run-flow.ts";
import { systemClock } from "../../src/host/clock.ts";
import { systemFiles } from "../../src/host/files.ts";
import type { Environment } from "../../src/host/host.ts";
import { UserError, type Diagnostic } from "../../src/model/error.ts";
import type { RunEvent } from "../../src/model/event.ts";
import type { Flow } from "../../src/model/flow.ts";
import type { NotifyRequest } from "../../src/model/notification.ts";
import { renderDiagnostics } from "../../src/reporters/diagnostics.ts";
import { specNameOf } from "../../src/spec/compile-trigger.ts";
import { loadSpec, type SpecOptions } from "../../src/spec/load-spec.ts";

/** An environment with nothing in it but a path. */
export function environment(variables: Record<string, string> = {}): Environment {
  return {
    variables: { PATH: process.env["PATH"], ...variables },
    cwd: tmpdir(),
    platform: process.platform,
    home: tmpdir(),
    user: userInfo().username,
    hostname: "host",
    pid: 1,
    uid: process.getuid?.(),
    execPath: process.execPath,
  };
}

/** 23:30 UTC: in Oslo it is the next day. */
export const NOW = 1_769_902_200_000;

/** A spec's text, loaded as if it were a file of the temporary directory. */
export function load(
  text: string,
  more: Partial<SpecOptions> & { file?: string; variables?: Record<string, string> } = {},
) {
  const { file = `${tmpdir()}/flow.yaml`, variables, ...rest } = more;
  return loadSpec(file, text, {
    environment: environment(variables),
    files: systemFiles(),
    now: () => NOW,
    tasks: { echo: async () => (inputs: Record<string, unknown>) => inputs },
    handlers: {},
    importModule: async (path) => {
      throw new UserError("usage", [{ code: "LOAD", severity: "error", message: `no module ${path}` }]);
    },
    ...rest,
  });
}

/** What is wrong with a spec. */
export async function problems(attempt: Promise<unknown>): Promise<readonly Diagnostic[]> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof UserError) return error.diagnostics;
    throw error;
  }
  throw new Error("it was accepted");
}

/** What is wrong with a spec, as a person sees it. */
export async function shown(text: string, more?: Parameters<typeof load>[1]): Promise<string> {
  return renderDiagnostics(await problems(load(text, more)), { cwd: tmpdir() });
}

/** Runs a flow with the real engine; states and results by the keys of the spec. */
export async function run(
  flow: Flow,
  options: {
    params?: Record<string, unknown>;
    secrets?: Record<string, string>;
    notify?: (request: NotifyRequest) => void;
  } = {},
) {
  const events: RunEvent[] = [];
  const { state, taskStates } = await runFlow(flow, {
    runId: "r1",
    params: options.params ?? {},
    recorder: { record: (event) => void events.push(event) },
    clock: systemClock(),
    random: () => 0.5,
    secret: async (name) => {
      const value = options.secrets?.[name];
      if (value === undefined) throw new Error(`no secret ${name}`);
      return value;
    },
    notify: async (request) => {
      options.notify?.(request);
      return { ids: ["n_1"], outcome: "delivered" };
    },
  });
  const entries = Array.from(taskStates, ([task, each]) => [specNameOf(task), each] as const);
  return {
    state,
    events,
    states: Object.fromEntries(entries.map(([key, each]) => [key, each.type])),
    results: Object.fromEntries(entries.map(([key, each]) => [key, each.result])) as Record<string, unknown>,
    messages: Object.fromEntries(entries.map(([key, each]) => [key, each.message])),
  };
}
