import { formatDuration } from "../model/duration.ts";
import { isOfFamily } from "../model/state.ts";
import type { Alert } from "../model/notification.ts";
import { shownTime } from "../model/time-zone.ts";
import { markValue, withoutMarks } from "../model/value-marks.ts";
import type { DeliveryRequest } from "../outbox/channel.ts";
import { cut, oneLine, oneLineMarked } from "./cut.ts";
import { isHttpUrl } from "./definition.ts";
import { toneOf, wordOf, type Tone } from "./words.ts";

/** What a message about a change of state says, in the order people need it. Plain text, nothing escaped, little cut. */
export interface Content {
  readonly tone: Tone;
  /** `Flow failed: nightly-etl`. */
  readonly title: string;
  /** The whole alert in one line: `FAILED: nightly-etl (run 01JDC7K2) on etl-1 after 14m 12s: load: no rows`. */
  readonly headline: string;
  /** What failed first and why; one to six lines. */
  readonly what: readonly string[];
  /** Name and value: state, run, duration, where. */
  readonly facts: readonly (readonly [label: string, value: string])[];
  /** The own words of the hook or notifier, which `headline` and `what` begin with: markup, with values marked. */
  readonly own: string | undefined;
  /** The error's whole text. */
  readonly detail: string | null;
  readonly links: readonly { readonly label: string; readonly url: string }[];
  /** Commands to paste. */
  readonly next: readonly string[];
  /** Item, attempt, delay: for whoever asks where a message comes from. */
  readonly small: string;
}

/** How much of one name, one error line and one list is told. */
const NAME = 120;
const LINE = 200;
const OWN_WORDS = 600;
const MOST_FAILURES = 5;
const LATE_MS = 60_000;

/** What the small print says of a delivery. */
type Occasion = Pick<DeliveryRequest, "id" | "attempt" | "createdAt" | "at" | "repeat">;

/** What one delivery of an alert says. */
export function contentOf(alert: Alert, delivery: Occasion): Content {
  const word = wordOf(alert);
  const name = subjectOf(alert);
  const what = whatOf(alert);
  const title = `${alert.subject === "flow" ? "Flow" : "Task"} ${word}: ${name}`;
  const words = wordsOf(alert);
  const own = words === "" ? undefined : withoutMarks(words);
  const where = alert.host === undefined ? "" : ` on ${cut(oneLine(alert.host), NAME)}`;
  const took = alert.durationMs === undefined ? "" : ` after ${formatDuration(alert.durationMs)}`;
  const more =
    alert.group === undefined && own === undefined ? failuresOf(alert).more + failuresOf(alert).shown.length - 1 : 0;
  const why = what[0] === undefined ? "" : `: ${what[0]}${more > 0 ? `, +${more} more` : ""}`;
  const headline = own ?? `${word.toUpperCase()}: ${name} (run ${alert.runId})${where}${took}${why}`;
  return {
    tone: toneOf(alert),
    title,
    headline: cut(headline, 600),
    what: own === undefined ? what : [own, ...what],
    own: own === undefined ? undefined : words,
    facts: factsOf(alert),
    detail: alert.detail === undefined || alert.detail.trim() === "" ? null : alert.detail,
    links: linksOf(alert),
    next: (alert.next ?? []).slice(0, 4).map((each) => cut(oneLine(each), LINE)),
    small: smallPrint(delivery),
  };
}

/** @returns the alert's own words on one line, cut; all of an older message's are values */
function wordsOf({ text = "", textHasMarkup }: Alert): string {
  return cut(textHasMarkup === true ? oneLineMarked(text) : markValue(oneLine(text)), OWN_WORDS);
}

/** `headline` as markup. */
export function markedHeadline({ own, headline }: Content): string {
  return own ?? markValue(headline);
}

/** `what` as markup. */
export function markedWhat({ own, what }: Content): string {
  return own === undefined ? markValue(what.join("\n")) : [own, ...what.slice(1).map(markValue)].join("\n");
}

function linksOf(alert: Alert): Content["links"] {
  return (alert.links ?? [])
    .filter(({ url }) => isHttpUrl(url) && url.length <= 2000)
    .slice(0, 5)
    .map(({ label, url }) => ({ label: cut(oneLine(label), 75) || "link", url: new URL(url).href }));
}

/** `nightly-etl`, or `load[3] of nightly-etl`. */
function subjectOf(alert: Alert): string {
  const flow = cut(oneLine(alert.flow), NAME);
  if (alert.task === undefined) return flow;
  const index = alert.mapIndex === undefined ? "" : `[${alert.mapIndex}]`;
  return `${cut(oneLine(alert.task), NAME)}${index} of ${flow}`;
}

