import type { Diagnostic } from "../model/error.ts";
import type { RetryPolicy } from "../model/retry.ts";
import { compileTask, type CompiledTask } from "./compile-task.ts";
import type { TaskEntry } from "./flow-schema.ts";
import { Report } from "./report.ts";
import type { Library } from "./resolve-uses.ts";
import type { Path, Source } from "./source.ts";

/** A task as the config attaches it to a flow. */
export interface AttachedEntry {
  readonly uses: string;
  readonly with: Readonly<Record<string, unknown>>;
  readonly trigger?: TaskEntry["trigger"];
  readonly retry?: RetryPolicy;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** What it is compiled with. */
export interface AttachedSetting {
  readonly flow: string;
  /** Names of the flow's tasks. */
  readonly tasks: readonly string[];
  /** Names of its parameters, where they are known. */
  readonly params: readonly string[] | undefined;
  readonly library: Library;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  /** The config's time zone. */
  readonly timezone?: string | undefined;
  /** Where it stands in the config; absent, or without a source, where that is a module. */
  readonly place: { readonly source: Source | undefined; readonly path: Path } | undefined;
  readonly file: string;
}

/** Compiles a task of the config for one flow, in the same way as one of a spec. */
export async function compileAttached(
  name: string,
  entry: AttachedEntry,
  { place, file, flow, tasks, params, ...setting }: AttachedSetting,
): Promise<CompiledTask & { readonly diagnostics: readonly Diagnostic[] }> {
  const report = new Report(place?.source ?? placeless(file));
  const { trigger, retry, timeout } = entry;
  const written: TaskEntry = {
    uses: entry.uses,
    with: { ...entry.with },
    skipOnUpstreamSkip: trigger === undefined || trigger === "all_successful",
    ...(trigger === undefined ? {} : { trigger }),
  };
  const compiled = await compileTask(name, written, {
    ...setting,
    report,
    file,
    under: place?.path.slice(0, -1) ?? ["tasks"],
    content: { tasks: {} },
    around: {
      ...{ roots: [], params, tasks, outputs: new Map(), variables: new Set(Object.keys(setting.variables)) },
      ...(setting.timezone === undefined ? {} : { zone: setting.timezone }),
    },
    scope: { flow, variables: setting.variables, fromFiles: {}, env: () => ({}), envSecrets: [], now: setting.now },
  });
  Object.assign(compiled.task, {
    ...(retry === undefined ? {} : { retry }),
    ...(timeout === undefined ? {} : { timeout }),
  });
  const isPlaced = place?.source !== undefined;
  const diagnostics = report.diagnostics.map((each) => (isPlaced ? each : withoutPlace(each)));
  return { ...compiled, diagnostics };
}

/** A config that is a module has no text: its problems are told by the task's name. */
function placeless(file: string): Source {
  const nowhere = { start: 0, end: 0 };
  return { file, text: "", value: {}, valueAt: () => nowhere, keyAt: () => nowhere, scalarAt: () => undefined };
}

function withoutPlace({ code, severity, message, file, help }: Diagnostic): Diagnostic {
  return { code, severity, message, ...(file === undefined ? {} : { file }), ...(help === undefined ? {} : { help }) };
}
