import type { Config } from "../config/config.ts";
import { diagnoseConfig } from "../config/diagnose-config.ts";
import type { Files } from "../host/files.ts";
import type { Diagnostic } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import type { Task } from "../model/task.ts";
import { specNameOf } from "../spec/compile-trigger.ts";
import { valueAt } from "../spec/problems.ts";
import type { Finding, Path } from "../spec/source.ts";
import { knownFlows } from "./known-flows.ts";
import { lintFlow } from "./lint-flow.ts";
import { lintHook, lintOwnHook, lintRules } from "./lint-hooks.ts";
import type { OpenedFlow } from "../coordinator/open-flow.ts";
import { placer } from "../coordinator/placer.ts";

/** What is looked at. */
export interface Linted {
  readonly opened: OpenedFlow;
  readonly file: string;
  /** The flow with what the config adds; the flow itself where that could not be had. */
  readonly flow: Flow;
  /** Absent where it is wrong itself. */
  readonly config: Config | undefined;
}

/** All that is allowed in a flow and yet hardly meant. */
export function lint(linted: Linted): readonly Diagnostic[] {
  const { opened, flow, config } = linted;
  const at = placer(opened, linted.file);
  const tell = (path: Path, finding: Finding): Diagnostic => at(path, { ...finding, severity: "warning" });
  const found: Diagnostic[] = [...(opened.hints?.() ?? [])];
  const own = new Set(opened.flow.tasks);
  lintFlow(flow, config?.pools ?? {}, (task, key, finding) => {
    const isOwn = own.has(task) || config === undefined;
    const at = { ...finding, severity: "warning" } as const;
    found.push(isOwn ? tell(pathOf(task, key), at) : diagnoseConfig(config, ["tasks", task.name], [key], at));
  });
  found.push(...writtenLints(opened, tell));
  for (const [index, hook] of opened.hooks.entries()) {
    const say = (inside: Path, finding: Finding): void => void found.push(tell(["hooks", index, ...inside], finding));
    lintHook(hook, say);
    lintOwnHook(hook, flow.tags, say);
  }
  return found;
}

function pathOf(task: Task, key: string): Path {
  return ["tasks", specNameOf(task), key];
}

/** What only the text of a spec shows. */
function writtenLints(
  { source, flow }: OpenedFlow,
  tell: (path: Path, finding: Finding) => Diagnostic,
): readonly Diagnostic[] {
  if (source === undefined) return [];
  const found: Diagnostic[] = [];
  for (const task of flow.tasks) {
    const at = (key: string): unknown => valueAt(source.value, pathOf(task, key));
    if (at("if") === false || at("if") === "false")
      found.push(
        tell(pathOf(task, "if"), {
          code: task.kind === "notification" ? "ALERT_NEVER_FIRES" : "TASK_NEVER_RUNS",
          message: `task "${task.name}" is always skipped`,
        }),
      );
    const script = at("run");
    const secret = typeof script === "string" ? /\bFLOWCTL_SECRET_(\w+)/.exec(script)?.[1] : undefined;
    if (secret !== undefined)
      found.push(
        tell(pathOf(task, "run"), {
          code: "SECRET_IN_SCRIPT",
          message: `the script of task "${task.name}" reads FLOWCTL_SECRET_${secret}, which no script is given`,
          help: `env: { ${secret}: "\${{ secrets.${secret} }}" }, and $${secret} in the script`,
        }),
      );
  }
  return found;
}

/** What is hardly meant in the config itself. */
export function lintConfig(
  config: Config,
  flows: readonly string[],
  options: { readonly root: string; readonly files: Files },
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const hook of config.hooks)
    lintHook(hook, (inside, finding) => {
      found.push(diagnoseConfig(config, ["hooks", hook.name], inside, finding));
    });
  let names: { readonly value: readonly string[] | undefined } | undefined;
  found.push(...lintRules(config, flows, () => (names ??= { value: knownFlows(options.root, options.files) }).value));
  return found;
}
