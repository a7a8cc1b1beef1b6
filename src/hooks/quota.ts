import type { TaskState } from "../model/event.ts";
import type { Alert } from "../model/notification.ts";
import type { Notifier } from "../model/notifier.ts";
import { isFailed, type StateType } from "../model/state.ts";
import { firstLine, subjectOf } from "./failures.ts";
import type { Make } from "./groups.ts";
import type { RunChange } from "./run-alert.ts";
import type { RunFacts, Told } from "./told.ts";

interface Share {
  readonly notifier: Notifier;
  /** Of failures, and of all else: good news never takes the place of bad. */
  readonly sent: { failures: number; others: number };
  readonly kept: Map<StateType, number>;
  /** Of what was kept back, the failures. */
  readonly failures: NonNullable<Alert["failures"]>[number][];
}

/** Failures of those kept back that are named. */
const NAMED = 5;

/**
 * How many messages of one run's tasks go to one destination: so many failures, and so many of all
 * else. The others are counted, and
 * one message at the run's end says how many there were, of what, and which failed.
 */
export class Quota {
  readonly #most: number;
  readonly #shares = new Map<string, Share>();

  constructor(most: number) {
    this.#most = most;
  }

  /** @returns false where the message is kept back */
  admit(destination: string, notifier: Notifier, event: TaskState): boolean {
    const share: Share = this.#shares.get(destination) ?? {
      notifier,
      sent: { failures: 0, others: 0 },
      kept: new Map(),
      failures: [],
    };
    this.#shares.set(destination, share);
    const kind = isFailed(event.to) ? "failures" : "others";
    if (share.sent[kind] < this.#most) {
      share.sent[kind] += 1;
      return true;
    }
    const { type, message } = event.to;
    share.kept.set(type, (share.kept.get(type) ?? 0) + 1);
    if (isFailed(event.to) && share.failures.length < NAMED)
      share.failures.push({ task: subjectOf(event), type, message: firstLine(message) });
    return false;
  }

  flush(make: Make, { flow, runId }: Pick<RunFacts, "flow" | "runId">, change: RunChange): readonly Told[] {
    const shares = [...this.#shares.values()].filter(({ kept }) => kept.size > 0);
    this.#shares.clear();
    return shares.flatMap(({ notifier, kept, failures }) => {
      const count = [...kept.values()].reduce((sum, each) => sum + each, 0);
      const parts = [...kept].map(([type, each]) => `${String(each)} ${type}`).join(", ");
      const most = `a run sends at most ${String(this.#most)} failures and as many others to one channel`;
      const alert: Alert = {
        subject: "flow",
        flow,
        runId,
        from: change.from,
        to: change.to,
        summary: null,
        text: `${String(count)} more messages of this run's tasks were not sent (${most}): ${parts}`,
        ...(failures.length === 0 ? {} : { failures }),
        at: change.at,
        next: [`flowctl runs show ${runId}`],
      };
      return make(notifier, alert, "quota");
    });
  }
}
