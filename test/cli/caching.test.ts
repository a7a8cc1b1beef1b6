import { expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";

const FLOW = `import { cacheValidators, flow, task } from "flowctl";
const fetched = task("fetch", { cacheFor: "1h", cacheValidator: cacheValidators.allInputs }, ({ day }: { day: string }) => {
  console.log("fetching", day);
  return { day, at: new Date(0) };
});
const show = task("show", ({ rows }: { rows: { day: string; at: Date } }) => console.log("rows of", rows.day, rows.at.getTime()));
export default flow("daily", { params: { day: { type: "string", default: "monday" } } }, ({ day }) => {
  show({ rows: fetched({ day }) });
});`;

it("a cached result serves later runs, as its validator says, and --no-cache goes without", async () => {
  await using home = cliHome();
  home.write("daily.ts", FLOW);
  const run = async (...more: string[]) => home.run(["run", "daily.ts", "--logs", "full", ...more]);
  const first = await run();
  expect(first.stdout).toContain("fetching monday");
  expect(first.stdout).not.toContain("from the cache");
  expect(first.stdout).toContain("2 ok");
  const second = await run();
  expect(second.stdout).not.toContain("fetching");
  expect(second.stdout).toContain("cached  fetch              from the cache");
  expect(second.stdout).toContain("rows of monday 0");
  expect((await run("-p", "day=friday")).stdout).toContain("fetching friday");
  // Both days are kept.
  expect((await run()).stdout).not.toContain("fetching");
  expect((await run("-p", "day=friday")).stdout).not.toContain("fetching");
  expect((await run("--no-cache")).stdout).toContain("fetching monday");
});

it("what cannot be cached is said at the end of the run, once", async () => {
  await using home = cliHome();
  home.write(
    "lost.ts",
    `import { flow, task } from "flowctl";
const maker = task("maker", { cacheFor: "1h" }, () => () => 1);
export default flow("lost", () => { maker(); });`,
  );
  const { code, stderr } = await home.run(["run", "lost.ts"]);
  expect(code).toBe(0);
  expect(stderr).toBe('warning: the result of "maker" is not kept for later runs: it is a function\n');
});

it("a script in a spec is cached as it is written, and by the tasks it reads", async () => {
  await using home = cliHome();
  const spec = (text: string): string => `flow: daily
params: { day: monday }
tasks:
  day: { run: "echo ran-day; echo day=\${{ params.day }} >> $FLOWCTL_OUTPUT" }
  fetch:
    run: "echo ${text} \${{ tasks.day.outputs.day }}"
    cache: { for: 1h, validator: all_inputs }
`;
  const run = async (...more: string[]) => (await home.run(["run", "daily.yaml", "--logs", "full", ...more])).stdout;
  home.write("daily.yaml", spec("fetching"));
  expect(await run()).toContain("fetching monday");
  expect(await run()).not.toContain("fetching monday");
  expect(await run("-p", "day=friday")).toContain("fetching friday");
  home.write("daily.yaml", spec("getting"));
  expect(await run()).toContain("getting monday");
  home.write("daily.yaml", spec("getting").replace("all_inputs", "all_input"));
  const wrong = await home.run(["validate", "daily.yaml"]);
  expect(wrong.code).toBe(2);
});

it("the plan of a run says which results would be used, and why not, as far as inputs are known", async () => {
  await using home = cliHome();
  home.write(
    "a.yaml",
    `flow: a
params: { day: monday, n: 1 }
tasks:
  first: { run: "echo \${{ params.day }}", cache: 1h }
  all: { run: "true", cache: { for: 1h, validator: all_parameters } }
  day: { run: "true", cache: { for: 1h, validator: { partial_parameters_only: [day] } } }
  never: { run: "true", cache: { for: 1h, validator: never_use } }
  reads: { run: "echo \${{ tasks.first.outputs.stdout }}", cache: { for: 1h, validator: all_inputs } }
`,
  );
  const plan = async (...more: string[]) => {
    const { stdout } = await home.run(["run", "a.yaml", "--dry-run", "--json", ...more]);
    const { before } = JSON.parse(stdout) as { before: { cache: { task: string; decision: string }[] } };
    return before.cache.map(({ task, decision }) => `${task} ${decision.replace(/ until \S+Z/, "")}`);
  };
  expect(await plan()).toContain("first runs: nothing is cached, or it is too old");
  await home.run(["run", "a.yaml"]);
  const before = home.stateText();
  expect(await plan("-p", "n=2")).toEqual([
    "first is not run: its result is cached",
    "all runs: its validator takes none of 1 cached result",
    "day is not run: its result is cached, and its validator takes it",
    "never runs: its validator takes none of 1 cached result",
    "reads its validator decides once its inputs are known: 1 cached result, the newest",
  ]);
  expect(home.stateText()).toBe(before);
});
