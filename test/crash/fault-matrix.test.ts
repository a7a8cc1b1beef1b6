import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cliHome, type CliHome } from "../rig/cli.ts";
import { isProgram } from "../rig/keyring.ts";
import { offLinux, skipReason } from "../rig/skip.ts";
import { seeded } from "./chaos.ts";
import { buildShim, ERRNOS, FaultRig, NAMES, type Cell, type Outcome } from "./fault-rig.ts";

const noCompiler = skipReason(
  "the disk errors that a shim of libc causes",
  isProgram("cc") ? undefined : "cc is not installed",
);

/** `npm run chaos` takes all cells; else a sample of them. */
const isFull = process.env["FLOWCTL_CHAOS"] === "full";
const SEED = Number(process.env["FLOWCTL_CHAOS_SEED"] ?? 20_261_201);
const SAMPLE = 100;
const AT_A_TIME = 4;

test.skipIf(offLinux || noCompiler)(
  "a run with a disk error in any call on any file keeps its exit code, and is reported once",
  async () => {
    await using home = cliHome();
    const rig = await FaultRig.build(home);
    const first = await rig.calls();
    const second = new Set(await rig.calls());
    const calls = first.filter((call) => second.has(call));
    expect(calls.length).toBeGreaterThan(60);
    const all = calls.flatMap((call) => NAMES.map((errno): Cell => ({ call, errno })));
    const cells = isFull ? all : sample(all, seeded(SEED));
    const outcomes: Outcome[] = [];
    const remaining = [...cells];
    const work = async (): Promise<void> => {
      for (let cell = remaining.shift(); cell !== undefined; cell = remaining.shift())
        outcomes.push(await rig.run(cell));
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    const unreached = outcomes.filter(({ isReached }) => !isReached).map(({ call, errno }) => `${errno} in ${call}`);
    const wrong = outcomes.filter((each) => each.wrong.length > 0);
    process.stderr.write(
      `disk errors, seed ${SEED}: ${all.length} cells, ${cells.length} tried, ${unreached.length} not reached, ${wrong.length} wrong\n`,
    );
    expect(wrong.map((each) => `${each.errno} in ${each.call}: ${each.wrong.join("; ")}\n${each.output}`)).toEqual([]);
    expect(unreached).toEqual([]);
  },
  7_200_000,
);

function sample(all: readonly Cell[], random: () => number): readonly Cell[] {
  const rest = [...all];
  return Array.from({ length: SAMPLE }, () => rest.splice(Math.floor(random() * rest.length), 1)[0]!);
}

test.skipIf(offLinux || noCompiler)(
  "a flow's lock that the disk refuses keeps only a run that asks for it from running",
  async () => {
    await using home = cliHome();
    home.write("job.yaml", "flow: job\ntasks:\n  work: { run: echo done }\n");
    const { env, log } = faultIn(home, "open locks/flow-ID");
    expect((await home.run(["run", "job.yaml"], { env })).code).toBe(0);
    const refused = await home.run(["run", "job.yaml", "--on-overlap", "skip"], { env });
    expect(readFileSync(log, "utf8")).toContain("flow-ID");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^error\[FLOW_LOCK\]: .*"job".*input\/output error/m);
    expect(refused.stderr).toContain("without --on-overlap skip it runs");
    expect(refused.output).not.toContain("done");
    expect((await home.run(["run", "job.yaml", "--on-overlap", "skip"])).code).toBe(0);
  },
);

test.skipIf(offLinux || noCompiler)(
  "a run whose record the disk does not let change is not resumed, and stays as it was",
  async () => {
    await using home = cliHome();
    home.write("job.yaml", "flow: job\ntasks:\n  work: { run: exit 3 }\n");
    const { env } = faultIn(home, "rename runs/ID/will.json");
    expect((await home.run(["run", "job.yaml"])).code).toBe(1);
    const list = async () => (await home.run(["runs", "list", "--json"])).stdout;
    const before = await list();
    const refused = await home.run(["runs", "resume", "last"], { env });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^error\[STATE_DIR\]: The run cannot be resumed in .*input\/output error/m);
    expect(await list()).toBe(before);
    expect((await home.run(["runs", "resume", "last"])).code).toBe(1);
  },
);

/** The environment of a command that has this call fail. */
function faultIn(home: CliHome, call: string) {
  const log = join(home.directory, "hits");
  const errno = String(ERRNOS["EIO"]);
  const env = {
    LD_PRELOAD: buildShim(home),
    FAULT_ROOT: home.state,
    FAULT_CELL: call,
    FAULT_ERRNO: errno,
    FAULT_LOG: log,
  };
  return { env, log };
}
