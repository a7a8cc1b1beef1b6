import type { Alert } from "../model/notification.ts";

const PLACE = /\$\{\{\s*([\w.]+)\s*\}\}/g;

/**
 * A hook's own words with facts of the run in them: `${{ flow }}`, `${{ run.id }}`,
 * `run.state`, `run.message`, `run.host`, `run.failed` (names of the tasks that
 * failed). A place that names anything else stays as it was written, so that a
 * mistake is seen and the message still goes out.
 */
export function fillMessage(text: string, alert: Alert): string {
  const facts: Readonly<Record<string, string | undefined>> = {
    flow: alert.flow,
    "run.id": alert.runId,
    "run.state": alert.to,
    "run.message": alert.summary ?? "",
    "run.host": alert.host ?? "",
    "run.failed": (alert.failures ?? []).map(({ task }) => task).join(", "),
  };
  return text.replaceAll(PLACE, (place, name: string) => (Object.hasOwn(facts, name) ? (facts[name] ?? "") : place));
}
