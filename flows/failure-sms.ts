/**
 * A failure, told by SMS: by a task after it, and by a notifier on the flow.
 *
 * Before: `flowctl secrets set TWILIO_ACCOUNT_SID`, `flowctl secrets set TWILIO_AUTH_TOKEN`,
 * and numbers of your own for `from` and `to`.
 * Expect: "load" fails, and two messages go to +15005550006: `load failed: …`
 * from the task "alert", and one from the notifier. The run is Failed.
 */
import { flow, smsNotifier, smsTask, task, triggers } from "flowctl";

const numbers = { from: "+15005550001", to: ["+15005550006"] };

const load = task("load", () => {
  throw new Error("the source sent no rows");
});

export default flow("failure-sms", { stateHandlers: [smsNotifier({ onlyStates: ["Failed"], ...numbers })] }, () => {
  smsTask({ message: load(), ...numbers }, { name: "alert", trigger: triggers.anyFailed });
});
