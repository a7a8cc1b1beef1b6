import type { RunFacts, Templates } from "../hooks/told.ts";
import type { Alert, ChannelDefinition, Message, TemplateValues } from "../model/notification.ts";
import { isNotifier, type Notifier } from "../model/notifier.ts";
import { spellingOf } from "../model/written-number.ts";
import type { AppliedConfig } from "./apply-config.ts";
import type { BegunRun } from "./begin-run.ts";

/** The facts of a run that templates are filled in with. */
type Facts = Pick<RunFacts, "hooks" | "channels" | "templateValues">;

/** Returns what fills in the templates of hooks, notifiers and channels. Nothing is loaded where there are none. */
export async function messageTemplates(
  facts: Facts,
  notifiers: readonly Notifier[] = [],
): Promise<{ readonly templates?: Templates }> {
  if (templatesIn(facts, notifiers).length === 0) return {};
  const [{ composeMessage }, { fillChannel }, { contentOf }, values] = await Promise.all([
    import("../spec/hook-message.ts"),
    import("../spec/channel-template.ts"),
    import("../channels/content.ts"),
    valuesOf(facts),
  ]);
  const textOf = (message: Message): string => {
    if (message.kind === "text") return message.text;
    return message.kind === "alert" ? contentOf(message.alert, { id: "", attempt: 1 }).headline : "";
  };
  return {
    templates: {
      text: (template, alert) => composeMessage(template, alert, values),
      ofChannel: (definition, message, about) => {
        const alert = message.kind === "alert" ? message.alert : about;
        return alert === undefined ? undefined : fillChannel(definition, { alert, text: textOf(message), values });
      },
    },
  };
}

async function valuesOf({ templateValues }: Facts): Promise<TemplateValues> {
  if (templateValues === undefined) return {};
  return (await import("../runs/template-values.ts")).unpackValues(templateValues);
}

/** The texts and bodies that are filled in. A subject without an expression is sent as it stands in the channel. */
function templatesIn({ hooks, channels }: Facts, notifiers: readonly Notifier[]): readonly unknown[] {
  const own = [...hooks, ...notifiers].flatMap((each) => [each.message, "subject" in each ? each.subject : undefined]);
  const definitions = [...Object.values(channels), ...notifiers.map(({ to }) => to)];
  return [
    ...[...own, ...definitions.map(subjectOf)].filter((text) => text?.includes("${{") === true),
    ...definitions.map(bodyOf).filter((body) => body !== undefined),
  ];
}

function subjectOf(definition: ChannelDefinition | string): string | undefined {
  if (typeof definition === "string" || definition.type !== "email") return undefined;
  return typeof definition["subject"] === "string" ? definition["subject"] : undefined;
}

function bodyOf(definition: ChannelDefinition | string): unknown {
  return typeof definition === "string" || definition.type !== "webhook" ? undefined : definition["body"];
}

/** Returns the notifiers of a flow and of its tasks. */
export function notifiersOf({ flow, flowHandlers, taskHandlers }: AppliedConfig): readonly Notifier[] {
  const ofTasks = flow.tasks.flatMap((task) => [...task.stateHandlers, ...(taskHandlers?.(task) ?? [])]);
  return ([...flow.stateHandlers, ...flowHandlers, ...ofTasks] as readonly unknown[]).filter(isNotifier);
}

/** What there is for templates to read. */
export interface TemplateSources {
  /** Environment variables, those of dotenv files included. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Absent as long as they are not known. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly notifiers?: readonly Notifier[];
}

/**
 * Returns the parameters and variables that the templates read, as text for the run manifest.
 *
 * @returns `undefined` where they read none
 */
export async function captureValues(
  facts: Facts,
  { variables, params, notifiers = [] }: TemplateSources,
  redact: (text: string) => string,
): Promise<string | undefined> {
  const templates = templatesIn(facts, notifiers);
  // Most templates read neither, and no run waits for nothing.
  if (!/\b(?:env|params)\b/.test(JSON.stringify(templates))) return undefined;
  const [{ namesRead }, { openVariables }, { packValues }] = await Promise.all([
    import("../spec/hook-message.ts"),
    import("../spec/open-variables.ts"),
    import("../runs/template-values.ts"),
  ]);
  const read = namesRead(templates);
  const open = openVariables(variables);
  const env = Object.fromEntries(read.env.flatMap((name) => (open[name] === undefined ? [] : [[name, open[name]]])));
  const known = read.params && params !== undefined ? { params: spellingOf(params) ?? params } : {};
  if (!read.params && read.env.length === 0) return undefined;
  return packValues({ ...known, env }, redact);
}

/** Writes the values that templates read to the run manifest: another process sends the message of a crash. */
export async function keepTemplateValues({ run, services }: BegunRun, sources: TemplateSources): Promise<void> {
  const { will } = run;
  const facts = { hooks: [...will.hooks, ...(will.deathHooks ?? [])], channels: will.channels };
  const templateValues = await captureValues(facts, sources, (text) => services.redactor.redactMessage(text));
  if (templateValues !== undefined && templateValues !== will.templateValues) run.identify({ templateValues });
}

/** What a message of a task is about, for the templates of its channel: the run, which goes on. */
export function aboutTask(message: Message, base: Omit<Alert, "subject" | "from" | "to" | "summary">): Alert {
  const summary = message.kind === "text" ? (message.text.split("\n", 1)[0] ?? "") : null;
  return { ...base, subject: "flow", from: "Running", to: "Running", summary };
}
