import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cliHome, type CliHome } from "../rig/cli.ts";
import { CONFIG, oneEnd } from "./doomed.ts";

/** Each call of a task function adds a line to `calls`; `die` ends the process unless the file `fixed` exists. */
const HEAD = `import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { flow, task } from "flowctl";
const call = (name: string) => appendFileSync("calls", name + "\\n");
const die = (how: () => void) => { if (!existsSync("fixed")) how(); };
const abort = () => process.abort();
const segv = () => { process.kill(process.pid, "SIGSEGV"); for (;;); };
const heap = () => { const kept: unknown[] = []; for (;;) kept.push(new Array(1e5).fill(Math.random())); };
const step = (name: string, how?: () => void) => task(name, (_: {}) => { call(name); if (how) die(how); return { name }; });
const late = (name: string, how?: () => void) => task(name, async (_: {}) => { call(name); await pause(5); if (how) die(how); return new Date(0); });
`;

const callsOf = (home: CliHome): readonly string[] =>
  readFileSync(join(home.directory, "calls"), "utf8").trim().split("\n");

const DEATHS = [
  {
    what: "process.abort() in a chain of task functions that never wait",
    body: "const a = step('a')(); const b = step('b')({}, { upstream: [a] }); step('c', abort)({}, { upstream: [b] });",
    running: "c",
    before: ["a", "b", "c"],
    after: ["c"],
  },
  {
    what: "a segmentation fault right after an async task",
    body: "step('c', segv)({}, { upstream: [late('a')()] });",
    running: "c",
    before: ["a", "c"],
    after: ["c"],
  },
  {
    what: "a full heap in the first task",
    body: "step('a', heap)();",
    running: "a",
    before: ["a"],
    after: ["a"],
  },
  {
    what: "process.abort() after a wait, while another task has ended",
    body: "step('b')({}, { upstream: [step('a')()] }); late('c', abort)();",
    running: "c",
    before: ["a", "c", "b"],
    after: ["c"],
  },
  {
    what: "process.abort() in a mapped child",
    body: `const each = task("each", ({ x }: { x: number }) => { call("each " + x); if (x === 12) die(abort); return x; });
    each.map({ x: [10, 11, 12, 13] });`,
    running: "each[2]",
    before: ["each 10", "each 11", "each 12"],
    after: ["each 12", "each 13"],
  },
  {
    what: "process.abort() in the second attempt",
    body: `const a = step("a")();
    task("flaky", { retry: { max: 2, delay: 0 } }, (_: {}, { attempt }) => { call("flaky " + attempt); if (attempt === 1) throw new Error("no"); die(abort); })({}, { upstream: [a] });`,
    running: "flaky",
    before: ["a", "flaky 1", "flaky 2"],
  },
];

describe("a process that dies in a task function", () => {
  it.each(DEATHS)("by $what names that task, and resume repeats no other", async ({ body, running, before, after }) => {
    await using home = cliHome();
    home.write("flowctl.config.yaml", CONFIG);
    home.write("doomed.ts", `${HEAD}export default flow("doomed", () => {\n${body}\n});`);
    const env = { NODE_OPTIONS: "--max-old-space-size=80" };
    const died = await home.run(["run", "doomed.ts"], { env });
    expect(died.code === 0 && died.signal === null).toBe(false);
    const end = await oneEnd(home);
    expect(end.state).toBe("Crashed");
    expect(end.message).toContain(`Running: ${running}.`);
    expect(callsOf(home)).toEqual(before);
    home.write("fixed", "");
    home.write("calls", "");
    const resumed = await home.run(["runs", "resume", end.runId]);
    expect(resumed.code, resumed.output).toBe(0);
    if (after !== undefined) expect(callsOf(home).filter((each) => each !== "")).toEqual(after);
    else expect(callsOf(home)).not.toContain("a");
  });
});
