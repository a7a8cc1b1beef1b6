import { resolveParameters } from "../authoring/resolve-parameters.ts";
import { matchesRun } from "../hooks/match.ts";
import { prettyJson } from "../model/exact-json.ts";
import { exactJson } from "../model/exact-json.ts";
import { writtenDuration } from "../model/duration.ts";
import { UserError } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import type { Task } from "../model/task.ts";
import { applyConfig } from "../coordinator/apply-config.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { descriptionsOf } from "./descriptions.ts";
import { flowPlace } from "../coordinator/flow-place.ts";
import { givenParameters, type GivenParameters } from "../coordinator/given-parameters.ts";
import { imaginedRun } from "../coordinator/imagined-run.ts";
import { longestRetries } from "../coordinator/longest-retries.ts";
import { neededSecrets } from "../coordinator/needed-secrets.ts";
import { openFlow } from "../coordinator/open-flow.ts";
import { earlierLines, planEarlier, type EarlierPlan } from "./plan-earlier.ts";
import { openServices } from "../coordinator/services.ts";
import { shortDuration } from "../reporters/wording.ts";
import { inWords } from "../secrets/missing-secrets.ts";
import { toldOf, triggerOf } from "./told-of.ts";
import { PLUMBING } from "../coordinator/plumbing.ts";

/** The options of `flowctl run --dry-run`: those of a run that matter before it. */
export interface PlanOptions {
  readonly name?: string;
  readonly param: readonly string[];
  readonly paramsFile?: string;
  readonly cache?: boolean;
}

/** What a run would do. */
export interface Plan {
  readonly flow: string;
  /** What the spec says for people, here and below. */
  readonly description?: string;
  readonly config: string | null;
  readonly parameters: readonly {
    readonly name: string;
    readonly value: unknown;
    /** `-p`, the parameters' file, `env NAME` or `default`. */
    readonly origin: string;
    readonly description?: string;
  }[];
  readonly tasks: readonly PlannedTask[];
  readonly secrets: readonly { readonly name: string; readonly for: readonly string[]; readonly from: string | null }[];
  readonly notifications: readonly string[];
  /** What earlier runs mean to this one. */
  readonly before: EarlierPlan;
}

/** One task of a plan: tasks of one stage could run at the same time. */
export interface PlannedTask {
  readonly stage: number;
  readonly name: string;
  readonly description?: string;
  readonly trigger: string;
  readonly after: readonly string[];
  readonly attempts: number;
  /** Milliseconds that all retries wait together at most. */
  readonly retryWaitMs: number | null;
  readonly timeoutMs: number | null;
  readonly cacheMs: number | null;
}

/**
 * `flowctl run FLOW --dry-run`: the plan of a run. Nothing is run, sent or put on record.
 *
 * @returns 0; 3 where a task's secret is missing
 * @throws UserError for whatever a run would refuse
 */
export async function planCommand(
  [path = ""]: readonly string[],
  options: PlanOptions,
  context: CommandContext,
): Promise<number> {
  const { host, globals } = context;
  const place = flowPlace(path, context);
  const services = await openServices(context, { from: place.directory, state: "nothing" });
  const { config } = services;
  const opened = await openFlow(place, options.name, context, config.timezone);
  const given = await givenParameters(options.param, options.paramsFile, { cwd: globals.cwd, files: host.files });
  const resolved = await resolveParameters(opened.flow.params, given);
  if ("diagnostics" in resolved) throw new UserError("usage", resolved.diagnostics);
  const facts = imaginedRun(opened, place.file, config, host);
  const { hooks } = facts;
  const applied = await applyConfig(opened.flow, facts, config, host);
  const { flow } = applied;
  const needed = neededSecrets(
    applied,
    config,
    hooks.filter((hook) => matchesRun(hook.match, facts)),
  );
  const names = [...new Set([...needed.tasks.keys(), ...needed.channels.keys()])];
  const found = names.length === 0 ? undefined : await (await services.secrets()).resolve(names);
  const describe = await descriptionsOf(opened.source);
  const plan: Plan = {
    flow: flow.name,
    ...said(describe()),
    config: config.file ?? null,
    parameters: Object.entries(resolved.values).map(([name, value]) => ({
      name,
      value,
      origin: originOf(name, given, opened.flow),
      ...said(describe("params", name)),
    })),
    tasks: plannedTasks(flow).map((task) => ({ ...task, ...said(describe("tasks", task.name)) })),
    secrets: names.map((name) => ({
      name,
      for: [...(needed.tasks.get(name) ?? []), ...(needed.channels.get(name) ?? [])],
      from: found?.origins.get(name) ?? null,
    })),
    notifications: toldOf(
      applied,
      hooks.filter((hook) => matchesRun(hook.match, facts)),
    ),
    before: await planEarlier(flow, resolved.values, services, options, context),
  };
  host.terminal.stdout.write(globals.json ? prettyJson(plan) : render(plan));
  return plan.secrets.some(({ name, from }) => from === null && needed.tasks.has(name)) ? 3 : 0;
}

