import { plainSettings, Plumbing } from "../authoring/node.ts";
import { Fail, Signal, Skip, TriggerFail } from "../model/signal.ts";
import { isFailed, type State } from "../model/state.ts";
import type { Task } from "../model/task.ts";

/** The key of the edge that carries the items' results. */
export const ITEMS = "items";

/**
 * What stands for a task with `tolerate:` in the eyes of all others: it fails
 * when more of its items failed than may, and its value is the list of what the
 * others came to.
 *
 * @param tolerate a number of items, or a share of them such as `5%`
 */
export function toleranceOf(name: string, tolerate: number | string): Task {
  const trigger = Object.assign(
    (upstream: ReadonlyMap<unknown, State>): boolean => {
      for (const each of upstream.values()) {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- a signal is thrown, and is not an Error
        if (each.type === "Skipped") throw new Skip(each.message);
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- the same
        if (!hasRun(each)) throw new TriggerFail(`No item of "${name}" was run.`);
      }
      return true;
    },
    { triggerName: "always_run" },
  );
  const settings = plainSettings(`${name}.tolerate`, "collection", { trigger, skipOnUpstreamSkip: false });
  return new Plumbing(settings, ({ [ITEMS]: results }) => {
    const all = results as readonly unknown[];
    const failed = all.filter(isFailure).length;
    const most = typeof tolerate === "number" ? tolerate : Math.floor((Number.parseFloat(tolerate) / 100) * all.length);
    if (failed > most)
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- a signal is thrown, and is not an Error
      throw new Fail(`${failed} of ${all.length} items of "${name}" failed, and ${most} may`, { result: null });
    return all.filter((each) => !(each instanceof Error) && !(each instanceof Signal));
  });
}

/** What comes before the items may be what failed: then there is nothing to tolerate. */
function hasRun(mapped: State): boolean {
  if (mapped.type !== "Mapped") return false;
  return mapped.children.length === 0 || mapped.children.some((child) => child.type !== "TriggerFailed");
}

function isFailure(result: unknown): boolean {
  return result instanceof Error || (result instanceof Signal && isFailed(result.state));
}