function whatOf(alert: Alert): readonly string[] {
  const lines: string[] = [];
  const { group, failures = [] } = alert;
  const summary = alert.summary === null ? undefined : cut(oneLine(alert.summary), LINE);
  if (group !== undefined) {
    const of = group.total === undefined ? "" : ` of ${group.total}`;
    const distinct = group.kinds ?? group.errors.length;
    const kinds = distinct === 1 ? "one error" : `${distinct} distinct errors`;
    const shown = group.errors.slice(0, MOST_FAILURES);
    lines.push(
      `${group.failed}${of} ${alert.task === undefined ? "" : `"${cut(oneLine(alert.task), NAME)}" `}children failed, ${kinds}`,
    );
    lines.push(
      ...shown.map(
        ({ count, text, first }) => `${count}x ${cut(oneLine(text), LINE)} (first: ${cut(oneLine(first), NAME)})`,
      ),
    );
    if (distinct > shown.length)
      lines.push(`and ${distinct - shown.length} more distinct ${distinct - shown.length === 1 ? "error" : "errors"}`);
  } else if (failures.length > 0) {
    const { shown, more, following } = failuresOf(alert);
    lines.push(
      ...shown.map(({ task, type, message }) => {
        const why = message === null ? type : cut(oneLine(message), LINE);
        return `${cut(oneLine(task), NAME)}: ${why}`;
      }),
    );
    if (more > 0) lines.push(`and ${more} more failed`);
    if (following > 0) lines.push(`${following === 1 ? "1 task" : `${following} tasks`} did not run because of that`);
  } else if (summary !== undefined && summary !== "") lines.push(summary);
  if (alert.failedBefore !== undefined && alert.failedBefore > 0) lines.push(historyOf(alert.failedBefore, alert));
  return lines;
}

/** Failures that people look at: those of tasks that did not run only follow from the others. */
function failuresOf({ failures = [], failureCount = failures.length }: Alert) {
  const own = failures.filter(({ type }) => type !== "TriggerFailed");
  const following = own.length === 0 ? 0 : failures.length - own.length;
  const shown = (own.length === 0 ? failures : own).slice(0, MOST_FAILURES);
  return { shown, more: Math.max(failureCount - shown.length - following, 0), following };
}

function historyOf(failed: number, { to, failingForMs }: Alert): string {
  if (isOfFamily(to, "Failed")) return `${failed + 1} failed runs in a row`;
  if (!isOfFamily(to, "Success")) return failed === 1 ? "the run before failed" : `the last ${failed} runs failed`;
  const down = failingForMs === undefined ? "" : `, down ${formatDuration(failingForMs)}`;
  return `recovered after ${failed === 1 ? "1 failed run" : `${failed} failed runs`}${down}`;
}

function factsOf(alert: Alert): readonly (readonly [string, string])[] {
  const attempt = alert.attempt === undefined ? "" : `attempt ${alert.attempt}`;
  const of = attempt === "" || alert.maxAttempts === undefined ? "" : ` of ${alert.maxAttempts}`;
  // A slow run is where it was.
  const change = alert.from === alert.to ? alert.to : `${alert.from} → ${alert.to}`;
  const started = alert.durationMs === undefined ? undefined : alert.at - alert.durationMs;
  const by = alert.startedBy === undefined || alert.startedBy === "other" ? undefined : alert.startedBy;
  const where = [alert.host, alert.user === undefined ? undefined : `user ${alert.user}`, by];
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["State", `${change}${attempt === "" ? "" : `, ${attempt}${of}`}`],
    ["Run", alert.runId],
    ["Duration", alert.durationMs === undefined ? undefined : formatDuration(alert.durationMs)],
    [started === undefined ? "At" : "Started", shownTime(started ?? alert.at, alert.timezone ?? "UTC")],
    ["Where", where.filter((each) => each !== undefined).join(" · ")],
  ];
  return facts.flatMap(([label, value]) =>
    value === undefined || value === "" ? [] : [[label, cut(oneLine(value), LINE)] as const],
  );
}

function smallPrint({ id, attempt, createdAt, at, repeat }: Occasion): string {
  const late = createdAt === undefined || at === undefined || at - createdAt < LATE_MS ? undefined : at - createdAt;
  return [
    `flowctl ${id}`,
    ...(attempt > 1 ? [`delivery attempt ${attempt}`] : []),
    ...(late === undefined ? [] : [`sent ${formatDuration(late)} late`]),
    ...(repeat === true ? ["may be a repeat"] : []),
  ].join(" · ");
}
