import { Option, type Command } from "commander";
import type { Does } from "./program.ts";

/** Declares `flowctl notify` and its verbs, and `flowctl inbox`. */
export function declareNotify(program: Command, does: Does): void {
  const notify = program.command("notify").description("what was told, what waits, what is held");
  const verb = (words: string, description: string): Command => notify.command(words).description(description);
  const load = () => import("./notify.ts");
  verb("list", "messages that wait, are held or were given up")
    .option("--state <state>", "only waiting, held, sent, dead or suppressed")
    .option("--failed", "only what is held or was given up")
    .option("--channel <name>", "only of this channel")
    .option("--all", "of all projects")
    .action(does(async () => (await load()).notifyListCommand));
  verb("show <id>", "one message with its history").action(does(async () => (await load()).notifyShowCommand));
  verb("retry [ids...]", "send messages again that wait, are held or were given up")
    .option("--channel <name>", "those of this channel")
    .option("--all", "those of all projects")
    .option("--deadline <duration>", "for how long, such as 60s")
    .action(does(async () => (await load()).notifyRetryCommand));
  verb("flush", "send what is due; the last step of a CI job")
    .option("--deadline <duration>", "for how long, such as 60s")
    .option("--strict", "exit with 4 when something is left")
    .addOption(new Option("--background", "as the one process that goes on after a run").hideHelp())
    .action(does(async () => (await load()).notifyFlushCommand));
  verb("drop [ids...]", "give messages up")
    .option("--channel <name>", "those of this channel")
    .option("--all", "those of all projects")
    .option("-y, --yes", "do not ask")
    .action(does(async () => (await load()).notifyDropCommand));
  verb("test [names...]", "send a marked message to channels or hooks, and say what the services answered")
    .option("--event <event>", "what to tell of, such as failed, crashed, slow or recovered")
    .option("--hook <name>", "to all channels that this hook tells, in its words")
    .option("--all", "to every channel of the config")
    .option("--dry-run", "only show what would be sent")
    .action(does(async () => (await import("./notify-test.ts")).notifyTestCommand));
  verb("preview [names...]", "show a message as these channels, or a hook's, would send it")
    .option("--event <event>", "what to tell of, such as failed, crashed, slow or recovered")
    .option("--hook <name>", "at all channels that this hook tells, in its words")
    .option("--all", "at every channel of the config")
    .action(does(async () => (await import("./notify-test.ts")).notifyPreviewCommand));
  program
    .command("inbox")
    .description("messages that were delivered here, to the built-in channel")
    .option("--clear", "remove them after they were shown")
    .option("-n, --limit <n>", "only the newest")
    .action(does(async () => (await import("./inbox.ts")).inboxCommand));
}
