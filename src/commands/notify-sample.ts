import { userError } from "../model/error.ts";
import type { CommandContext } from "./context.ts";
import type { Alert, Message } from "../model/notification.ts";

const EVENTS = ["failed", "crashed", "success", "started", "slow", "recovered", "stillFailing", "refused"] as const;
type SampleEvent = (typeof EVENTS)[number];

/** An alert that looks like a real one, for `notify test` and `notify preview`; it says that it is a test. */
export function sampleMessage(event: string, { host }: CommandContext): Message {
  const known = EVENTS.find((each) => each === event);
  if (known === undefined) {
    throw userError("usage", "OPTION", `--event takes ${EVENTS.join(", ")}, not "${event}"`);
  }
  const { hostname, user } = host.environment;
  const failed = known === "failed" || known === "stillFailing" || known === "crashed";
  const alert: Alert = {
    subject: "flow",
    flow: "test-of-notifications",
    runId: "test",
    from: known === "started" || known === "refused" ? "Pending" : "Running",
    to: stateOf(known),
    summary: "This is a test: nothing has happened.",
    ...(failed
      ? {
          failures: [{ task: "load", type: "Failed", message: "connect ECONNREFUSED 10.0.0.5:5432" }],
          detail: "Error: connect ECONNREFUSED 10.0.0.5:5432\n    at load (flows/nightly.ts:88:11)",
        }
      : {}),
    ...eventOf(known),
    ...(known === "refused" ? { reason: "refused" as const } : {}),
    at: host.clock.now(),
    durationMs: 852_000,
    host: hostname,
    user,
    startedBy: "terminal",
    next: ["flowctl notify list"],
  };
  return { kind: "alert", alert };
}

function stateOf(event: SampleEvent): Alert["to"] {
  switch (event) {
    case "failed":
    case "stillFailing":
    case "refused":
      return "Failed";
    case "crashed":
      return "Crashed";
    case "success":
    case "recovered":
      return "Success";
    case "started":
    case "slow":
      return "Running";
  }
}

function eventOf(event: SampleEvent): Partial<Pick<Alert, "event" | "failedBefore">> {
  if (event === "recovered" || event === "stillFailing") return { event, failedBefore: 3 };
  return event === "started" || event === "slow" ? { event } : {};
}
