import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";
import { faultyServer } from "../rig/faulty-server.ts";

const FLOW = `import { existsSync } from "node:fs";
import { flow, task } from "flowctl";
const wait = task("wait", async () => {
  while (!existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));
});
export default flow("long", () => { wait(); });
`;
const CONFIG = (url: string): string => `
channels:
  team: { type: webhook, url: "${url}" }
hooks:
  - { name: slow, match: { flows: ["long"] }, events: [slow], slowAfter: 300ms, to: team }
  - { name: others, match: { flows: ["other*"] }, events: [slow], slowAfter: 1ms, to: team }
`;

it("a run that takes longer than it should is told of while it still runs, once", async () => {
  await using home = cliHome();
  const server = await faultyServer([{ status: 204 }]);
  try {
    home.write("flowctl.config.yaml", CONFIG(server.url));
    home.write("long.ts", FLOW);
    const run = home.start(["run", "long.ts"]);
    const [first] = await server.arrived(1);
    expect(JSON.parse(first!.body)).toMatchObject({ type: "flow.slow", data: { flow: "long", event: "slow" } });
    expect(run.child.exitCode).toBeNull();
    home.write("go", "");
    const done = await run.finished;
    expect(done.code).toBe(0);
    expect(done.output).toContain("notifications: 1 sent");
    expect(server.requests()).toHaveLength(1);
  } finally {
    await server.close();
  }
});

it("a run that is fast enough is not told of, and does not wait for the time", async () => {
  await using home = cliHome();
  home.write("flowctl.config.yaml", "hooks: [{ name: slow, events: [slow], slowAfter: 1d, to: inbox }]\n");
  home.write("long.ts", FLOW);
  home.write("go", "");
  const done = await home.run(["run", "long.ts"]);
  expect(done.code).toBe(0);
  expect(done.output).not.toContain("notifications");
  expect(existsSync(join(home.state, "inbox"))).toBe(false);
});

it("a channel that config does not have is found before anything runs, with what was meant", async () => {
  await using home = cliHome();
  home.write("flowctl.config.yaml", "channels: { team: { type: inbox } }\n");
  home.write(
    "f.ts",
    `import { flow, task, notifyTask, slackNotifier } from "flowctl";
    const work = task("work", { stateHandlers: [slackNotifier({ channel: "tema" })] }, () => { console.log("RAN"); });
    export default flow("f", { stateHandlers: [slackNotifier({ channel: "temp" })] }, () => {
      work();
      notifyTask({ channel: "taem", message: "x" });
    });`,
  );
  for (const verb of ["run", "validate"]) {
    const done = await home.run([verb, "f.ts"]);
    expect(done.code).toBe(2);
    expect(done.output).not.toContain("RAN");
    expect(done.stderr).toContain('a notifier of task "work" tells channel "tema", which is not configured');
    expect(done.stderr).toContain('task "notify" tells channel "taem"');
    expect(done.stderr).toContain('did you mean "team"?');
  }
});
