import { Signal, TriggerFail } from "../model/signal.ts";
import { state, type State } from "../model/state.ts";
import { allSuccessful, type CountingTrigger } from "../model/triggers.ts";
import type { Trigger } from "../model/trigger.ts";
import { end } from "./announce.ts";
import { explain } from "./handler-call.ts";
import type { TaskRun } from "./task-run.ts";
import { isThenable } from "./thenable.ts";
import { causeOf, tallyOf, viewOf } from "./upstream.ts";

/** Step 10: the trigger decides from the upstream states whether the task may run. */
export function triggerHolds(run: TaskRun): State | Promise<State> {
  const trigger = run.task.trigger ?? allSuccessful;
  if (isCounting(trigger)) {
    const verdict = trigger.judge(tallyOf(run), run);
    return verdict === true ? run.state : refused(run, verdict);
  }
  try {
    const answer = trigger(viewOf(run), { resumed: run.resumed });
    if (isThenable(answer))
      return answer.then(
        (held) => (held ? run.state : refused(run, new TriggerFail("The trigger did not hold."))),
        (thrown: unknown) => refused(run, thrown),
      );
    return answer ? run.state : refused(run, new TriggerFail("The trigger did not hold."));
  } catch (thrown) {
    return refused(run, thrown);
  }
}

function isCounting(trigger: Trigger): trigger is CountingTrigger {
  return "judge" in trigger;
}

function refused(run: TaskRun, thrown: unknown): State | Promise<State> {
  const reached =
    thrown instanceof Signal
      ? thrown.state
      : state("TriggerFailed", {
          message: `Unexpected error while checking the trigger: ${explain(thrown)}`,
          result: thrown,
        });
  if (reached.type === "TriggerFailed") {
    run.unmet = true;
    run.causedBy = causeOf(run);
  }
  return end(run, run.adopt(reached));
}
