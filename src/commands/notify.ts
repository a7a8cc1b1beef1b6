import { distance } from "fastest-levenshtein";
import { join } from "node:path";
import { CHANNEL_TYPES, isChannelType } from "../channels/index.ts";
import { resolveChannel } from "../hooks/resolve-channel.ts";
import { userError } from "../model/error.ts";
import type { Outbox, StoredItem } from "../outbox/outbox.ts";
import { isSuppressed, SHELVES, type Shelf } from "../outbox/item.ts";
import { buryDead, tellOfDead } from "../coordinator/bury-dead.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { notifyTable, itemLines, itemData } from "./notify-table.ts";
import { openServices, type Services } from "../coordinator/services.ts";
import { isCi } from "../reporters/mode.ts";
import { suggestion } from "../spec/suggestion.ts";

/** Options of the verbs of `flowctl notify`. */
export interface NotifyOptions {
  /** `list`: only this shelf. */
  readonly state?: string;
  /** `list`: only what failed: held and given up. */
  readonly failed?: boolean;
  /** Messages of all projects, and not only of this one. */
  readonly all?: boolean;
  /** `list`, `retry`, `drop`: only this channel. */
  readonly channel?: string;
  /** `flush`: for how long, such as 60s. */
  readonly deadline?: string;
  /** `flush`: exit 4 when something is left. */
  readonly strict?: boolean;
  /** `flush`: the one process that goes on after a run; only one at a time. */
  readonly background?: boolean;
  /** `drop`: without asking. */
  readonly yes?: boolean;
}

const NOT_ACCEPTED = 4;
const FLUSH_MS = 30_000;
const BACKGROUND = "30m";

/** `flowctl notify list`: what waits, is held, was given up; with `--state sent`, what was sent. */
export async function notifyListCommand(
  _: readonly string[],
  options: NotifyOptions,
  context: CommandContext,
): Promise<number> {
  const { outbox, project } = await openOutbox(context, "reads", options);
  const { host, globals } = context;
  const state = stateOf(options);
  const shelf = state === "suppressed" ? "dead" : state;
  const everywhere = outbox.list(shelf).filter(ofChannel(options.channel));
  const all = everywhere.filter(ofProject(project, options));
  const quiet = all.filter(({ item }) => isSuppressed(item));
  const items =
    state === "suppressed"
      ? quiet
      : all
          .filter(({ item }) => !isSuppressed(item))
          .filter((each) => state !== undefined || each.shelf !== "sent")
          .filter((each) => options.failed !== true || each.shelf === "held" || each.shelf === "dead");
  if (globals.json) {
    host.terminal.stdout.write(`${JSON.stringify(items.map(itemData))}\n`);
    return 0;
  }
  if (items.length > 0)
    host.terminal.stdout.write(notifyTable(items, { now: host.clock.now(), screen: host.terminal.stdout }));
  else if (state === undefined)
    say(context, "nothing waits to be told; what was sent: flowctl notify list --state sent");
  else say(context, `no message is ${options.state ?? state}`);
  const elsewhere =
    everywhere.filter(({ shelf: at }) => at !== "sent").length - all.filter(({ shelf: at }) => at !== "sent").length;
  if (elsewhere > 0) say(context, `${count(elsewhere)} of other projects: flowctl notify list --all`);
  if (state === undefined && quiet.length > 0)
    say(context, `${count(quiet.length)} suppressed: flowctl notify list --state suppressed`);
  return 0;
}

/** `flowctl notify show ID`: one message with its whole history. */
export async function notifyShowCommand(
  [id = ""]: readonly string[],
  _options: NotifyOptions,
  context: CommandContext,
): Promise<number> {
  const { outbox } = await openOutbox(context, "reads");
  const stored = outbox.read(id);
  if (stored === undefined) throw unknownItem(id, outbox.list());
  const { stdout } = context.host.terminal;
  stdout.write(context.globals.json ? `${JSON.stringify(itemData(stored))}\n` : itemLines(stored));
  return 0;
}

