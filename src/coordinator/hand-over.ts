import { constants } from "node:os";
import type { RunnerEnd } from "../host/runner.ts";
import { readable } from "../model/disk-trouble.ts";
import { listMarkers } from "../runs/active-marker.ts";
import { openStore } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";
import type { Services } from "./services.ts";
import { crashLines } from "./watch-run.ts";

/**
 * Lets a child run the flow, hands signals on to it, and tells of its death.
 * @returns the child's exit code; 128 and the signal's number where a signal ended it
 */
export async function handOver(services: Services, context: CommandContext): Promise<number> {
  const { startRunner } = await import("../host/runner.ts");
  const runner = startRunner(context.host.environment.variables);
  context.stop.handOn((signal) => {
    runner.stop(signal);
  });
  const end = await runner.ended;
  if (end.runId !== undefined) await tellOfDeath(end.runId, end, services, context);
  return end.signal === null ? (end.code ?? 1) : 128 + constants.signals[end.signal];
}

/** Nothing of it is loaded where the run has settled its affairs. */
async function tellOfDeath(runId: string, end: RunnerEnd, services: Services, context: CommandContext): Promise<void> {
  const { terminal, clock } = context.host;
  const { options } = openStore(services, context);
  if (readable(() => listMarkers(options).every((marker) => marker.runId !== runId), false)) return;
  const { bury } = await import("./bury.ts");
  const buried = await bury(openStore(services, context), services, context, { runId, end });
  for (const record of buried.records)
    // The runner itself has said what it has written.
    if (record.writtenBy === "reaper") terminal.stderr.write(crashLines(record, {}));
  const summary = await buried.deliver();
  if (summary === undefined) return;
  const [{ summaryLines }, { leaveToDrainer }] = await Promise.all([
    import("../outbox/summary.ts"),
    import("./leave-drainer.ts"),
  ]);
  const left = await leaveToDrainer(summary, services.stateDirectory, context);
  for (const line of [...summaryLines(summary, clock.now()), ...left]) terminal.stderr.write(`${line}\n`);
}
