import type { UserError } from "../model/error.ts";
import type { RunFacts } from "../hooks/told.ts";
import type { BegunRun } from "./begin-run.ts";
import type { NewItem } from "../outbox/item.ts";
import type { CommandContext } from "./context.ts";
import { messageTemplates } from "./message-templates.ts";
import { leaveToDrainer } from "./leave-drainer.ts";
import type { ActiveRun } from "../runs/active-run.ts";
import type { Services } from "./services.ts";
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
  const items = isTold ? await news(begun.facts(), services, error, context) : [];
  run.end({
    state: "Failed",
    message: error.diagnostics[0]?.message ?? error.message,
    counts: { ok: 0, failed: 0, skipped: 0, cancelled: 0 },
    failures: [],
    reason: "refused",
    told: items,
  });
  await tell(items, services, context, run);
  for (const trouble of run.troubles) context.host.terminal.stderr.write(`warning: ${trouble}\n`);
}

/** The same for a run that could not even be put on record: the hooks hear of it from memory. */
export async function refuseUnrecorded(
  facts: RunFacts,
  services: Services,
  error: UserError,
  context: CommandContext,
): Promise<void> {
  await tell(await news(facts, services, error, context), services, context);
}

async function tell(
  items: readonly NewItem[],
  services: Services,
  context: CommandContext,
  run?: ActiveRun,
): Promise<void> {
  const { clock, terminal } = context.host;
  const told = telling(services, context);
  if (items.length > 0) await told.enqueue(items);
  if (told.isSafe()) run?.settle();
  const summary = await told.deliver();
  if (told.isSafe()) run?.settle();
  else run?.leave({ isReported: false });
  if (summary === undefined) return;
  const left = await leaveToDrainer(summary, services.stateDirectory, context);
  const { summaryLines } = await import("../outbox/summary.ts");
  for (const line of [...summaryLines(summary, clock.now()), ...left]) terminal.stderr.write(`${line}\n`);
}

/** What the hooks say of it; nothing of it is imported where there is none. */
async function news(
  facts: RunFacts,
  { redactor }: Services,
  error: UserError,
  { host }: CommandContext,
): Promise<readonly NewItem[]> {
  if (facts.hooks.length === 0) return [];
  const [{ refusedTold }, { place }, { redactedNews }] = await Promise.all([
    import("../hooks/derive.ts"),
    import("../reporters/diagnostics.ts"),
    import("../outbox/make-items.ts"),
  ]);
  const detail = error.diagnostics
    .map((each) => [each.file === undefined ? "" : `${place(each)}: `, each.message].join(""))
    .join("\n");
  const message = error.diagnostics[0]?.message ?? error.message;
  const redact = (text: string): string => redactor.redactMessage(text);
  const filling = { ...facts, ...(await messageTemplates(facts)) };
  return refusedTold(filling, message, host.clock.now(), detail).map((item) => redactedNews(item, redact));
}
