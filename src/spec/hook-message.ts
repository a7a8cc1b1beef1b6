import { NOTIFIERS } from "../authoring/notifiers.ts";
import { formatDuration } from "../model/duration.ts";
import type { Alert, TemplateValues } from "../model/notification.ts";
import { isoTime } from "../model/time-zone.ts";
import { markValue } from "../model/value-marks.ts";
import { parseExpression } from "./expression.ts";
import { Reader } from "./reader.ts";
import type { Report } from "./report.ts";
import type { Path } from "./source.ts";
import { asText, isMoment, literal, parseTemplate } from "./template.ts";

/** What templates read, by root. */
export type TemplateScope = Readonly<Record<string, unknown>>;

/** Returns the values of a flow, its run, and the task that a message is about. */
export function templateScope(alert: Alert, { params = {}, env = {} }: TemplateValues = {}): TemplateScope {
  const { subject, failures = [], failureCount = failures.length } = alert;
  const isOfTask = subject === "task";
  const about = { state: alert.to, message: alert.summary ?? "" };
  return {
    flow: { name: alert.flow },
    run: {
      id: alert.runId,
      ...(isOfTask ? { state: "Running", message: "" } : about),
      url: alert.links?.[0]?.url ?? null,
      host: alert.host ?? "",
      user: alert.user ?? "",
      startedBy: alert.startedBy ?? "other",
      event: alert.event ?? "",
      duration: alert.durationMs === undefined ? "" : formatDuration(alert.durationMs),
      durationMs: alert.durationMs ?? 0,
      failed: failures.map(({ task }) => task),
      failures: failures.map(({ task, type, message }) => ({ task, type, message: message ?? "" })),
      failureCount,
      failedBefore: alert.failedBefore ?? 0,
    },
    ...(isOfTask
      ? { task: { name: alert.task ?? "", index: alert.mapIndex ?? null, attempt: alert.attempt ?? 1, ...about } }
      : {}),
    params,
    env,
    now: new globalThis.Date(alert.at),
  };
}

const EXAMPLE = { flow: "", runId: "", from: "Running", to: "Failed", summary: null, at: 0 } as const;

/** Whether a state handler is one that flowctl ships, whose `message` may have expressions. */
export function isNotifierName(uses: string): boolean {
  return Object.hasOwn(NOTIFIERS, uses);
}

/** Where a template stands, and what is known there. */
export interface TemplatePlace {
  readonly path: Path;
  readonly report: Report;
  /** What messages are about. @default "flow" */
  readonly subject?: Alert["subject"];
  /** Names of the flow's parameters; absent where it is not known which it has. */
  readonly params?: readonly string[];
  /** Names of environment variables that are set; absent where nothing is known of them. */
  readonly variables?: ReadonlySet<string>;
  /** Whether flows may lack a parameter that it reads with `??`. @default false */
  readonly isForManyFlows?: boolean;
  /** Names that are known beside those of all templates. */
  readonly more?: readonly string[];
}

/** Reports the errors of a template, or of the templates in a map or list: wrong expressions, unknown names. */
export function checkTemplate(template: unknown, place: TemplatePlace): void {
  const { path, report, subject = "flow", params, variables, isForManyFlows = false, more = [] } = place;
  const scope = Object.entries(templateScope({ ...EXAMPLE, subject }));
  const fields = scope.flatMap(([root, value]): [string, string[]][] =>
    ["flow", "run", "task"].includes(root) ? [[root, Object.keys(value as object)]] : [],
  );
  const roots = [...scope.map(([root]) => root), ...more];
  const around = { roots, fields: new Map(fields), params, tasks: [], outputs: new Map(), isForManyFlows };
  new Reader(report, variables === undefined ? around : { ...around, variables }).data(template, path);
  if (namesRead([template]).isWholeEnv)
    report.value(path, { code: "UNKNOWN_NAME", message: '"env" is read by its fields', help: "write env.NAME" });
}

/** What templates read of the parameters and of the environment. */
export function namesRead(templates: readonly unknown[]): {
  readonly params: boolean;
  readonly env: readonly string[];
  readonly isWholeEnv: boolean;
} {
  const readings = textsIn(templates).flatMap((text) =>
    parseTemplate(text).holes.flatMap(({ code }) => {
      const parsed = parseExpression(code);
      return "evaluate" in parsed ? parsed.readings : [];
    }),
  );
  const env = readings.filter(({ root }) => root === "env");
  return {
    params: readings.some(({ root }) => root === "params"),
    env: [...new Set(env.flatMap(({ path }) => path.slice(0, 1)))],
    isWholeEnv: env.some(({ path }) => path.length === 0),
  };
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return value.includes("${{") ? [value] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/**
 * Returns the text of a hook or notifier with the values of its expressions, marked as values. An expression that has
 * no value stays as it was written, so that the message still goes out.
 */
export function composeMessage(text: string, alert: Alert, values?: TemplateValues): string {
  const { timezone: zone = "UTC" } = alert;
  return fillText(text, templateScope(alert, values), { zone, shown: (value) => markValue(shownValue(value, zone)) });
}

/** How a template is filled in. */
export interface FillOptions {
  readonly zone: string;
  /** Returns a value as it stands in the text. */
  readonly shown: (value: unknown) => string;
}

/** Returns the text with its expressions replaced by their values; those without a value stay. */
export function fillText(text: string, scope: TemplateScope, { zone, shown }: FillOptions): string {
  const { holes, unclosed } = parseTemplate(text);
  if (unclosed !== undefined) return text;
  let filled = "";
  let from = 0;
  for (const { code, start, end } of holes) {
    const found = evaluate(code, scope, zone);
    filled += literal(text.slice(from, start)) + (found === undefined ? text.slice(start, end) : shown(found.value));
    from = end;
  }
  return filled + literal(text.slice(from));
}

/** The value of an expression, or nothing where it has none. */
export function evaluate(code: string, scope: TemplateScope, zone: string): { readonly value: unknown } | undefined {
  try {
    const parsed = parseExpression(code, { zone });
    return "evaluate" in parsed ? { value: parsed.evaluate(scope) } : undefined;
  } catch {
    return undefined;
  }
}

/** Returns a value as text: lists with commas, times in the zone. */
export function shownValue(value: unknown, zone: string): string {
  if (Array.isArray(value)) return value.map((each) => shownValue(each, zone)).join(", ");
  if (isMoment(value) && zone !== "UTC") return isoTime(globalThis.Date.parse(value.toISOString()), zone);
  return asText(value);
}
