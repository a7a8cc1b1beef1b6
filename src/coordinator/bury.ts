import { systemProcesses } from "../host/process.ts";
import { hookTold } from "../hooks/hook-told.ts";
import { diskTrouble } from "../model/disk-trouble.ts";
import { formatDuration } from "../model/duration.ts";
import { labelOf } from "../model/tally.ts";
import type { NewItem } from "../outbox/item.ts";
import type { RunStore } from "../runs/run-store.ts";
import type { ProcessEnd } from "../runs/crash-message.ts";
import { reap, type DeadRun } from "../runs/reap.ts";
import type { EndRecord } from "../runs/will.ts";
import { factsOf } from "./begin-run.ts";
import { heirsOf } from "./death-hooks.ts";
import type { CommandContext } from "./context.ts";
import { messageTemplates } from "./message-templates.ts";
import type { Services } from "./services.ts";
import { telling, type Telling } from "./tell.ts";

/** What dead runs have to tell, and how they ended. */
export interface Buried extends Telling {
  readonly records: readonly EndRecord[];
}

/**
 * Finds runs that died without a word, gives them their terminal record, and
 * puts in the outbox what their hooks say of it.
 *
 * @param only this one, and how its process ended where that is known
 * @param sendsAtOnce whether it is sent beside what this process does
 * @returns what they have to tell, to be delivered
 */
export async function bury(
  store: RunStore,
  services: Services,
  context: CommandContext,
  only?: { readonly runId: string; readonly end?: ProcessEnd },
  sendsAtOnce = true,
): Promise<Buried> {
  const told = telling(services, context, sendsAtOnce ? undefined : 0);
  const dead = await reap({
    store: store.options,
    processes: systemProcesses(),
    redact: (text) => services.redactor.redactMessage(text),
    onElsewhere: ({ runId, flow, host }, silentMs) => {
      const since = `has written nothing for ${formatDuration(silentMs)}`;
      context.host.terminal.stderr.write(
        `warning: run ${runId} of "${flow}" began on another machine (${host}) and ${since}: if it is dead, let it be told with: flowctl reap ${runId}\n`,
      );
    },
    onUnreadable: (runId, error) => {
      context.host.terminal.stderr.write(`warning: run ${runId} cannot be looked at: ${diskTrouble(error)}\n`);
    },
    onDamaged: (runId, will) => {
      context.host.terminal.stderr.write(
        `warning: run ${runId} is over, and who was to be told of it is not known any more: ${will} is damaged\n`,
      );
    },
    ...only,
  });
  for (const each of dead) {
    const items = [...(each.told as readonly NewItem[]), ...(await newsOf(each, store))];
    if (items.length > 0) await told.enqueue(items);
    // What a full disk did not take is told from memory, and by whoever finds the run next: under the same id.
    if (!told.isSafe()) await told.deliver();
    if (each.isWritten && told.isSafe()) await each.settle();
    else each.leave();
  }
  return { ...told, records: dead.map(({ record }) => record) };
}

/** What is to be told of its end: what the runner had to say of it, or what follows from its will. */
async function newsOf({ will, record, underway, lastLines }: DeadRun, store: RunStore): Promise<readonly NewItem[]> {
  if (record.told !== undefined) return record.told as readonly NewItem[];
  const known = factsOf(will, store, record.previous);
  const facts = { ...known, hooks: [...known.hooks, ...heirsOf(will.deathHooks ?? [], underway)] };
  return hookTold(
    { ...facts, ...(await messageTemplates(facts)) },
    {
      from: "Running",
      to: record.state,
      message: record.message,
      at: Date.parse(record.endedAt),
      ...(record.foundAt === undefined ? {} : { foundAt: Date.parse(record.foundAt) }),
      durationMs: record.durationMs,
      failures: record.failures.map((each) => ({ task: labelOf(each), type: each.type, message: each.message })),
      failureCount: record.counts.failed,
      ...(lastLines.length === 0 ? {} : { detail: ["Its last lines:", ...lastLines].join("\n") }),
    },
  );
}
