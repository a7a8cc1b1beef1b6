import type { UserError } from "../model/error.ts";
import type { BegunRun } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";
import { telling } from "./tell.ts";

/**
 * Nothing ran. It is on record all the same, and the hooks hear of it (design
 * decision 8): not when somebody sits at a terminal and reads it anyway, unless
 * they ask for it with `--notify`.
 */
export async function refuse(
  begun: BegunRun,
  error: UserError,
  isTold: boolean,
  context: CommandContext,
): Promise<void> {
  const { run, services } = begun;
  const { record } = run.end({
    state: "Failed",
    message: error.diagnostics[0]?.message ?? error.message,
    counts: { ok: 0, failed: 0, skipped: 0, cancelled: 0 },
    failures: [],
    reason: "refused",
  });
  if (!isTold || begun.facts().hooks.length === 0) {
    run.settle();
    return;
  }
  const [{ refusedTold }, { place }] = await Promise.all([
    import("../hooks/derive.ts"),
    import("../reporters/diagnostics.ts"),
  ]);
  const detail = error.diagnostics
    .map((each) => [each.file === undefined ? "" : `${place(each)}: `, each.message].join(""))
    .join("\n");
  const told = telling(services, context);
  const redacted = services.redactor.redactMessage(record.message ?? "");
  const items = refusedTold(
    begun.facts(),
    redacted,
    Date.parse(record.endedAt),
    services.redactor.redactMessage(detail),
  );
  if (items.length > 0) await told.enqueue(items);
  run.settle();
  const summary = await told.deliver();
  if (summary === undefined) return;
  const { summaryLines } = await import("../outbox/summary.ts");
  for (const line of summaryLines(summary, context.host.clock.now())) context.host.terminal.stderr.write(`${line}\n`);
}
