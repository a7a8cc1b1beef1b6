import type { Host } from "../host/host.ts";
import { systemProcesses } from "../host/process.ts";
import { startedBy } from "./started-by.ts";

/**
 * What is process 1 of a container, and ends, and all else with it, as soon as what it has started is over. Newer
 * versions of Node are called by the name of their main thread.
 */
const SHORT_LIVED = /^(?:tini|docker-init|dumb-init|catatonit|sh|dash|ash|bash|node|(?:node-)?MainThread|np[mx]\b.*)$/;

/** Whether nobody is at a terminal of this container, and its process 1 waits for nothing but what it has started. */
export function endsWithContainer({ environment, terminal }: Where, initName = systemProcesses().initName()): boolean {
  return startedBy(environment, terminal) !== "terminal" && SHORT_LIVED.test(initName ?? "");
}

/**
 * Whether what a run leaves behind goes on without it: not in CI, not in such a container, and not in a service of
 * systemd's (which gives each an INVOCATION_ID), as that ends all that is left of one. See systemd.kill(5), KillMode.
 */
export function mayLeaveBehind(where: Where, initName?: string): boolean {
  const by = startedBy(where.environment, where.terminal);
  const isService = by === "cron" && where.environment.variables["INVOCATION_ID"] !== undefined;
  return by !== "ci" && !isService && !endsWithContainer(where, initName);
}

type Where = Pick<Host, "environment" | "terminal">;
