import type { Config } from "../config/config.ts";
import type { RunFacts } from "../hooks/told.ts";
import type { SystemHost } from "../host/system-host.ts";
import type { OpenedFlow } from "./open-flow.ts";
import { startedBy } from "./started-by.ts";

/** What would be known of a run of this flow, if there was one: rules are matched against it. */
export function imaginedRun({ flow, hooks }: OpenedFlow, file: string, config: Config, host: SystemHost): RunFacts {
  return {
    runId: "none",
    flow: flow.name,
    tags: flow.tags,
    file,
    startedAt: host.clock.now(),
    startedBy: startedBy(host.environment, host.terminal),
    hooks: [...config.hooks, ...hooks],
    channels: config.channels,
    source: {},
  };
}
