import { join } from "node:path";
import { prettyJson } from "../model/exact-json.ts";
import { userError } from "../model/error.ts";
import { drawGraph, GRAPH_FORMATS, type GraphFormat } from "../reporters/draw-graph.ts";
import { applyConfig } from "../coordinator/apply-config.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { flowPlace } from "../coordinator/flow-place.ts";
import { imaginedRun } from "../coordinator/imagined-run.ts";
import { openFlow } from "../coordinator/open-flow.ts";
import { openServices } from "../coordinator/services.ts";
import type { Host } from "../host/host.ts";
import type { RunRecord } from "../runs/run-record.ts";
import { openHistory } from "./open-history.ts";

/** The options of `flowctl graph`. */
export interface GraphOptions {
  readonly name?: string;
  /** @default tree on a terminal, else mermaid */
  readonly format?: string;
  /** Show the plumbing between tasks, too. */
  readonly all?: boolean;
  /** Colour tasks by what became of them in this run. */
  readonly run?: string;
}

/** `flowctl graph FLOW`: the flow's graph, with what the config attaches to it, on standard output. */
export async function graphCommand(
  [path = ""]: readonly string[],
  options: GraphOptions,
  context: CommandContext,
): Promise<number> {
  const { host } = context;
  const { stdout } = host.terminal;
  const asked = context.globals.json ? "json" : (options.format ?? (stdout.isTTY ? "tree" : "mermaid"));
  if (!isFormat(asked))
    throw userError("usage", "GRAPH_FORMAT", `a graph cannot be drawn as "${asked}"`, {
      help: `one of ${GRAPH_FORMATS.join(", ")}`,
    });
  const place = flowPlace(path, context);
  const history = options.run === undefined ? undefined : await openHistory(context, { from: place.directory });
  const { config } = history?.services ?? (await openServices(context, { from: place.directory, state: "nothing" }));
  const opened = await openFlow(place, options.name, context, config.timezone);
  // What the config attaches is run, too.
  const { flow } = await applyConfig(opened.flow, imaginedRun(opened, place.file, config, host), config, host);
  const run = options.run === undefined ? undefined : history?.store.find(options.run);
  const text = drawGraph(flow, asked, {
    ...(options.all === true ? { all: true } : {}),
    redact: (name) => context.redactor.redact(name),
    ...(run === undefined ? {} : { states: await statesIn(run, flow.name, host) }),
  });
  stdout.write(asked === "json" ? prettyJson(JSON.parse(text)) : text);
  return 0;
}

/** What became of the flow's tasks in a run. */
async function statesIn(run: RunRecord, name: string, host: Host) {
  if (run.will.flow !== name)
    throw userError("usage", "GRAPH_RUN", `run ${run.runId} is one of "${run.will.flow}", and the flow is "${name}"`, {
      help: `flowctl runs list --flow ${name}`,
    });
  const [{ readJournal }, { statesOf }] = await Promise.all([
    import("../runs/read-journal.ts"),
    import("./run-states.ts"),
  ]);
  return statesOf(readJournal(run.runId, host.files.read(join(run.directory, "journal.jsonl")) ?? ""));
}

function isFormat(text: string): text is GraphFormat {
  return (GRAPH_FORMATS as readonly string[]).includes(text);
}
