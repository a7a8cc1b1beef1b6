import type { Diagnostic } from "../model/error.ts";
import type { Hook } from "../model/hook.ts";
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
  found.push(...(await checkTemplates(config)));
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

/** Which templates are checked, and with what. */
export interface TemplateCheck {
  /** Names of environment variables that are set. @default nothing is known of them */
  readonly variables?: ReadonlySet<string>;
  /** Names of the flow's parameters, if it is known which flow runs. */
  readonly params?: readonly string[];
  /** Whether a rule is about the run. @default all are checked */
  readonly isWanted?: (rule: Pick<Hook, "match">) => boolean;
}

/** A template of the config, and where it stands. */
interface ConfigTemplate {
  readonly key: readonly string[];
  readonly inside: string;
  readonly template: unknown;
  readonly subject: "flow" | "task";
  /** The notifier whose option it is. */
  readonly uses?: string;
  /** The channel whose template it is. */
  readonly definition?: ChannelDefinition;
}

/** Returns the errors in the templates of hooks, notifiers and channels. Nothing is loaded where there are none. */
export async function checkTemplates(config: Config, check: TemplateCheck = {}): Promise<readonly Diagnostic[]> {
  const { places, file } = config;
  const { isWanted, params, variables } = check;
  const written = templatesOf(config, isWanted).filter(({ template = "" }) => JSON.stringify(template).includes("${{"));
  if (written.length === 0) return [];
  const [{ Report }, { checkTemplate, isNotifierName }, { checkChannelTemplate }] = await Promise.all([
    import("../spec/report.ts"),
    import("../spec/hook-message.ts"),
    import("../spec/channel-template.ts"),
  ]);
  return written.flatMap(({ key, inside, template, subject, definition, uses }) => {
    // What a handler of the person's own makes of its options is its business.
    if (uses !== undefined && !isNotifierName(uses)) return [];
    const place = places.get(key.join("."));
    const within = inside.split(".");
    const report = new Report(place?.source ?? withoutText(place?.file ?? file ?? "", JSON.stringify(template)));
    const at = {
      report,
      subject,
      isForManyFlows: true,
      ...(inside === "with.subject" ? { more: ["message"] } : {}),
      path: [...(place?.path ?? []), ...within],
      ...(params === undefined ? {} : { params }),
      ...(variables === undefined ? {} : { variables }),
    };
    if (definition === undefined) checkTemplate(template, at);
    else checkChannelTemplate(definition, at);
    if (place?.source !== undefined) return report.diagnostics;
    return report.diagnostics.map(({ code, severity, message: what, help }) => ({
      code,
      severity,
      message: `${[...key, ...within].join(".")}: ${what}`,
      ...(place === undefined ? {} : { file: place.file }),
      ...(help === undefined ? {} : { help }),
    }));
  });
}

function templatesOf(
  { hooks, stateHandlers, channels }: Config,
  isWanted: TemplateCheck["isWanted"],
): readonly ConfigTemplate[] {
  const wanted = isWanted === undefined ? hooks : hooks.filter(isWanted);
  const handlers = (["flow", "task"] as const).flatMap((subject) =>
    stateHandlers[subject].flatMap((rule, index) =>
      isWanted?.(rule) === false ? [] : [{ ...rule, subject, key: ["stateHandlers", subject, String(index)] }],
    ),
  );
  // Beside those of a run, a channel is used by tasks that say so when they run.
  const used = new Set([...wanted.flatMap(({ to }) => to), ...handlers.map((each) => each.with["channel"])]);
  const usedChannels = Object.entries(channels).filter(([name]) => isWanted === undefined || used.has(name));
  return [
    ...wanted.flatMap(({ name, message, subject }) => {
      const of = { key: ["hooks", name], subject: "flow" as const };
      return [
        { ...of, inside: "message", template: message },
        { ...of, inside: "subject", template: subject },
      ];
    }),
    ...handlers.flatMap(({ key, subject, uses, with: given }) =>
      ["message", "subject"].map((name) => ({ key, subject, uses, inside: `with.${name}`, template: given[name] })),
    ),
    ...usedChannels.flatMap(([name, definition]) => {
      const inside = TEMPLATE_KEYS[definition.type];
      const of = { key: ["channels", name], subject: "flow" as const, definition };
      return inside === undefined ? [] : [{ ...of, inside, template: definition[inside] }];
    }),
  ];
}

/** Which option of a channel is a template, by its type. */
const TEMPLATE_KEYS: Readonly<Record<string, string>> = { email: "subject", webhook: "body" };

/** A module has no text to point into. */
function withoutText(file: string, text: string): Source {
  const whole = { start: 0, end: text.length };
  return { file, text, value: text, valueAt: () => whole, keyAt: () => whole, scalarAt: () => undefined };
}
