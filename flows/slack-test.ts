/**
 * A task's value, posted to Slack.
 *
 * Before: `flowctl secrets set SLACK_WEBHOOK_URL`
 * Expect: one post, {"text":"Test SlackTask!"}.
 */
import { flow, slackTask, task } from "flowctl";

const getValue = task("get-value", () => "Test SlackTask!");

export default flow("slack-test", () => {
  const value = getValue();
  slackTask({ message: value });
});
