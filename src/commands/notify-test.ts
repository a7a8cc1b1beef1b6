import { resolveChannel, type NamedChannel } from "../hooks/resolve-channel.ts";
import { userError } from "../model/error.ts";
import type { CommandContext } from "./context.ts";
import { previewOf } from "./notify-preview.ts";
import { sampleMessage } from "./notify-sample.ts";
import { openServices, type Services } from "./services.ts";
import { waiting } from "./waiting.ts";

/** Options of `flowctl notify test` and `flowctl notify preview`. */
export interface NotifyTestOptions {
  /** What to tell of. @default "failed" */
  readonly event?: string;
  /** `test`: every channel of the config. */
  readonly all?: boolean;
  /** `test`: only show what would be sent. */
  readonly dryRun?: boolean;
}

const NOT_ACCEPTED = 4;
const WAIT_MS = 30_000;

/**
 * `flowctl notify test CHANNEL`: sends a marked message the way every message
 * goes, and says what the service answered. Exit code 4 when it was not taken.
 */
export async function notifyTestCommand(
  names: readonly string[],
  options: NotifyTestOptions,
  context: CommandContext,
): Promise<number> {
  const services = await openServices(context);
  const chosen = channelsOf(names, options, services);
  if (options.dryRun === true) return preview(chosen, options, context);
  const { host, stop, globals } = context;
  const outbox = await services.outbox();
  const message = sampleMessage(options.event ?? "failed", context);
  const runId = `test-${host.clock.now().toString(36)}-${Math.floor(host.random() * 1e9).toString(36)}`;
  const source = services.config.file === undefined ? {} : { source: { config: services.config.file } };
  const ids = chosen.flatMap((channel) => {
    const item = {
      runId,
      flow: "test-of-notifications",
      event: "test",
      key: "test",
      origin: "hook",
      names: [],
    } as const;
    return outbox.enqueue({ ...item, ...channel, ...source, message });
  });
  const send = () => outbox.deliver({ ids, deadlineMs: WAIT_MS, urgent: true, signal: stop.signal });
  const { outcomes } = await waiting("waiting for the service's answer", send, context);
  // A test that failed is told here; it must not arrive tomorrow.
  await outbox.withdraw(outcomes.flatMap(({ id, state }) => (state === "sent" ? [] : [id])));
  if (globals.json) host.terminal.stdout.write(`${JSON.stringify(outcomes)}\n`);
  else {
    for (const { channel, recipient, state, note, help } of outcomes) {
      const who = recipient === "" ? channel : `${channel} → ${recipient}`;
      const verdict = state === "sent" ? "accepted by the service" : `not accepted: ${note ?? "no answer in time"}`;
      host.terminal.stdout.write(`${state === "sent" ? "✔" : "✖"} ${who}  ${verdict}\n`);
      if (help !== undefined) host.terminal.stdout.write(`  fix: ${help}\n`);
    }
  }
  return outcomes.every(({ state }) => state === "sent") ? 0 : NOT_ACCEPTED;
}

/** `flowctl notify preview CHANNEL`: what a message would look like there. Nothing is sent, no secret is read. */
export async function notifyPreviewCommand(
  names: readonly string[],
  options: NotifyTestOptions,
  context: CommandContext,
): Promise<number> {
  return preview(channelsOf(names, options, await openServices(context)), options, context);
}

async function preview(
  channels: readonly NamedChannel[],
  options: NotifyTestOptions,
  context: CommandContext,
): Promise<number> {
  const message = sampleMessage(options.event ?? "failed", context);
  for (const { definition, channelName } of channels) {
    const text = await previewOf(definition, message, context.host.clock.now());
    if (channels.length > 1) context.host.terminal.stdout.write(`--- ${channelName ?? definition.type}\n`);
    context.host.terminal.stdout.write(`${text}\n`);
  }
  return 0;
}

function channelsOf(
  names: readonly string[],
  options: NotifyTestOptions,
  { config }: Services,
): readonly NamedChannel[] {
  const known = Object.keys(config.channels);
  const wanted = options.all === true ? known : names;
  if (wanted.length === 0) {
    throw userError("usage", "NOTIFY_WHICH", "which channel?", { help: `channels: ${known.join(", ")}` });
  }
  return wanted.map((name) => {
    const channel = resolveChannel(name, config.channels);
    if (channel !== undefined) return channel;
    throw userError("usage", "UNKNOWN_CHANNEL", `there is no channel "${name}"`, {
      help: `channels: ${known.join(", ")}`,
    });
  });
}
