import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BIN, cliHome, type CliHome } from "../rig/cli.ts";

const FLOW = (body: string) => `import { flow, task } from "flowctl";
const work = task("work", () => { console.log("line of work"); ${body} });
export default flow("job", () => { work(); });`;

/** As cron starts things: an empty environment, another directory, absolute paths. */
function cron(home: CliHome, args: readonly string[]) {
  const elsewhere = join(home.directory, "..", "home");
  mkdirSync(elsewhere, { recursive: true });
  return home.run(
    [
      "-i",
      `HOME=${elsewhere}`,
      "PATH=/usr/bin:/bin",
      `FLOWCTL_STATE_DIR=${home.state}`,
      process.execPath,
      BIN,
      ...args,
    ],
    {
      program: ["/usr/bin/env"],
      cwd: elsewhere,
    },
  );
}

describe("cron", () => {
  it("hears nothing of a run that goes well with --quiet, so that it sends no mail", async () => {
    await using home = cliHome();
    const file = home.write("job.ts", FLOW(""));
    const { code, output } = await cron(home, ["run", file, "--quiet"]);
    expect([code, output]).toEqual([0, ""]);
  });

  it("hears everything of a run that fails", async () => {
    await using home = cliHome();
    const file = home.write("job.ts", FLOW('throw new Error("no rows");'));
    const { code, output } = await cron(home, ["run", file, "--quiet"]);
    expect(code).toBe(1);
    expect(output).toContain("work | line of work");
    expect(output).toContain("✖ work › no rows");
    expect(output).not.toContain("\u001b");
  });

  it("finds the config beside the flow, and works where -C says", async () => {
    await using home = cliHome();
    home.write("flowctl.config.yaml", "channels: {}\n");
    home.write("flows/job.ts", FLOW("console.log(process.cwd());"));
    const { code, stdout } = await cron(home, ["-C", home.directory, "run", "flows/job.ts", "--logs", "full"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^flowctl \S+ {2}run \S+ {2}flows\/job\.ts {2}1 task {2}config: flowctl\.config\.yaml$/m);
  });

  it("starts no second run of a flow that goes on, when told so", async () => {
    await using home = cliHome();
    const file = home.write(
      "job.ts",
      `import { flow, task } from "flowctl";
      import { existsSync } from "node:fs";
      const work = task("work", async () => { console.log("at work"); while (!existsSync(process.env.GO)) await new Promise((r) => setImmediate(r)); });
      export default flow("job", () => { work(); });`,
    );
    const go = join(home.directory, "go");
    const env = { GO: go };
    const first = home.start(["run", file, "--on-overlap", "fail", "--logs", "full"], { env });
    await first.saw("at work");
    const second = await home.run(["run", file, "--on-overlap", "fail"], { env });
    expect(second.code).toBe(75);
    expect(second.stderr).toMatch(/another run of "job" goes on: \S+/);
    const skipped = await home.run(["run", file, "--on-overlap", "skip", "--quiet"], { env });
    expect([skipped.code, skipped.output]).toEqual([0, ""]);
    home.write("go", "");
    expect((await first.finished).code).toBe(0);
  });
});
