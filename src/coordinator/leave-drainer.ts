import { readable } from "../model/disk-trouble.ts";
import type { DeliverySummary } from "../outbox/summary.ts";
import type { CommandContext } from "./context.ts";
import { isCi } from "../reporters/mode.ts";

const IN_CI =
  "in CI this is lost with the machine: let the last step of the job be `flowctl notify flush --deadline 60s`, run always";

/**
 * Leaves what still waits to one process of its own, so that a person's or cron's
 * message goes out in minutes and not with the next command. There is one at a time;
 * in CI there is none, as processes and disk vanish with the step.
 *
 * @returns what a person should know of it, a line each
 */
export async function leaveToDrainer(
  summary: DeliverySummary | undefined,
  directory: string,
  context: CommandContext,
): Promise<readonly string[]> {
  const waiting = summary?.outcomes.filter(({ state }) => state === "waiting") ?? [];
  if (waiting.length === 0) return [];
  if (isCi(context.host.environment.variables)) return waiting.every(({ instead }) => instead) ? [] : [IN_CI];
  await startDrainer(directory, context);
  return [];
}

/** Starts the one process that sends what waits, unless it is there. @returns false where there is to be none */
export async function startDrainer(directory: string, { host }: CommandContext): Promise<boolean> {
  const { environment } = host;
  const { script, variables } = environment;
  if (isCi(variables) || script === undefined || variables["FLOWCTL_BACKGROUND"] === "0") return false;
  const { spawn } = await import("node:child_process");
  const child = spawn(
    environment.execPath,
    [script, "--config", "none", "--quiet", "notify", "flush", "--background"],
    {
      // A task may have removed it.
      cwd: readable(() => host.files.stat(environment.cwd), undefined) === undefined ? directory : environment.cwd,
      env: { ...variables, FLOWCTL_STATE_DIR: directory },
      detached: true,
      windowsHide: true,
      stdio: "ignore",
    },
  );
  // Where it cannot be started, the next command sends what waits.
  child.on("error", () => undefined);
  child.unref();
  return true;
}
