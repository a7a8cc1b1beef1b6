import type { Diagnostic } from "../model/error.ts";
import type { ChannelDefinition } from "../model/notification.ts";
import type { Path, Source } from "../spec/source.ts";
import { suggestion } from "../spec/suggestion.ts";
import { INBOX, type Config } from "./config.ts";
import { diagnoseConfig } from "./diagnose-config.ts";

/** What a channel says of its own options. */
export interface OptionProblem {
  /** As a path: `to[1]`. */
  readonly path: string;
  readonly message: string;
}
/** Checks one channel's options, without any network. */
export type CheckChannel = (definition: ChannelDefinition) => Promise<readonly OptionProblem[]>;

/**
 * What a schema cannot see: names that must exist, and each channel's own options.
 */
export async function checkConfig(
  config: Config,
  checkChannel: CheckChannel | undefined,
): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  const report = (key: Path, inside: Path, code: string, message: string, help?: string): void => {
    found.push(diagnoseConfig(config, key, inside, { code, message, help }));
  };
  const channels = Object.keys(config.channels);
  for (const hook of config.hooks)
    for (const [index, name] of hook.to.entries())
      if (!channels.includes(name))
        report(
          ["hooks", hook.name],
          hook.to.length === 1 ? ["to"] : ["to", index],
          "UNKNOWN_CHANNEL",
          `hook "${hook.name}" tells channel "${name}", which is not configured`,
          suggestion(name, channels),
        );
  found.push(...(await wordsOf(config)));
  for (const kind of ["flow", "task"] as const)
    for (const [index, rule] of config.stateHandlers[kind].entries()) {
      const channel = rule.with["channel"];
      if (typeof channel === "string" && !channels.includes(channel))
        report(
          ["stateHandlers", kind, String(index)],
          ["with", "channel"],
          "UNKNOWN_CHANNEL",
          `state handler "${rule.uses}" tells channel "${channel}", which is not configured`,
          suggestion(channel, channels),
        );
    }
  for (const [name, task] of Object.entries(config.tasks)) {
    const channel = task.with["channel"];
    if (typeof channel === "string" && !channels.includes(channel))
      report(
        ["tasks", name],
        ["with", "channel"],
        "UNKNOWN_CHANNEL",
        `task "${name}" tells channel "${channel}", which is not configured`,
        suggestion(channel, channels),
      );
  }
  for (const [name, { fallback }] of Object.entries(config.channels))
    if (typeof fallback === "string" && (fallback === name || !channels.includes(fallback)))
      report(
        ["channels", name],
        ["fallback"],
        "UNKNOWN_CHANNEL",
        fallback === name
          ? `channel "${name}" falls back to itself`
          : `channel "${name}" falls back to "${fallback}", which is not configured`,
        suggestion(
          fallback,
          channels.filter((each) => each !== name),
        ),
      );
  if (checkChannel !== undefined)
    for (const [name, definition] of Object.entries(config.channels).filter(([, each]) => each !== INBOX))
      for (const problem of await checkChannel(definition)) {
        const inside = problem.path.split(/[.[\]]+/).filter((part) => part !== "");
        report(["channels", name], inside, "CHANNEL_OPTION", `channel "${name}", ${problem.path}: ${problem.message}`);
      }
  return found;
}

/** What is wrong with the expressions in the own words of hooks and notifiers. Nothing is loaded where there are none. */
async function wordsOf({ hooks, stateHandlers, places, file }: Config): Promise<readonly Diagnostic[]> {
  const said = [
    ...hooks.map(({ name, message }) => ({
      key: ["hooks", name],
      inside: ["message"],
      message,
      subject: "flow" as const,
      uses: undefined,
    })),
    ...(["flow", "task"] as const).flatMap((subject) =>
      stateHandlers[subject].map(({ uses, with: { message } }, index) => ({
        key: ["stateHandlers", subject, String(index)],
        inside: ["with", "message"],
        message: typeof message === "string" ? message : undefined,
        subject,
        uses,
      })),
    ),
  ];
  const written = said.filter(({ message }) => message?.includes("${{") === true);
  if (written.length === 0) return [];
  const [{ Report }, { checkHookMessage, isNotifierName }] = await Promise.all([
    import("../spec/report.ts"),
    import("../spec/hook-message.ts"),
  ]);
  return written.flatMap(({ key, inside, message = "", subject, uses }) => {
    // What a handler of the person's own makes of its options is its business.
    if (uses !== undefined && !isNotifierName(uses)) return [];
    const place = places.get(key.join("."));
    const report = new Report(place?.source ?? withoutText(place?.file ?? file ?? "", message));
    checkHookMessage(message, [...(place?.path ?? []), ...inside], report, subject);
    if (place?.source !== undefined) return report.diagnostics;
    return report.diagnostics.map(({ code, severity, message: what, help }) => ({
      code,
      severity,
      message: `${[...key, ...inside].join(".")}: ${what}`,
      ...(place === undefined ? {} : { file: place.file }),
      ...(help === undefined ? {} : { help }),
    }));
  });
}

/** A module has no text to point into. */
function withoutText(file: string, text: string): Source {
  const whole = { start: 0, end: text.length };
  return { file, text, value: text, valueAt: () => whole, keyAt: () => whole, scalarAt: () => undefined };
}
