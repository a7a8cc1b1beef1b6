import { userError } from "../model/error.ts";
import type { Hook } from "../model/hook.ts";
import type { Alert, Message } from "../model/notification.ts";
import type { StateType } from "../model/state.ts";
import { forChannel, withOwnText } from "../hooks/run-alert.ts";
import { suggestion } from "../spec/suggestion.ts";
import type { Target } from "./notify-target.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { captureValues, messageTemplates } from "../coordinator/message-templates.ts";
import type { Services } from "../coordinator/services.ts";
import { ciLinks } from "../coordinator/started-by.ts";

/** What can be told of a run, by the words of `--event`: its state, and what makes it more than that. */
const SAMPLES = {
  failed: { to: "Failed" },
  crashed: { to: "Crashed" },
  timedOut: { to: "TimedOut" },
  cancelled: { to: "Cancelled" },
  success: { to: "Success" },
  started: { to: "Running", event: "started" },
  slow: { to: "Running", event: "slow" },
  recovered: { to: "Success", event: "recovered", failedBefore: 3 },
  stillFailing: { to: "Failed", event: "stillFailing", failedBefore: 3 },
  refused: { to: "Failed", reason: "refused" },
} as const satisfies Readonly<Record<string, Partial<Alert>>>;
type Sample = keyof typeof SAMPLES;
const SAMPLE_NAMES = Object.keys(SAMPLES) as readonly Sample[];

/**
 * An alert that looks like a real one, for `notify test` and `notify preview`; it says that it is a test.
 *
 * @param event what to tell of. @default what the hook tells of first, else a failure
 * @throws UserError OPTION where there is no such event
 */
export async function sampleMessage(
  event: string | undefined,
  { hook, definition }: Pick<Target, "hook" | "definition">,
  { config, redactor }: Services,
  { host }: CommandContext,
): Promise<Message & { readonly kind: "alert" }> {
  const sample = event === undefined ? usualOf(hook) : sampleOf(event);
  const { hostname, user, variables } = host.environment;
  const links = ciLinks(variables);
  const { to, ...more }: Partial<Alert> & { readonly to: StateType } = SAMPLES[sample];
  const failed = sample === "failed" || sample === "stillFailing" || sample === "crashed";
  const alert: Alert = {
    subject: "flow",
    flow: "test-of-notifications",
    runId: "test",
    from: sample === "started" || sample === "refused" ? "Pending" : "Running",
    to,
    summary: "This is a test: nothing has happened.",
    ...(failed
      ? {
          failures: [{ task: "load", type: "Failed", message: "connect ECONNREFUSED 10.0.0.5:5432 (this is a test)" }],
          detail: "Error: connect ECONNREFUSED 10.0.0.5:5432\n    at load (flows/nightly.ts:88:11)",
        }
      : {}),
    ...more,
    at: host.clock.now(),
    ...(sample === "started" || sample === "refused" ? {} : { durationMs: 852_000 }),
    host: hostname,
    user,
    startedBy: "terminal",
    ...(links.length === 0 ? {} : { links }),
    ...(config.timezone === undefined ? {} : { timezone: config.timezone }),
    next: ["flowctl notify list"],
  };
  const facts = { hooks: hook === undefined ? [] : [hook], channels: { "": definition } };
  const templateValues = await captureValues(facts, { variables }, (text) => redactor.redactMessage(text));
  const filling = await messageTemplates({ ...facts, ...(templateValues === undefined ? {} : { templateValues }) });
  const { templates } = filling;
  const subject = hook?.subject === undefined ? {} : { subject: templates?.text(hook.subject, alert) ?? hook.subject };
  const message = { kind: "alert", alert: withOwnText(alert, hook?.message, templates), ...subject } as const;
  return forChannel(message, definition, { templates }) as Message & { readonly kind: "alert" };
}

function sampleOf(event: string): Sample {
  const found = SAMPLE_NAMES.find((each) => each.toLowerCase() === event.toLowerCase());
  if (found !== undefined) return found;
  // All names stand in the message already.
  const near = suggestion(event, SAMPLE_NAMES);
  throw userError("usage", "OPTION", `--event takes ${SAMPLE_NAMES.join(", ")}, not "${event}"`, {
    help: near?.startsWith("did you mean") === true ? near : "for example --event failed",
  });
}

/** What a hook tells of first. */
function usualOf(hook: Hook | undefined): Sample {
  const [state] = hook?.states ?? [];
  if (state === undefined) return hook?.events?.[0] ?? "failed";
  return SAMPLE_NAMES.find((each) => SAMPLES[each].to === state && !("event" in SAMPLES[each])) ?? "failed";
}
