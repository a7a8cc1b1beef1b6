import { parseDuration } from "../model/duration.ts";
import { userError } from "../model/error.ts";
import { isStateType, STATE_TYPES, type StateType } from "../model/state.ts";
import { decideMode } from "../reporters/mode.ts";
import { paletteOf } from "../reporters/palette.ts";
import type { RunRecord } from "../runs/run-record.ts";
import type { RunQuery } from "../runs/select-run.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { openHistory } from "./open-history.ts";
import { rowOf, runTable, separatedRows } from "./run-table.ts";

/** Options of `flowctl runs list`. */
export interface RunsListOptions {
  /** A glob. */
  readonly flow?: string;
  /** Families of states, with commas between, in any case. */
  readonly state?: string;
  readonly last?: string;
  readonly number?: string;
  readonly all?: boolean;
}

/** `flowctl runs list`: the latest runs as a table, as separated columns off a terminal, or as JSON. */
export async function runsListCommand(
  _args: readonly string[],
  options: RunsListOptions,
  context: CommandContext,
): Promise<number> {
  const { host, globals } = context;
  const { store } = await openHistory(context);
  const runs = store.list(await queryOf(options, host.clock.now()));
  const { stdout } = host.terminal;
  if (globals.json) {
    stdout.write(`${JSON.stringify(runs.map(asJson), null, 2)}\n`);
    return 0;
  }
  const rows = runs.map(rowOf);
  if (!stdout.isTTY) {
    stdout.write(separatedRows(rows, !globals.quiet));
    return 0;
  }
  if (rows.length === 0) {
    host.terminal.stderr.write("No runs yet: flowctl run <flow>\n");
    return 0;
  }
  const mode = decideMode({ ...globals, stdoutIsData: true }, host.environment, host.terminal);
  stdout.write(
    runTable(rows, { palette: await paletteOf(mode.dataColor), now: host.clock.now(), columns: stdout.columns }),
  );
  return 0;
}

async function queryOf(options: RunsListOptions, now: number): Promise<RunQuery> {
  const { flow, state, last, number, all } = options;
  const limit = number === undefined ? 20 : Number(number);
  if (!Number.isInteger(limit) || limit < 1)
    throw userError("usage", "OPTION", `--number takes a whole number from 1, not "${number ?? ""}".`);
  const since = last === undefined ? undefined : parseDuration(last);
  if (last !== undefined && since === undefined)
    throw userError("usage", "OPTION", `--last takes a duration such as 12h or 7d, not "${last}".`);
  const matches = flow === undefined ? undefined : (await import("picomatch")).default(flow);
  return {
    limit,
    all: all === true,
    ...(matches === undefined ? {} : { flow: (name) => matches(name) }),
    ...(state === undefined ? {} : { states: state.split(",").map(stateNamed) }),
    ...(since === undefined ? {} : { since: now - since }),
  };
}

function stateNamed(word: string): StateType {
  const wanted = word.trim().toLowerCase();
  const found = STATE_TYPES.find((type) => type.toLowerCase() === wanted);
  if (found !== undefined && isStateType(found)) return found;
  throw userError("usage", "OPTION", `--state does not know "${word}".`, {
    help: "States of runs are Success, Failed, Crashed, Cancelled, Paused, Running, Skipped.",
  });
}

/** A run as `--json` shows it. */
export function asJson({ will, end }: RunRecord): Readonly<Record<string, unknown>> {
  return {
    run: will.runId,
    flow: will.flow,
    state: end?.state ?? "Running",
    message: end?.message ?? null,
    startedAt: will.startedAt,
    endedAt: end?.endedAt ?? null,
    ...(end?.foundAt === undefined ? {} : { foundAt: end.foundAt }),
    ms: end?.durationMs ?? null,
    counts: end?.counts ?? null,
    failures: end?.failures ?? [],
    ...(end?.result === undefined ? {} : { result: end.result }),
    ...(end?.reason === undefined ? {} : { reason: end.reason }),
    ...(will.retryOf === undefined ? {} : { retryOf: will.retryOf }),
    ...(will.parent === undefined ? {} : { parent: will.parent }),
    file: will.file ?? null,
    project: will.project,
    startedBy: will.startedBy,
    host: will.host,
  };
}
