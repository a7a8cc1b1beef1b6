import { join } from "node:path";
import type { RunState } from "../model/event.ts";
import { state } from "../model/state.ts";
import { labelOf } from "../model/tally.ts";
import { cleanText } from "../reporters/clean-text.ts";
import { decideMode } from "../reporters/mode.ts";
import { glyphsOf, paletteOf } from "../reporters/palette.ts";
import { PlainReporter } from "../reporters/plain.ts";
import { readJournal } from "../runs/read-journal.ts";
import type { RunRecord } from "../runs/run-record.ts";
import { VERSION } from "../version.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { openHistory } from "./open-history.ts";
import { asJson } from "./runs-list.ts";

/** `flowctl runs show [RUN]`: what a run did, and its last lines as it printed them itself. */
export async function runsShowCommand(
  [reference = "last"]: readonly string[],
  _options: object,
  context: CommandContext,
): Promise<number> {
  const { host, globals } = context;
  const { store } = await openHistory(context);
  const run = store.find(reference);
  const { stdout } = host.terminal;
  if (globals.json) {
    stdout.write(`${JSON.stringify(asJson(run), null, 2)}\n`);
    return 0;
  }
  const { parent, retryOf } = run.will;
  if (parent !== undefined) stdout.write(`part of run ${parent.runId}, as its task "${labelOf(parent)}"\n`);
  if (retryOf !== undefined) stdout.write(`retry of run ${retryOf}\n`);
  const mode = decideMode({ ...globals, stdoutIsData: true }, host.environment, host.terminal);
  const palette = await paletteOf(mode.dataColor);
  const glyphs = glyphsOf(mode.unicode);
  if (run.end?.reason === "refused") {
    const why = (run.end.message ?? "").split("\n").map((line) => `   ${cleanText(line)}\n`);
    const verdict = `${cleanText(run.will.flow)} was refused: nothing ran`;
    stdout.write(` ${palette.red(glyphs.fail)} ${verdict}   run ${run.runId}\n${why.join("")}`);
    return 0;
  }
  const reporter = new PlainReporter({
    screen: stdout,
    palette,
    glyphs,
    header: { version: VERSION, file: run.will.file, config: run.will.config, cwd: globals.cwd },
    cwd: globals.cwd,
  });
  for (const event of readJournal(run.runId, host.files.read(join(run.directory, "journal.jsonl")) ?? ""))
    reporter.onEvent(event);
  if (run.end !== undefined) conclude(reporter, run, run.end);
  else stdout.write(`\n ${run.will.flow} goes on   run ${run.runId}   process ${run.will.pid} on ${run.will.host}\n`);
  return 0;
}

/** The terminal record has the last word: of a run that died the journal does not know the end. */
function conclude(reporter: PlainReporter, run: RunRecord, end: NonNullable<RunRecord["end"]>): void {
  const to = state(end.state as "Failed", { message: end.message, result: end.result ?? null });
  const at = Date.parse(end.endedAt);
  const last: RunState = { seq: 0, runId: run.runId, at, type: "run-state", from: state("Running"), to };
  reporter.onEvent(last);
  reporter.onEnd({
    runId: run.runId,
    flow: run.will.flow,
    file: run.will.file,
    durationMs: end.durationMs,
    notifications: [],
  });
}
