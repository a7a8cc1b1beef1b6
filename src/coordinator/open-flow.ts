import * as library from "../index.ts";
import { madeInVain } from "../authoring/building.ts";
import { validateFlow } from "../authoring/validate.ts";
import { isConfig } from "../config/find-config.ts";
import type { Environment } from "../host/host.ts";
import { diskTrouble } from "../model/disk-trouble.ts";
import { UserError, userError, type Diagnostic } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import type { Hook } from "../model/hook.ts";
import type { Source } from "../spec/source.ts";
import type { CommandContext } from "./context.ts";
import { isSpec, type FlowPlace } from "./flow-place.ts";

/** A loaded flow, with what its file says beside it. */
export interface OpenedFlow {
  readonly flow: Flow;
  /** Hooks that a spec declares for itself. */
  readonly hooks: readonly Hook[];
  /** Of a spec: variables of dotenv files and of its own `env:`, for the templates of its hooks. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly warnings: readonly Diagnostic[];
  /** Of a spec: what stands where in it. */
  readonly source?: Source;
  /** Of a spec: what is allowed in it and yet hardly meant. */
  readonly hints?: () => readonly Diagnostic[];
}

/**
 * Loads the flow in a file: a spec by its ending, else a module.
 *
 * @throws UserError "usage" for whatever is wrong with it
 */
export async function openFlow(
  place: FlowPlace,
  name: string | undefined,
  context: CommandContext,
  timezone?: string,
): Promise<OpenedFlow> {
  if (isConfig(place.file))
    throw userError("usage", "LOAD_CONFIG", `${place.file} is a config, not a flow`, {
      help: `flowctl validate ${place.file}`,
    });
  if (isSpec(place.file)) return openSpec({ ...place, timezone }, name, context);
  const [{ loadFlow }, { lendLibrary }] = await Promise.all([
    import("../load/load-flow.ts"),
    import("../load/library.ts"),
  ]);
  lendLibrary(library);
  const warnings: Diagnostic[] = [];
  const flow = await loadFlow(place.file, { name, onWarning: (diagnostic) => warnings.push(diagnostic) });
  // A flow made by hand has not been looked at as a whole yet.
  const errors = validateFlow(flow).filter((each) => each.severity === "error");
  if (errors.length > 0) throw new UserError("usage", errors);
  if (flow.tasks.length === 0)
    warnings.push({
      code: "FLOW_EMPTY",
      severity: "warning",
      message: `flow "${flow.name}" has no task, and a run of it does nothing`,
      file: place.file,
      help: "call a task in the function that is given to flow(…): load()",
    });
  for (const { name: task, place: made } of madeInVain(flow))
    warnings.push({
      code: "TASK_NOT_CALLED",
      severity: "warning",
      message: `"${task}" is made inside flow "${flow.name}" and never called there: it does not run`,
      ...(made() ?? { file: place.file }),
      help: "call what is made: shell({ … })(); a task of a class is put in with flow.addTask(task)",
    });
  return { flow, hooks: [], warnings };
}

async function openSpec(
  place: FlowPlace & { readonly timezone: string | undefined },
  name: string | undefined,
  { host, globals }: CommandContext,
): Promise<OpenedFlow> {
  const { present } = await import("../load/locate.ts");
  const file = present(place.file);
  let text: string;
  try {
    text = host.files.readInput(file) ?? "";
  } catch (error) {
    throw userError("usage", "SPEC_UNREADABLE", `The file cannot be read: ${diskTrouble(error)}.`, { file });
  }
  if (text.includes("\uFFFD")) (await import("../load/utf8-text.ts")).requireUtf8(file, text);
  const environment: Environment = { ...host.environment, cwd: globals.cwd };
  const [{ loadSpec }, { LIBRARY }] = await Promise.all([import("../spec/load-spec.ts"), import("./library.ts")]);
  const loaded = await loadSpec(place.file, text, {
    ...LIBRARY,
    environment,
    files: host.files,
    now: () => host.clock.now(),
    checkText: async (path, content) => {
      (await import("../load/utf8-text.ts")).requireUtf8(path, content);
    },
    timezone: place.timezone,
  });
  const own = loaded.flow.name;
  if (name !== undefined && name !== own)
    throw (await import("../load/find-flow.ts")).noSuchFlow(name, [own], place.file, `its flow is "${own}"`);
  return { ...loaded, warnings: [] };
}
