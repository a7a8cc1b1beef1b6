import { join } from "node:path";
import { userError } from "../model/error.ts";
import { drawGraph, GRAPH_FORMATS, type GraphFormat } from "../reporters/draw-graph.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { flowPlace, type FlowPlace } from "../coordinator/flow-place.ts";
import { jsonText } from "./json-text.ts";
import { openFlow, type OpenedFlow } from "../coordinator/open-flow.ts";

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

/** `flowctl graph FLOW`: the flow's graph on standard output. */
export async function graphCommand(
  [path = ""]: readonly string[],
  options: GraphOptions,
  context: CommandContext,
): Promise<number> {
  const { stdout } = context.host.terminal;
  const asked = context.globals.json ? "json" : (options.format ?? (stdout.isTTY ? "tree" : "mermaid"));
  if (!isFormat(asked))
    throw userError("usage", "GRAPH_FORMAT", `a graph cannot be drawn as "${asked}"`, {
      help: `one of ${GRAPH_FORMATS.join(", ")}`,
    });
  const place = flowPlace(path, context);
  const opened = await openFlow(place, options.name, context);
  const looked = options.run === undefined ? undefined : await look(options.run, opened, place, context);
  const text = drawGraph(looked?.flow ?? opened.flow, asked, {
    ...(options.all === true ? { all: true } : {}),
    ...(looked === undefined ? {} : { states: looked.states }),
  });
  stdout.write(asked === "json" ? jsonText(JSON.parse(text), context) : text);
  return 0;
}

/** What became of the flow's tasks in a run, and the flow with what the config adds to it. */
async function look(reference: string, opened: OpenedFlow, place: FlowPlace, context: CommandContext) {
  const [{ openHistory }, { readJournal }, { statesOf }, { applyConfig }, { imaginedRun }] = await Promise.all([
    import("./open-history.ts"),
    import("../runs/read-journal.ts"),
    import("./run-states.ts"),
    import("../coordinator/apply-config.ts"),
    import("../coordinator/imagined-run.ts"),
  ]);
  const { store, services } = await openHistory(context, { from: place.directory });
  const run = store.find(reference);
  const { name } = opened.flow;
  if (run.will.flow !== name)
    throw userError("usage", "GRAPH_RUN", `run ${run.runId} is one of "${run.will.flow}", and the flow is "${name}"`, {
      help: `flowctl runs list --flow ${name}`,
    });
  const facts = imaginedRun(opened, place.file, services.config, context.host);
  const { flow } = await applyConfig(opened.flow, facts, services.config, context.host);
  const journal = context.host.files.read(join(run.directory, "journal.jsonl")) ?? "";
  return { flow, states: statesOf(readJournal(run.runId, journal)) };
}

function isFormat(text: string): text is GraphFormat {
  return (GRAPH_FORMATS as readonly string[]).includes(text);
}
