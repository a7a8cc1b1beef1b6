import { isOfFamily, type StateType } from "../model/state.ts";
import type { Alert } from "../model/notification.ts";

/** Whether a change of state is good news, bad news, something to look at, or none of these. */
export type Tone = "bad" | "crashed" | "warn" | "good" | "neutral";

const WORDS: Partial<Readonly<Record<StateType, string>>> = {
  TimedOut: "timed out",
  Crashed: "crashed",
  TriggerFailed: "failed",
  ValidationFailed: "failed validation",
  Cached: "succeeded",
  Mapped: "succeeded",
  Success: "succeeded",
  Running: "started",
  Retrying: "retrying",
};

const EVENT_WORDS: Readonly<Record<NonNullable<Alert["event"]>, string>> = {
  started: "started",
  slow: "slow",
  recovered: "recovered",
  stillFailing: "still failing",
};

/** The one word for what happened: `failed`, `timed out`, `recovered`, `refused`. */
export function wordOf(alert: Pick<Alert, "to" | "event" | "reason">): string {
  if (alert.reason !== undefined) return alert.reason;
  if (alert.event !== undefined) return EVENT_WORDS[alert.event];
  return WORDS[alert.to] ?? alert.to.toLowerCase();
}

/** How the news is: it chooses colours, sounds and severities. */
export function toneOf(alert: Pick<Alert, "to" | "event" | "reason">): Tone {
  if (alert.event === "slow") return "warn";
  if (alert.to === "Crashed") return "crashed";
  if (alert.reason !== undefined || isOfFamily(alert.to, "Failed")) return "bad";
  if (alert.to === "Retrying" || alert.to === "Paused") return "warn";
  return isOfFamily(alert.to, "Success") ? "good" : "neutral";
}

/** Colours by tone; the word carries the meaning, never the colour alone. */
export const COLOURS: Readonly<Record<Tone, string>> = {
  bad: "#d72b3f",
  crashed: "#7a1fa2",
  warn: "#e0a800",
  good: "#2eb67d",
  neutral: "#8d8d8d",
};
