import { applyDefaults } from "./apply-defaults.ts";
import type { Config, HandlerRule } from "../config/config.ts";
import type { RunFacts } from "../hooks/told.ts";
import type { Host } from "../host/host.ts";
import { UserError, type Diagnostic } from "../model/error.ts";
import type { Flow, FlowHandlerEntry } from "../model/flow.ts";
import type { Task, TaskHandlerEntry } from "../model/task.ts";

/** A flow with what config adds to it. */
export interface AppliedConfig {
  /** With the notification tasks that config attaches. */
  readonly flow: Flow;
  readonly flowHandlers: readonly FlowHandlerEntry[];
  /** Config's state handlers do not see notification tasks (design decision 6). */
  readonly taskHandlers?: (task: Task) => readonly TaskHandlerEntry[];
}

/**
 * Adds the config's state handlers and notification tasks to a flow that knows
 * nothing of them.
 *
 * @throws UserError "usage" with all that is wrong, each at its place in the config
 */
export async function applyConfig(
  flow: Flow,
  facts: RunFacts,
  config: Config,
  { environment, clock }: Pick<Host, "environment" | "clock">,
): Promise<AppliedConfig> {
  const { stateHandlers, tasks, hooks, channels } = config;
  applyDefaults(flow, config.defaults);
  const problems: Diagnostic[] = [];
  if (JSON.stringify([hooks, channels, stateHandlers]).includes("${{"))
    problems.push(...(await templateProblems(flow, facts, config, environment.variables)));
  if (stateHandlers.flow.length + stateHandlers.task.length + Object.keys(tasks).length === 0) {
    if (problems.length > 0) throw new UserError("usage", problems);
    return { flow, flowHandlers: [] };
  }
  const { matchesRun, matchesTask } = await import("../hooks/match.ts");
  const { attachTasks } = await import("./attach-tasks.ts");
  const flowRules = stateHandlers.flow.filter((rule) => matchesRun(rule.match, facts));
  const taskRules = stateHandlers.task.filter((rule) =>
    flow.tasks.some((task) => matchesTask(rule.match, facts, task)),
  );
  const resolve = async (kind: "flow" | "task", rules: readonly HandlerRule[]) =>
    (await Promise.all(rules.map((rule) => handlerOf(kind, rule, config, problems)))).flat();
  const flowHandlers = (await resolve("flow", flowRules)).map(({ handler }) => handler as FlowHandlerEntry);
  const resolved = await resolve("task", taskRules);
  const { openVariables } = await import("../spec/open-variables.ts");
  const surroundings = { variables: openVariables(environment.variables), now: () => clock.now() };
  const attached = await attachTasks(flow, facts, config, surroundings, problems);
  if (problems.length > 0) throw new UserError("usage", problems);
  if (taskRules.length === 0) return { flow: attached, flowHandlers };
  return {
    flow: attached,
    flowHandlers,
    taskHandlers: (task) =>
      task.kind === "notification"
        ? []
        : resolved.filter(({ rule }) => matchesTask(rule.match, facts, task)).map(({ handler }) => handler),
  };
}

/** Returns what is wrong with the templates of the config for this flow: parameters and variables that are missing. */
async function templateProblems(
  { params }: Flow,
  facts: RunFacts,
  config: Config,
  variables: Host["environment"]["variables"],
): Promise<readonly Diagnostic[]> {
  const [{ checkTemplates }, { matchesRun }, { openVariables }] = await Promise.all([
    import("../config/check-config.ts"),
    import("../hooks/match.ts"),
    import("../spec/open-variables.ts"),
  ]);
  return checkTemplates(config, {
    variables: new Set(Object.keys(openVariables(variables))),
    ...(params.kind === "declared" ? { params: params.declarations.map(({ name }) => name) } : {}),
    isWanted: ({ match }) => matchesRun(match, facts),
  });
}

/** A notifier by name, or an export of a module; nothing where it is wrong, which is reported. */
async function handlerOf(
  kind: "flow" | "task",
  rule: HandlerRule,
  config: Config,
  problems: Diagnostic[],
): Promise<readonly { readonly rule: HandlerRule; readonly handler: TaskHandlerEntry }[]> {
  const [{ resolveHandler }, { LIBRARY }] = await Promise.all([
    import("../spec/resolve-uses.ts"),
    import("./library.ts"),
  ]);
  const handler = await resolveHandler(rule.uses, rule.with, config.file ?? "", LIBRARY);
  if (!("code" in handler)) return [{ rule, handler }];
  const { diagnoseConfig } = await import("../config/diagnose-config.ts");
  const index = String(config.stateHandlers[kind].indexOf(rule));
  problems.push(diagnoseConfig(config, ["stateHandlers", kind, index], handler.within ?? ["uses"], handler));
  return [];
}
