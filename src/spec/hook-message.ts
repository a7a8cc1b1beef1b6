import { formatDuration } from "../model/duration.ts";
import type { Alert } from "../model/notification.ts";
import { parseExpression } from "./expression.ts";
import { Reader } from "./reader.ts";
import type { Report } from "./report.ts";
import type { Path } from "./source.ts";
import { asText, literal, parseTemplate } from "./template.ts";

/** What a hook's own words may read of a run, and of its flow. */
function scopeOf(alert: Alert) {
  const failures = alert.failures ?? [];
  return {
    flow: { name: alert.flow },
    run: {
      id: alert.runId,
      state: alert.to,
      message: alert.summary ?? "",
      host: alert.host ?? "",
      user: alert.user ?? "",
      startedBy: alert.startedBy ?? "other",
      /** `failed`, `recovered` and the like are events of a flow's history; else there is none. */
      event: alert.event ?? "",
      duration: alert.durationMs === undefined ? "" : formatDuration(alert.durationMs),
      durationMs: alert.durationMs ?? 0,
      failed: failures.map(({ task }) => task),
      failures: failures.map(({ task, type, message }) => ({ task, type, message: message ?? "" })),
      failureCount: alert.failureCount ?? failures.length,
      failedBefore: alert.failedBefore ?? 0,
    },
    now: new globalThis.Date(alert.at),
  };
}

const EXAMPLE: Alert = { subject: "flow", flow: "", runId: "", from: "Running", to: "Failed", summary: null, at: 0 };
const FIELDS = new Map(
  Object.entries(scopeOf(EXAMPLE)).flatMap(([root, value]) =>
    value instanceof globalThis.Date ? [] : [[root, Object.keys(value)]],
  ),
);

/** Reports what is wrong with a hook's own words: an expression that cannot be read, or reads what a run does not have. */
export function checkHookMessage(text: string, path: Path, report: Report): void {
  const around = {
    roots: Object.keys(scopeOf(EXAMPLE)),
    fields: FIELDS,
    params: undefined,
    tasks: [],
    outputs: new Map(),
  };
  new Reader(report, around).text(text, path);
}

/**
 * A hook's own words with what their expressions come to. One that has no value stays as it was written, so that
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
    return Array.isArray(value) ? value.map(asText).join(", ") : asText(value);
  } catch {
    return undefined;
  }
}
