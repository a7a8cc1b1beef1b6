import { dirname } from "node:path";
import { prettyJson } from "../model/exact-json.ts";
import { UserError, type Diagnostic } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import type { Config } from "../config/config.ts";
import { isConfig } from "../config/find-config.ts";
import { annotateDiagnostics, diagnosticJson, renderDiagnostics, shownPath } from "../reporters/diagnostics.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { redactExcerpts, workspaceOf } from "../coordinator/explain.ts";
import { flowPlace, type FlowPlace } from "../coordinator/flow-place.ts";
import { control } from "../reporters/screen-before.ts";
import { applyConfig } from "../coordinator/apply-config.ts";
import { imaginedRun } from "../coordinator/imagined-run.ts";
import { lint, lintConfig } from "./lint.ts";
import { openFlow } from "../coordinator/open-flow.ts";
import { PLUMBING } from "../coordinator/plumbing.ts";
import { unknownChannels } from "../coordinator/unknown-channels.ts";
import { openServices } from "../coordinator/services.ts";

/** The options of `flowctl validate`. */
export interface ValidateOptions {
  /** Which flow, where a file holds several. */
  readonly name?: string;
  /** Warnings count as errors. */
  readonly strict?: boolean;
}

/**
 * `flowctl validate FLOW…`: all that is wrong with flows and their config, at
 * once, without running anything.
 *
 * @returns 0 where nothing is wrong, else 2
 */
export async function validateCommand(
  paths: readonly string[],
  options: ValidateOptions,
  context: CommandContext,
): Promise<number> {
  const { host, globals } = context;
  const { stdout, stderr } = host.terminal;
  const found: Diagnostic[] = [];
  const checked: Checked[] = [];
  const configs = new Map<string, { readonly config: Config; readonly flows: string[] }>();
  for (const path of paths) {
    const one = await check(path, options.name, context, found);
    checked.push(one);
    const { config, place, flow } = one;
    if (config?.file === undefined || flow === undefined || !place.directory.startsWith(dirname(config.file))) continue;
    const known = configs.get(config.file) ?? { config, flows: [] };
    known.flows.push(flow.name);
    configs.set(config.file, known);
  }
  for (const { config, flows } of configs.values())
    found.push(...lintConfig(config, flows, { root: dirname(config.file ?? ""), files: host.files }));
  const diagnostics = redactExcerpts(inOrder(once(found)), (text) => context.redactor.redact(text));
  const isBad = diagnostics.some((each) => each.severity === "error" || options.strict === true);
  if (globals.json) {
    const flows = checked
      .filter(({ place }) => !isConfig(place.file))
      .map(({ place, flow }) => ({
        file: place.file,
        flow: flow?.name ?? null,
        tasks: countOf(flow),
      }));
    stdout.write(prettyJson({ valid: !isBad, flows, problems: diagnostics.map(diagnosticJson) }));
    return isBad ? 2 : 0;
  }
  if (host.environment.variables["GITHUB_ACTIONS"] === "true") {
    for (const line of annotateDiagnostics(diagnostics, workspaceOf(host))) control(stdout, `${line}\n`);
  }
  if (diagnostics.length > 0) stderr.write(renderDiagnostics(diagnostics, { cwd: globals.cwd }));
  if (!globals.quiet)
    for (const each of checked) if (each.isWhole) stdout.write(okLine(each, diagnostics, options, globals.cwd));
  return isBad ? 2 : 0;
}

/** One flow that was looked at. */
interface Checked {
  readonly place: FlowPlace;
  /** Absent where it could not be loaded. */
  readonly flow: Flow | undefined;
  /** Absent where it is wrong itself. */
  readonly config: Config | undefined;
  /** Whether it could be run. */
  readonly isWhole: boolean;
}

async function check(
  path: string,
  name: string | undefined,
  context: CommandContext,
  found: Diagnostic[],
): Promise<Checked> {
  const place = flowPlace(path, context);
  if (isConfig(place.file)) return checkConfigFile(place, context, found);
  const before = found.length;
  const config = (await gather(() => openServices(context, { from: place.directory, state: "nothing" }), found))
    ?.config;
  const opened = await gather(() => openFlow(place, name, context, config?.timezone), found);
  if (opened === undefined) return { place, flow: undefined, config, isWhole: false };
  const facts = config === undefined ? undefined : imaginedRun(opened, place.file, config, context.host);
  const applied =
    facts === undefined || config === undefined
      ? undefined
      : await gather(() => applyConfig(opened.flow, facts, config, context.host), found);
  const flow = applied?.flow ?? opened.flow;
  await gather(() => checkGraph(flow), found);
  if (config !== undefined) found.push(...(await unknownChannels(flow, opened, config, place.file)));
  found.push(...opened.warnings, ...lint({ opened, file: place.file, flow, config }));
  const isWhole = !found.slice(before).some((each) => each.severity === "error");
  return { place, flow, config, isWhole };
}

/** A config among the files: `validate *.yaml` names it, too. */
async function checkConfigFile(place: FlowPlace, context: CommandContext, found: Diagnostic[]): Promise<Checked> {
  const globals = { ...context.globals, config: place.file };
  const config = (await gather(() => openServices({ ...context, globals }, { from: place.directory }), found))?.config;
  if (config === undefined) return { place, flow: undefined, config, isWhole: false };
  const [{ checkTemplates }, { openVariables }] = await Promise.all([
    import("../config/check-config.ts"),
    import("../spec/open-variables.ts"),
  ]);
  const variables = new Set(Object.keys(openVariables(context.host.environment.variables)));
  const problems = await checkTemplates(config, { variables });
  found.push(...problems);
  return { place, flow: undefined, config, isWhole: problems.length === 0 };
}

function countOf(flow: Flow | undefined): number {
  return flow?.tasks.filter((task) => !PLUMBING.has(task.kind)).length ?? 0;
}

function okLine(
  { place, flow }: Checked,
  diagnostics: readonly Diagnostic[],
  { strict }: ValidateOptions,
  cwd: string,
): string {
  if (isConfig(place.file)) return `ok: ${shownPath(place.file, cwd)}: config\n`;
  const tasks = countOf(flow);
  const warnings = diagnostics.filter((each) => each.file === place.file).length;
  if (strict === true && warnings > 0) return "";
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;
  const doubts = warnings === 0 ? "" : `, ${count(warnings, "warning")}`;
  return `ok: ${shownPath(place.file, cwd)}: flow "${flow?.name ?? ""}", ${count(tasks, "task")}${doubts}\n`;
}

async function gather<T>(attempt: () => Promise<T>, found: Diagnostic[]): Promise<T | undefined> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    found.push(...error.diagnostics);
    return undefined;
  }
}

async function checkGraph(flow: Flow): Promise<void> {
  const { validateFlow } = await import("../authoring/validate.ts");
  const problems = validateFlow(flow).filter((each) => each.severity === "error");
  if (problems.length > 0) throw new UserError("usage", problems);
}

/** By file, in the order in which files come, and by place in each. */
function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const files = [...new Set(diagnostics.map((each) => each.file))];
  return [...diagnostics].sort(
    (a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}

/** The config of two flows is the same one: its problems are told once. */
function once(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...new Map(diagnostics.map((each) => [JSON.stringify(diagnosticJson(each)), each])).values()];
}
