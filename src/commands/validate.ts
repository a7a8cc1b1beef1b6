import { UserError, type Diagnostic } from "../model/error.ts";
import { annotateDiagnostics, diagnosticJson, renderDiagnostics, shownPath } from "../reporters/diagnostics.ts";
import type { CommandContext } from "./context.ts";
import { redactDiagnostics } from "./explain.ts";
import { flowPlace } from "./flow-place.ts";
import { jsonText } from "./json-text.ts";
import { lintFlow } from "./lint-flow.ts";
import { unknownChannels } from "./unknown-channels.ts";
import { openFlow, type OpenedFlow } from "./open-flow.ts";
import { PLUMBING } from "./plumbing.ts";
import { openServices } from "./services.ts";

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
  const results: { readonly file: string; readonly flow: string | null; readonly tasks: number }[] = [];
  for (const path of paths) {
    const place = flowPlace(path, context);
    const opened = await gather(() => openFlow(place, options.name, context), found);
    const services = await gather(() => openServices(context, { from: place.directory }), found);
    if (opened !== undefined) {
      await gather(() => checkGraph(opened), found);
      const { flow, hooks, warnings } = opened;
      found.push(...warnings, ...lintFlow(flow, place.file));
      if (services !== undefined) found.push(...(await unknownChannels(flow, hooks, services.config, place.file)));
    }
    const tasks = opened?.flow.tasks.filter((task) => !PLUMBING.has(task.kind)).length ?? 0;
    results.push({ file: place.file, flow: opened?.flow.name ?? null, tasks });
  }
  const diagnostics = redactDiagnostics(once(found), (text) => context.redactor.redact(text));
  const errors = diagnostics.filter((each) => each.severity === "error" || options.strict === true);
  const variables = host.environment.variables;
  if (globals.json) {
    const problems = diagnostics.map(diagnosticJson);
    stdout.write(jsonText({ valid: errors.length === 0, flows: results, problems }, context));
  } else if (variables["GITHUB_ACTIONS"] === "true") {
    const workspace = variables["GITHUB_WORKSPACE"];
    for (const line of annotateDiagnostics(diagnostics, workspace === undefined ? {} : { workspace }))
      stdout.write(`${line}\n`);
  }
  if (!globals.json && diagnostics.length > 0) stderr.write(renderDiagnostics(diagnostics, { cwd: globals.cwd }));
  if (!globals.json && !globals.quiet)
    for (const { file, flow, tasks } of results)
      if (flow !== null && !errors.some((each) => each.file === file))
        stdout.write(
          `ok: ${shownPath(file, globals.cwd)}: flow "${flow}", ${tasks} ${tasks === 1 ? "task" : "tasks"}\n`,
        );
  return errors.length === 0 ? 0 : 2;
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

async function checkGraph({ flow }: OpenedFlow): Promise<void> {
  const { validateFlow } = await import("../authoring/validate.ts");
  const problems = validateFlow(flow).filter((each) => each.severity === "error");
  if (problems.length > 0) throw new UserError("usage", problems);
}

/** The config of two flows is the same one: its problems are told once. */
function once(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...new Map(diagnostics.map((each) => [JSON.stringify(diagnosticJson(each)), each])).values()];
}
