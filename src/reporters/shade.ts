import { isOfFamily, type StateType } from "../model/state.ts";

/** What a task's state means to somebody who looks at a graph. */
export type Shade = "succeeded" | "failed" | "skipped" | "cancelled" | "running" | "waiting";

/** A task that did not run because of another is not what failed. */
export function shadeOf(type: StateType): Shade {
  if (type === "Skipped" || type === "TriggerFailed") return "skipped";
  if (type === "Cancelled") return "cancelled";
  if (isOfFamily(type, "Failed")) return "failed";
  if (isOfFamily(type, "Success")) return "succeeded";
  return isOfFamily(type, "Running") ? "running" : "waiting";
}

/** Fill and line of each shade, for light backgrounds and legible without colours by its name. */
export const COLORS: Readonly<Record<Shade, { readonly fill: string; readonly line: string }>> = {
  succeeded: { fill: "#d7f0dd", line: "#2e7d43" },
  failed: { fill: "#fbdcdc", line: "#b3261e" },
  skipped: { fill: "#eceef1", line: "#8a909a" },
  cancelled: { fill: "#fdf0cf", line: "#9a6a00" },
  running: { fill: "#d9e8fc", line: "#1f5fbf" },
  waiting: { fill: "#ffffff", line: "#8a909a" },
};
