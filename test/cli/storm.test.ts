import { expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";

const FLOW = `
import { flow, task, slackNotifier } from "flowctl";
const watched = { stateHandlers: [slackNotifier({ channel: "inbox", ignoreStates: ["Pending", "Running"] })] };
const list = task("list", () => Array.from({ length: 60 }, (_, i) => i));
const load = task("load", watched, ({ i }: { i: number }) => {
  if (i % 3 === 0) throw new Error("connect ECONNREFUSED 10.0.0." + i);
  if (i === 1) throw new TypeError("no such column");
});
const few = Array.from({ length: 6 }, (_, i) => task("quick-" + i, watched, () => i));
export default flow("storm", () => {
  load.map({ i: list() });
  for (const each of few) each();
});
`;

it("sixty children and their neighbours are a few messages that say how many there were", async () => {
  await using home = cliHome();
  home.write("flowctl.config.yaml", "delivery: { maxPerRun: 4 }\n");
  home.write("storm.ts", FLOW);
  const done = await home.run(["run", "storm.ts", "--logs", "none"]);
  expect(done.code).toBe(1);
  // The first failure, the group of all, the successes of the children, four quick ones, and what was left out.
  expect(done.output).toContain("notifications: 8 sent");
  const inbox = (await home.run(["inbox"])).stdout;
  expect(inbox).toContain('21 of 60 "load" children failed, 2 distinct errors');
  expect(inbox).toContain("20x connect ECONNREFUSED 10.0.0.");
  expect(inbox).toContain("children: 39 Success");
  expect(inbox).toContain("2 more messages of this run's tasks were not sent");
});
