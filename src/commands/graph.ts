import { userError } from "../model/error.ts";
import { drawGraph, GRAPH_FORMATS, type GraphFormat } from "../reporters/draw-graph.ts";
import type { CommandContext } from "./context.ts";
import { flowPlace } from "./flow-place.ts";
import { jsonText } from "./json-text.ts";
import { openFlow } from "./open-flow.ts";

/** The options of `flowctl graph`. */
export interface GraphOptions {
  readonly name?: string;
  /** @default tree on a terminal, else mermaid */
  readonly format?: string;
  /** Show the plumbing between tasks, too. */
  readonly all?: boolean;
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
  const { flow } = await openFlow(flowPlace(path, context), options.name, context);
  const text = drawGraph(flow, asked, options.all === true ? { all: true } : {});
  stdout.write(asked === "json" ? jsonText(JSON.parse(text), context) : text);
  return 0;
}

function isFormat(text: string): text is GraphFormat {
  return (GRAPH_FORMATS as readonly string[]).includes(text);
}