function said(description: string | undefined): { readonly description?: string } {
  return description === undefined ? {} : { description };
}

function originOf(name: string, { origins }: GivenParameters, { params }: Flow): string {
  const origin = Object.hasOwn(origins, name) ? origins[name] : undefined;
  if (origin !== undefined) return origin;
  const declared = params.kind === "declared" ? params.declarations.find((each) => each.name === name) : undefined;
  return declared?.variable === undefined ? "default" : `env ${declared.variable}`;
}

function plannedTasks(flow: Flow): readonly PlannedTask[] {
  const upstream = new Map<Task, Task[]>();
  for (const { from, to } of flow.edges) upstream.set(to, [...(upstream.get(to) ?? []), from]);
  const stages = new Map<Task, number>();
  const isCounted = (task: Task): boolean => !PLUMBING.has(task.kind);
  const stageOf = (task: Task): number => {
    const known = stages.get(task);
    if (known !== undefined) return known;
    stages.set(task, 0); // a circle cannot be: the flow was checked
    const stage =
      Math.max(-1, ...(upstream.get(task) ?? []).map((each) => stageOf(each) - (isCounted(each) ? 0 : 1))) + 1;
    stages.set(task, stage);
    return stage;
  };
  const before = (task: Task): readonly string[] =>
    (upstream.get(task) ?? []).flatMap((each) => (isCounted(each) ? [each.name] : before(each)));
  return flow.tasks
    .filter(isCounted)
    .map((task) => ({
      stage: stageOf(task),
      name: task.name,
      trigger: triggerOf(task),
      after: [...new Set(before(task))],
      attempts: 1 + (task.retry?.max ?? 0),
      retryWaitMs: task.retry === undefined ? 0 : (longestRetries(task.retry) ?? null),
      timeoutMs: task.timeout ?? null,
      cacheMs: task.cache?.for ?? null,
    }))
    .sort((a, b) => a.stage - b.stage);
}

function render(plan: Plan): string {
  const lines = [
    `plan of ${plan.flow}: ${plan.tasks.length} ${plan.tasks.length === 1 ? "task" : "tasks"}; nothing is run or sent`,
    ...(plan.description === undefined ? [] : [plan.description.trimEnd()]),
    `config: ${plan.config ?? "none"}`,
  ];
  const section = (title: string, rows: readonly string[]): void => {
    if (rows.length > 0) lines.push("", `${title}:`, ...rows.map((row) => `  ${row}`));
  };
  section(
    "parameters",
    plan.parameters.map(({ name, value, origin, description }) =>
      [`${name} = ${exactJson(value)}  (${origin})`, ...(description === undefined ? [] : [description])].join(": "),
    ),
  );
  section(
    "tasks",
    plan.tasks.map((task) =>
      [
        `${task.stage + 1}. ${task.name}${task.description === undefined ? "" : `: ${task.description.trim()}`}`,
        ...(task.after.length === 0 ? [] : [`after ${task.after.join(", ")}`]),
        ...(task.trigger === "all_successful" ? [] : [`when ${task.trigger}`]),
        ...(task.attempts === 1
          ? []
          : [
              `up to ${task.attempts} attempts${task.retryWaitMs === null || task.retryWaitMs === 0 ? "" : `, waiting ${shortDuration(task.retryWaitMs)} at most`}`,
            ]),
        ...(task.timeoutMs === null || task.timeoutMs === 0 ? [] : [`each at most ${writtenDuration(task.timeoutMs)}`]),
        ...(task.cacheMs === null ? [] : [`result kept for ${writtenDuration(task.cacheMs)}`]),
      ].join("; "),
    ),
  );
  section(
    "secrets",
    plan.secrets.map(
      ({ name, from, for: users }) =>
        `${name}: ${from === null ? "MISSING" : `found (${from})`}, for ${inWords(users)}`,
    ),
  );
  section("told", plan.notifications);
  const before = earlierLines(plan.before);
  section("cache", before.cache);
  section("before", before.earlier);
  return `${lines.join("\n")}\n`;
}