/** `flowctl notify retry [ID…]`: makes messages pending again, due now, and sends them. */
export async function notifyRetryCommand(
  ids: readonly string[],
  options: NotifyOptions,
  context: CommandContext,
): Promise<number> {
  const services = await openToSend(context);
  await tellOfDead(services, context);
  const outbox = await services.outbox();
  requireChannel(options.channel, outbox, services);
  const chosen = choose(outbox.list(), { ids, options, project: services.project.name });
  const sent = chosen.filter(({ shelf }) => shelf === "sent").map(({ item }) => item.id);
  if (sent.length > 0) throw userError("usage", "NOTIFY_SENT", `${sent.join(", ")} was sent already`);
  const all = chosen.map(({ item }) => item.id);
  const { channels, file } = services.config;
  // A channel of this config is what it is by now: whoever asks may have mended it there.
  await outbox.retry(all, ({ channelName, source }) =>
    channelName !== undefined && file !== undefined && source?.config === file && Object.hasOwn(channels, channelName)
      ? channels[channelName]
      : undefined,
  );
  // By the same outbox: it knows that they were asked for here, and says so where a secret is still missing.
  return flush(context, options, outbox, all);
}

/** `flowctl notify flush`: sends what is due, for a bounded time. The last step of a CI job. */
export async function notifyFlushCommand(
  _: readonly string[],
  options: NotifyOptions,
  context: CommandContext,
): Promise<number> {
  const services = await openToSend(context);
  // What the last step of a CI job sends is also what a run that was killed before it has to tell.
  const outboxToFlush = async (): Promise<Outbox> => {
    await buryDead(services, context, false);
    return services.outbox();
  };
  if (options.background !== true) return flush(context, options, await outboxToFlush());
  const { systemLocks } = await import("../host/lock.ts");
  const lock = await systemLocks().tryLock(join(services.stateDirectory, "locks", "drainer.lock"));
  // There is one already: it sends this, too.
  if (lock === undefined) return 0;
  try {
    await flush(context, { ...options, deadline: options.deadline ?? BACKGROUND }, await outboxToFlush());
    return 0;
  } finally {
    lock.release();
  }
}

/** `flowctl notify drop [ID…]`: gives messages up; they stay listed as given up until they are pruned. */
export async function notifyDropCommand(
  ids: readonly string[],
  options: NotifyOptions,
  context: CommandContext,
): Promise<number> {
  const { outbox, project } = await openOutbox(context, "writes", options);
  const chosen = choose(outbox.list(), { ids, options, project }).filter(({ shelf }) => shelf !== "sent");
  if (options.yes !== true && ids.length === 0) {
    throw userError("usage", "NOTIFY_CONFIRM", `this gives up ${count(chosen.length)}`, {
      help: `flowctl notify drop ${options.all === true ? "--all " : ""}--yes`,
    });
  }
  const dropped = await outbox.drop(chosen.map(({ item }) => item.id));
  say(context, `gave up ${count(dropped.length)}`);
  const left = chosen.length - dropped.length;
  if (left > 0) say(context, `another process is sending ${count(left)}: flowctl notify list shows what becomes of it`);
  return 0;
}

/** @param ids only these; all that is due where `undefined` */
async function flush(
  context: CommandContext,
  options: NotifyOptions,
  outbox: Outbox,
  ids?: readonly string[],
): Promise<number> {
  const { host, stop, globals } = context;
  const [{ parseDuration }, { summaryLines, isTold }] = await Promise.all([
    import("../model/duration.ts"),
    import("../outbox/summary.ts"),
  ]);
  const deadlineMs = options.deadline === undefined ? FLUSH_MS : parseDuration(options.deadline);
  if (deadlineMs === undefined) {
    throw userError("usage", "OPTION", `--deadline takes a duration such as 60s, not "${options.deadline ?? ""}"`);
  }
  const summary = await outbox.deliver({
    deadlineMs,
    signal: stop.signal,
    urgent: ids !== undefined,
    isLast: isCi(host.environment.variables),
    ...(ids === undefined ? {} : { ids }),
  });
  const lines = summaryLines(summary, host.clock.now());
  if (globals.json) host.terminal.stdout.write(`${JSON.stringify(summary.outcomes)}\n`);
  else say(context, lines.length === 0 ? "notifications: nothing to send" : lines.join("\n"));
  const isDone = summary.outcomes.every(isTold);
  return isDone || (options.strict !== true && ids === undefined) ? 0 : NOT_ACCEPTED;
}

