/**
 * The same as slack-test.ts, with classes and a graph that is put together by hand.
 *
 * Before: `flowctl secrets set SLACK_WEBHOOK_URL`
 * Expect: one post, {"text":"Test SlackTask!"}.
 */
import { Flow, SlackTask, Task } from "flowctl";

class GetValue extends Task<{}, string> {
  run() {
    return "Test SlackTask!";
  }
}

const flow = new Flow("slack-test");
const value = new GetValue();
const slack = new SlackTask();
slack.setUpstream(value, { key: "message", flow });

export default flow;
