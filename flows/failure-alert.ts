/**
 * Three ways to be told of a failure: a notification task, a notifier on a task
 * and one on the flow; and a state handler that replaces a state.
 *
 * Before: `flowctl secrets set SLACK_WEBHOOK_URL`
 * Expect: "load" fails, and Slack gets three messages: `load failed: …` from
 * the task "alert", and one from each notifier. "tidy" fails, too, but its
 * state handler makes that a success. The run is Failed.
 * With `--param fail=false` all is well: nothing is posted, and "alert" is not needed.
 */
import { flow, isFailed, slackNotifier, slackTask, state, task, triggers, type State } from "flowctl";

const load = task(
  "load",
  { stateHandlers: [slackNotifier({ onlyStates: ["Failed"] })] },
  ({ fail }: { fail: boolean }) => {
    if (fail) throw new Error("the source sent no rows");
    return 42;
  },
);

/** A failure of this task matters to nobody. */
export function forgive(_task: unknown, _from: State, to: State): State | undefined {
  return isFailed(to) ? state("Success", { message: "forgiven" }) : undefined;
}

const tidy = task("tidy", { stateHandlers: [forgive] }, ({ fail }: { fail: boolean }) => {
  if (fail) throw new Error("nothing to tidy up");
});

export default flow(
  "failure-alert",
  { params: { fail: { type: "boolean", default: true } }, stateHandlers: [slackNotifier({ onlyStates: ["Failed"] })] },
  ({ fail }) => {
    tidy({ fail });
    slackTask({ message: load({ fail }) }, { name: "alert", trigger: triggers.anyFailed });
  },
);