/** @throws UserError UNKNOWN_CHANNEL where the options name a channel that there is not */
async function openOutbox(
  context: CommandContext,
  state: "reads" | "writes",
  { channel }: NotifyOptions = {},
): Promise<{ readonly outbox: Outbox; readonly project: string }> {
  const services = await openToSend(context, state);
  await tellOfDead(services, context);
  const outbox = await services.outbox();
  requireChannel(channel, outbox, services);
  return { outbox, project: services.project.name };
}

/** @throws UserError UNKNOWN_CHANNEL for a word that is neither a channel's name, here or in the outbox, nor a service's */
function requireChannel(channel: string | undefined, outbox: Outbox, { config: { channels } }: Services): void {
  if (channel === undefined || isChannelType(channel) || resolveChannel(channel, channels) !== undefined) return;
  if (outbox.list().some(ofChannel(channel))) return;
  const help = suggestion(channel, [...Object.keys(channels), ...CHANNEL_TYPES]) ?? "flowctl notify list shows them";
  throw userError("usage", "UNKNOWN_CHANNEL", `there is no channel "${channel}"`, { help });
}

function openToSend(context: CommandContext, state: "reads" | "writes" = "writes"): Promise<Services> {
  return openServices(context, {
    state,
    warn: (text) => {
      context.host.terminal.stderr.write(`warning: ${text}\n`);
    },
  });
}

function stateOf({ state }: NotifyOptions): Shelf | "suppressed" | undefined {
  if (state === undefined || state === "suppressed") return state;
  const shelf = SHELVES.find((each) => each === (state === "waiting" ? "new" : state));
  if (shelf !== undefined) return shelf;
  throw userError("usage", "OPTION", `--state takes waiting, held, sent, dead or suppressed, not "${state}"`);
}

/** The messages with these ids, of whatever project; without ids, the undelivered ones of the project. */
function choose(
  items: readonly StoredItem[],
  { ids, options, project }: { ids: readonly string[]; options: NotifyOptions; project: string },
): readonly StoredItem[] {
  if (ids.length === 0)
    return items
      .filter(({ shelf, item }) => shelf !== "sent" && !isSuppressed(item))
      .filter(ofProject(project, options))
      .filter(ofChannel(options.channel));
  return ids.map((id) => {
    const found = items.filter(({ item }) => item.id.startsWith(id));
    const exact = found.find(({ item }) => item.id === id) ?? (found.length === 1 ? found[0] : undefined);
    if (exact === undefined) throw unknownItem(id, items);
    return exact;
  });
}

function ofChannel(channel: string | undefined): (stored: StoredItem) => boolean {
  return ({ item }) => channel === undefined || item.channelName === channel || item.definition.type === channel;
}

/** A message that does not name its project belongs to every one. */
function ofProject(project: string, { all }: NotifyOptions): (stored: StoredItem) => boolean {
  return ({ item: { source } }) => all === true || source?.project === undefined || source.project === project;
}

function unknownItem(id: string, items: readonly StoredItem[]): Error {
  const known = items.map(({ item }) => item.id);
  const matching = known.filter((each) => each.startsWith(id));
  if (matching.length > 1)
    return userError("usage", "NOTIFY_UNKNOWN", `${count(matching.length)} have an id that starts with "${id}"`, {
      help: `say more of it: ${matching.slice(0, 5).join(", ")}`,
    });
  const near = known.find((each) => distance(each, id) <= 3 || distance(each.slice(0, id.length), id) <= 2);
  return userError("usage", "NOTIFY_UNKNOWN", `no message has an id that starts with "${id}"`, {
    help: near === undefined || id.length < 5 ? "flowctl notify list" : `did you mean "${near}"?`,
  });
}

function count(messages: number): string {
  return `${String(messages)} ${messages === 1 ? "message" : "messages"}`;
}

function say({ host, globals }: CommandContext, text: string): void {
  if (!globals.quiet) host.terminal.stderr.write(`${text}\n`);
}
