import { expect, test } from "vitest";
import { neededSecrets } from "../../src/coordinator/needed-secrets.ts";
import type { Config } from "../../src/config/config.ts";
import { flow, runFlow, secret, secretTask, slackNotifier, slackTask, task } from "../../src/index.ts";
import type { Flow } from "../../src/model/flow.ts";
import { load } from "../spec/rig.ts";

const needs = (made: Flow, channels: Config["channels"] = {}) => {
  const { tasks, channels: held } = neededSecrets({ flow: made, flowHandlers: [] }, { channels } as Config, []);
  return { tasks: Object.fromEntries(tasks), channels: Object.fromEntries(held) };
};
const show = task("show", ({ v }: { v: unknown }) => v);

test("a run needs the secrets of its references, bodies, secret tasks and channels", () => {
  const own = task("own", { secrets: ["OWN"] }, () => 1);
  const made = flow("f", { stateHandlers: [slackNotifier({ channel: "team" })] }, () => {
    show({ v: [secret("REFERENCE"), secretTask({ name: "TASK" }), own()] });
    slackTask({ message: "x", channel: "oncall" });
    slackTask({ message: "y" }, { name: "direct" });
  });
  const channels = {
    team: { type: "slack", url: { secret: "TEAM_URL" } },
    oncall: { type: "slack", url: { secret: "ONCALL_URL" }, fallback: "backup" },
    backup: { type: "slack", url: { secret: "BACKUP_URL" }, fallback: "last" },
    last: { type: "slack", url: { secret: "LAST_URL" }, fallback: "backup" },
  };
  expect(needs(made, channels)).toEqual({
    tasks: {
      REFERENCE: ['task "REFERENCE"'],
      TASK: ['task "secret"'],
      OWN: ['task "own"'],
      ONCALL_URL: ['task "slack"'],
      SLACK_WEBHOOK_URL: ['task "direct"'],
    },
    channels: { TEAM_URL: ['channel "team"'], BACKUP_URL: ['channel "backup"'], LAST_URL: ['channel "last"'] },
  });
});

test("and those of its sub-flows, however deep, in TypeScript and in a spec", async () => {
  const read = task("read", { secrets: ["DEEP"] }, () => 1);
  const deep = flow("deep", () => void read());
  const middle = flow("middle", () => void runFlow(deep)({}));
  const outer = flow("outer", () => void runFlow(middle).map({ params: [{}, {}] }));
  const wanted = { DEEP: ['task "read" of sub-flow "deep"'] };
  expect(needs(outer).tasks).toEqual(wanted);
  const spec = await load("flow: spec\ntasks:\n  part: { uses: sub }\n", {
    tasks: { sub: async () => runFlow(middle) },
  });
  expect(needs(spec.flow).tasks).toEqual(wanted);
});
