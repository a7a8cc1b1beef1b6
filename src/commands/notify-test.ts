import { isOfFamily } from "../model/state.ts";
import type { Message } from "../model/notification.ts";
import type { DeliverySummary } from "../outbox/summary.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { previewOf } from "./notify-preview.ts";
import { sampleMessage } from "./notify-sample.ts";
import { targetsOf, type Target } from "./notify-target.ts";
import { openServices, type Services } from "../coordinator/services.ts";
import { waiting } from "./waiting.ts";

/** Options of `flowctl notify test` and `flowctl notify preview`. */
export interface NotifyTestOptions {
  /** What to tell of. @default what the hook tells of first, else "failed" */
  readonly event?: string;
  /** All channels that this hook tells, with its own words. */
  readonly hook?: string;
  /** Every channel of the config. */
  readonly all?: boolean;
  /** `test`: only show what would be sent. */
  readonly dryRun?: boolean;
}

const NOT_ACCEPTED = 4;
const WAIT_MS = 30_000;

/**
 * `flowctl notify test NAME`: sends a marked message to a channel, or to all that a hook tells, the
 * way every message goes, and says what the service answered. Exit code 4 when it was not taken.
 */
export async function notifyTestCommand(
  names: readonly string[],
  options: NotifyTestOptions,
  context: CommandContext,
): Promise<number> {
  const services = await openServices(context);
  const targets = targetsOf({ names, hook: options.hook, all: options.all }, services.config);
  if (options.dryRun === true) return preview(targets, options, services, context);
  const { host, stop, globals } = context;
  const outbox = await services.outbox();
  const runId = `test-${host.clock.now().toString(36)}-${Math.floor(host.random() * 1e9).toString(36)}`;
  const messages = await Promise.all(targets.map((target) => messageFor(target, options, services, context)));
  const ids = targets.flatMap((target, index) => {
    const message = messages[index];
    if (message === undefined) return [];
    const { hook, ...channel } = target;
    return outbox.enqueue({
      runId,
      flow: "test-of-notifications",
      event: "test",
      key: hook?.name ?? "test",
      origin: "hook",
      names: hook === undefined ? [] : [hook.name],
      ...channel,
      source: sourceOf(services),
      message,
    });
  });
  // Whoever tests a channel wants its answer, and not what it answers once it is well again.
  const send = () => outbox.deliver({ ids, deadlineMs: WAIT_MS, urgent: true, once: true, signal: stop.signal });
  const { outcomes } = await waiting("waiting for the service's answer", send, context);
  // A test that failed is told here; it must not arrive tomorrow.
  await outbox.withdraw(outcomes.flatMap(({ id, state }) => (state === "sent" ? [] : [id])));
  if (globals.json) host.terminal.stdout.write(`${JSON.stringify(outcomes)}\n`);
  else host.terminal.stdout.write(verdicts(outcomes) + incidents(targets, messages, outcomes));
  return outcomes.every(({ state }) => state === "sent") ? 0 : NOT_ACCEPTED;
}

/** `flowctl notify preview NAME`: what a message would look like there. Nothing is sent, no secret is read. */
export async function notifyPreviewCommand(
  names: readonly string[],
  options: NotifyTestOptions,
  context: CommandContext,
): Promise<number> {
  const services = await openServices(context, { state: "nothing" });
  return preview(
    targetsOf({ names, hook: options.hook, all: options.all }, services.config),
    options,
    services,
    context,
  );
}

async function preview(
  targets: readonly Target[],
  options: NotifyTestOptions,
  services: Services,
  context: CommandContext,
): Promise<number> {
  const { stdout } = context.host.terminal;
  for (const target of targets) {
    const message = await sampleMessage(options.event, target, services, context);
    const text = await previewOf(target.definition, message, context.host.clock.now());
    if (targets.length > 1) stdout.write(`--- ${target.channelName ?? target.definition.type}\n`);
    stdout.write(`${text}\n`);
  }
  return 0;
}

/** What a test sends. A dead man's switch would take a test of a failure for one: it gets a note. */
async function messageFor(
  target: Target,
  { event }: NotifyTestOptions,
  services: Services,
  context: CommandContext,
): Promise<Message> {
  const sample = await sampleMessage(event, target, services, context);
  if (target.definition.type !== "deadman" || event !== undefined) return sample;
  return { kind: "text", text: sample.alert.summary ?? "" };
}

/** What a test leaves behind where its message opens something that stays open. */
function incidents(
  targets: readonly Target[],
  messages: readonly Message[],
  outcomes: DeliverySummary["outcomes"],
): string {
  return targets
    .flatMap(({ definition, channelName = "" }, index) => {
      const message = messages[index];
      const isSent = outcomes.some(({ channel, state }) => channel === channelName && state === "sent");
      if (definition.type !== "pagerduty" || !isSent || message?.kind !== "alert") return [];
      if (!isOfFamily(message.alert.to, "Failed") && message.alert.event !== "slow") return [];
      return `  this has opened an incident; close it with: flowctl notify test ${channelName} --event success\n`;
    })
    .join("");
}

function sourceOf({ config, project }: Services) {
  const { namespace } = config.secrets;
  return {
    project: project.name,
    ...(config.file === undefined ? {} : { config: config.file }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

function verdicts(outcomes: DeliverySummary["outcomes"]): string {
  return outcomes
    .map(({ channel, recipient, state, note, help }) => {
      const who = recipient === "" ? channel : `${channel} → ${recipient}`;
      const verdict = state === "sent" ? "accepted by the service" : `not accepted: ${note ?? "no answer in time"}`;
      const fix = help === undefined ? "" : `  fix: ${help}\n`;
      return `${state === "sent" ? "✔" : "✖"} ${who}  ${verdict}\n${fix}`;
    })
    .join("");
}
