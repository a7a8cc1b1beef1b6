import { clearInbox, readInbox, type InboxMessage } from "../channels/read-inbox.ts";
import { tellOfDead } from "../coordinator/bury-dead.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { userError } from "../model/error.ts";
import { openServices } from "../coordinator/services.ts";

/** Options of `flowctl inbox`. */
export interface InboxOptions {
  /** Remove all messages after they were shown. */
  readonly clear?: boolean;
  /** How many of the newest. @default all */
  readonly limit?: string;
}

/** `flowctl inbox`: what the built-in channel took, oldest first. */
export async function inboxCommand(
  _: readonly string[],
  options: InboxOptions,
  context: CommandContext,
): Promise<number> {
  const { host, globals } = context;
  const limit = options.limit === undefined ? undefined : Number(options.limit);
  if (limit !== undefined && (!Number.isInteger(limit) || limit < 1))
    throw userError("usage", "OPTION", `--limit takes a whole number from 1, not "${options.limit ?? ""}"`);
  const services = await openServices(context, { state: options.clear === true ? "writes" : "reads" });
  await tellOfDead(services, context);
  const { stateDirectory } = services;
  const all = readInbox(host.files, stateDirectory);
  const messages = limit === undefined ? all : all.slice(-limit);
  if (options.clear === true && messages.length < all.length)
    throw userError("usage", "OPTION", "--clear would remove messages that --limit does not show", {
      help: "flowctl inbox --clear shows them all",
    });
  if (globals.json) host.terminal.stdout.write(`${JSON.stringify(messages)}\n`);
  else if (messages.length > 0) host.terminal.stdout.write(messages.map(entryOf).join("\n"));
  else if (!globals.quiet) host.terminal.stderr.write("the inbox is empty\n");
  if (options.clear === true) clearInbox(host.files, stateDirectory);
  return 0;
}

function entryOf({ at, title, text }: InboxMessage): string {
  const time = at.slice(0, 16).replace("T", " ");
  const rest = text === title ? [] : text.split("\n").filter((line, index) => index > 0 || line !== title);
  return [`${time}  ${title}`, ...rest.map((line) => `  ${line}`.trimEnd()), ""].join("\n");
}
