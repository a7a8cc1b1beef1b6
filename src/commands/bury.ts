import { systemProcesses } from "../host/process.ts";
import { hookTold } from "../hooks/hook-told.ts";
import type { NewItem } from "../outbox/item.ts";
import type { RunStore } from "../runs/run-store.ts";
import { reap, type DeadRun } from "../runs/reap.ts";
import { factsOf } from "./begin-run.ts";
import { heirsOf } from "./death-hooks.ts";
import type { CommandContext } from "./context.ts";
import type { Services } from "./services.ts";
import { telling, type Telling } from "./tell.ts";

/**
 * Finds runs that died without a word, gives them their terminal record, and
 * puts in the outbox what their hooks say of it.
 *
 * @param runId only this one
 * @returns what they have to tell, to be delivered
 */
export async function bury(
  store: RunStore,
  services: Services,
  context: CommandContext,
  runId?: string,
): Promise<Telling> {
  const told = telling(services, context);
  const dead = await reap({
    store: store.options,
    processes: systemProcesses(),
    redact: (text) => services.redactor.redactMessage(text),
    ...(runId === undefined ? {} : { runId }),
  });
  for (const each of dead) {
    const items = [...(each.told as readonly NewItem[]), ...newsOf(each, store)];
    if (items.length > 0) await told.enqueue(items);
    await each.settle();
  }
  return told;
}

/** What is to be told of its end: what the runner had to say of it, or what follows from its will. */
function newsOf({ will, record, underway }: DeadRun, store: RunStore): readonly NewItem[] {
  if (record.told !== undefined) return record.told as readonly NewItem[];
  const facts = factsOf(will, store);
  return hookTold(
    { ...facts, hooks: [...facts.hooks, ...heirsOf(will.deathHooks ?? [], underway)] },
    {
      from: "Running",
      to: record.state,
      message: record.message,
      at: Date.parse(record.endedAt),
      durationMs: record.durationMs,
      failures: record.failures.map(({ task, type, message }) => ({ task, type, message })),
      failureCount: record.failures.length,
    },
  );
}
