import { NOTIFIERS } from "../authoring/notifiers.ts";
import { formatDuration } from "../model/duration.ts";
import type { Alert } from "../model/notification.ts";
import { markValue } from "../model/value-marks.ts";
import { parseExpression } from "./expression.ts";
import { Reader } from "./reader.ts";
import type { Report } from "./report.ts";
import type { Path } from "./source.ts";
import { asText, literal, parseTemplate } from "./template.ts";

/** What the own words of hooks and notifiers may read: of a flow, of its run, and of the task they are about. */
function scopeOf(alert: Alert) {
  const { subject, failures = [], failureCount = failures.length } = alert;
  const isOfTask = subject === "task";
  const about = { state: alert.to, message: alert.summary ?? "" };
  return {
    flow: { name: alert.flow },
    run: {
      id: alert.runId,
      ...(isOfTask ? { state: "Running", message: "" } : about),
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
    now: new globalThis.Date(alert.at),
  };
}

const EXAMPLE = { flow: "", runId: "", from: "Running", to: "Failed", summary: null, at: 0 } as const;

/** Whether a state handler is one that flowctl ships, whose `message` may have expressions. */
export function isNotifierName(uses: string): boolean {
  return Object.hasOwn(NOTIFIERS, uses);
}

/**
 * Reports what is wrong with the own words of a hook or a notifier: an expression that cannot be read, or reads
 * what is not known there.
 */
export function checkHookMessage(text: string, path: Path, report: Report, subject: Alert["subject"] = "flow"): void {
  const scope = Object.entries(scopeOf({ ...EXAMPLE, subject }));
  const fields = scope.flatMap(([root, value]): [string, string[]][] =>
    value instanceof globalThis.Date ? [] : [[root, Object.keys(value)]],
  );
  const roots = scope.map(([root]) => root);
  const around = { roots, fields: new Map(fields), params: undefined, tasks: [], outputs: new Map() };
  new Reader(report, around).text(text, path);
}

/**
 * Own words with what their expressions come to, marked as values. One that has no value stays as it was written, so that
 * the message still goes out.
 */
export function composeMessage(text: string, alert: Alert): string {
  const { holes, unclosed } = parseTemplate(text);
  if (unclosed !== undefined) return text;
  const scope = scopeOf(alert);
  const texts = [0, ...holes.map(({ end }) => end)].map((start, index) =>
    literal(text.slice(start, holes[index]?.start)),
  );
  return texts
    .map((part, index) => {
      const hole = holes[index];
      return hole === undefined ? part : part + (valueOf(hole.code, scope) ?? text.slice(hole.start, hole.end));
    })
    .join("");
}

function valueOf(code: string, scope: Readonly<Record<string, unknown>>): string | undefined {
  try {
    const parsed = parseExpression(code);
    if (!("evaluate" in parsed)) return undefined;
    const value = parsed.evaluate(scope);
    return markValue(Array.isArray(value) ? value.map(asText).join(", ") : asText(value));
  } catch {
    return undefined;
  }
}
