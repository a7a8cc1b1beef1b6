import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cliHome, type CliHome } from "../rig/cli.ts";

const FLOWS = `import { existsSync } from "node:fs";
import { approval, flow, runFlow, task } from "flowctl";
const extract = task("extract", ({ day }: { day: string }) => { console.log("extracting", day); return 1; });
const load = task("load", ({ n }: { n: number }) => {
  console.log("loading", n);
  if (existsSync("broken")) throw new Error("no room");
});
const inner = flow("inner", { params: { day: { type: "string" } } }, ({ day }) => { load({ n: extract({ day }) }); });
const gated = flow("gated", () => { approval({ message: "Go?" }, { name: "ok" }); });
const after = task("after", () => console.log("after all"));
export default flow("outer", { params: { gate: { type: "boolean", default: false } } }, () => {
  const ran = runFlow(inner)({ params: { day: "monday" } });
  after({}, { upstream: [ran] });
});
export const both = flow("both", () => { after({}, { upstream: [runFlow(gated)({})] }); });`;

interface Run {
  readonly run: string;
  readonly flow: string;
  readonly state: string;
  readonly parent?: { readonly runId: string; readonly task: string };
  readonly retryOf?: string;
}
const runs = async (home: CliHome): Promise<readonly Run[]> =>
  JSON.parse((await home.run(["runs", "list", "--json"])).stdout) as Run[];

it("a sub-flow has a run of its own in the history, which names its parent, and a log of its own", async () => {
  await using home = cliHome();
  home.write("flows.ts", FLOWS);
  const { code, stdout } = await home.run(["run", "flows.ts", "--name", "outer", "--logs", "full"]);
  expect(code).toBe(0);
  expect(stdout).toContain("inner | extract | extracting monday");
  expect(stdout).toContain("inner | load ok");
  const all = await runs(home);
  const outer = all.find(({ flow }) => flow === "outer");
  const inner = all.find(({ flow }) => flow === "inner");
  expect(inner).toMatchObject({ state: "Success", parent: { runId: outer?.run, task: "inner" } });
  expect((await home.run(["runs", "list", "-q"])).stdout).toContain(`in run ${outer?.run ?? ""}`);
  expect((await home.run(["runs", "logs", inner?.run ?? ""])).stdout).toBe(
    "extract | extracting monday\nload | loading 1\n",
  );
  const shown = await home.run(["runs", "show", inner?.run ?? ""]);
  expect(shown.stdout).toContain(`part of run ${outer?.run ?? ""}, as its task "inner"`);
  expect(shown.stdout).toContain("✔ inner succeeded");
  expect(readdirSync(join(home.state, "live"))).toEqual([]);
});

it("last is the run that was started, and not a part of it", async () => {
  await using home = cliHome();
  home.write("flows.ts", FLOWS);
  home.write("broken", "");
  const { stdout } = await home.run(["run", "flows.ts", "--name", "outer"]);
  expect((await home.run(["runs", "show"])).stdout).toContain("✖ outer failed");
  expect((await home.run(["runs", "retry"])).stderr).toContain(`repeats run ${/run (\w{10})/.exec(stdout)?.[1] ?? ""}`);
});

it("a failed sub-flow is a failed task; resume goes on with its part, retry repeats it from what failed", async () => {
  await using home = cliHome();
  home.write("flows.ts", FLOWS);
  home.write("broken", "");
  const first = await home.run(["run", "flows.ts", "--name", "outer", "--logs", "full"]);
  expect(first.code).toBe(1);
  expect(first.stdout).toContain('flow "inner" ended Failed: load: no room');
  const [inner, outer] = await runs(home);
  expect([inner?.flow, inner?.state, outer?.state]).toEqual(["inner", "Failed", "Failed"]);
  const part = await home.run(["runs", "resume", inner?.run ?? ""]);
  expect(part.code).toBe(2);
  expect(part.stderr).toContain(`is part of run ${outer?.run ?? ""}`);

  const again = await home.run(["runs", "retry", outer?.run ?? "", "--logs", "full"]);
  expect(again.code).toBe(1);
  expect(again.stdout).not.toContain("extracting");
  expect((await runs(home)).find(({ retryOf }) => retryOf === inner?.run)?.flow).toBe("inner");

  rmSync(join(home.directory, "broken"));
  const resumed = await home.run(["runs", "resume", outer?.run ?? "", "--logs", "full"]);
  expect(resumed.code).toBe(0);
  expect(resumed.stdout).not.toContain("extracting");
  expect(resumed.stdout).toContain("loading 1");
  const mended = (await runs(home)).filter(({ run }) => run === inner?.run || run === outer?.run);
  expect(mended.map(({ state }) => state)).toEqual(["Success", "Success"]);
});

it("a sub-flow that waits for a person pauses its parent, and one answer lets both go on", async () => {
  await using home = cliHome();
  home.write("flows.ts", FLOWS);
  expect((await home.run(["run", "flows.ts", "--name", "both"])).code).toBe(5);
  expect((await runs(home)).map(({ flow, state }) => [flow, state])).toEqual([
    ["gated", "Paused"],
    ["both", "Paused"],
  ]);
  const resumed = await home.run(["runs", "resume", (await runs(home))[1]?.run ?? "", "--approve", "--logs", "full"]);
  expect(resumed.code).toBe(0);
  expect(resumed.stdout).toContain("after all");
  expect((await runs(home)).map(({ state }) => state)).toEqual(["Success", "Success"]);
});

it("a sub-flow is cancelled with its parent, and neither is left without an end", async () => {
  await using home = cliHome();
  home.write(
    "slow.ts",
    `import { flow, runFlow, task } from "flowctl";
const wait = task("wait", async (_: {}, { signal }) => {
  console.log("waiting");
  await new Promise((resolve, reject) => { setTimeout(resolve, 60_000); signal.addEventListener("abort", () => { reject(new Error("stopped")); }); });
});
const inner = flow("inner", () => { wait(); });
export default flow("outer", () => { runFlow(inner)({}); });`,
  );
  const run = home.start(["run", "slow.ts", "--name", "outer", "--logs", "full"]);
  await run.saw("waiting");
  run.child.kill("SIGTERM");
  expect((await run.finished).signal).toBe("SIGTERM");
  expect((await runs(home)).map(({ flow, state }) => [flow, state])).toEqual([
    ["inner", "Cancelled"],
    ["outer", "Cancelled"],
  ]);
});

it("a hook hears of one failure once, and of a sub-flow's where only that is its match", async () => {
  await using home = cliHome();
  home.write("flows.ts", FLOWS);
  home.write("broken", "");
  home.write(
    "flowctl.config.yaml",
    `channels: { here: { type: inbox } }
hooks:
  - { name: all, states: [Failed], to: [here] }
`,
  );
  await home.run(["run", "flows.ts", "--name", "outer"]);
  const lines = async (): Promise<string[]> => (await home.run(["inbox", "--clear"])).stdout.trim().split("\n");
  expect((await lines()).filter((line) => line.includes("Flow failed:"))).toHaveLength(1);
  home.write(
    "flowctl.config.yaml",
    `channels: { here: { type: inbox } }
hooks:
  - { name: inner, match: { flows: [inner] }, states: [Failed], to: [here] }
`,
  );
  await home.run(["run", "flows.ts", "--name", "outer"]);
  expect((await lines()).filter((line) => line.includes("Flow failed: inner"))).toHaveLength(1);
});
