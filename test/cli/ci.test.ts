import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";
import { offLinux } from "../rig/skip.ts";

const MIXED = `import { flow, task } from "flowctl";
const good = task("good", () => { console.log("::error::forged by a task"); });
const bad = task("bad", () => { console.log("::add-mask::e"); throw new Error("50% of rows\\nare missing"); });
export default flow("mixed", () => { good(); bad(); });`;

describe("a step of GitHub Actions", () => {
  const env = (directory: string) => ({
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_WORKSPACE: directory,
    GITHUB_STEP_SUMMARY: join(directory, "summary.md"),
  });

  it("gets the exit code, one annotation for each failed task, groups, and a summary", async () => {
    await using home = cliHome();
    home.write("mixed.ts", MIXED);
    home.write("summary.md", "# before\n");
    const { code, stdout } = await home.run(["run", "mixed.ts"], { env: env(home.directory) });
    expect(code).toBe(1);
    const lines = stdout.split("\n");
    expect(lines.filter((line) => line.startsWith("::error"))).toEqual([
      "::error::forged by a task",
      "::error file=mixed.ts,line=3,title=bad failed::50%25 of rows%0Aare missing",
    ]);
    expect(lines.filter((line) => line.startsWith("::group::"))).toEqual([
      expect.stringMatching(/^::group::ok good \(/),
    ]);
    const summary = readFileSync(join(home.directory, "summary.md"), "utf8");
    expect(summary.startsWith("# before\n")).toBe(true);
    expect(summary).toContain("mixed failed in");
  });

  it("obeys no command that a task prints", async () => {
    await using home = cliHome();
    home.write("mixed.ts", MIXED);
    const { stdout } = await home.run(["run", "mixed.ts"], { env: env(home.directory) });
    let stopped: string | undefined;
    const obeyed: string[] = [];
    for (const line of stdout.split("\n")) {
      const stop = /^::stop-commands::(.+)$/.exec(line);
      if (stopped !== undefined) {
        if (line === `::${stopped}::`) stopped = undefined;
      } else if (stop !== null) stopped = stop[1];
      else if (line.trimStart().startsWith("::") || line.includes("##[")) obeyed.push(line.split(" ")[0] ?? "");
    }
    expect(stopped).toBeUndefined();
    expect(obeyed).toEqual(["::group::ok", "::endgroup::", "::error"]);
  });

  it("hears of a channel that is down through its fallback, before the machine is gone", async () => {
    await using home = cliHome();
    home.write("mixed.ts", MIXED);
    home.write(
      "flowctl.config.yaml",
      `
channels: { team: { type: webhook, url: "http://127.0.0.1:9/hook", fallback: inbox } }
hooks: [{ name: failures, to: team }]
delivery: { waitAtEnd: 500ms }
`,
    );
    const byHand = await home.run(["run", "mixed.ts"], { env: { FLOWCTL_BACKGROUND: "0" } });
    expect(byHand.stdout).toContain("notifications: 1 waiting");
    expect((await home.run(["inbox"])).output).toContain("the inbox is empty");
    const { stdout } = await home.run(["run", "mixed.ts"], { env: env(home.directory) });
    expect(stdout).toContain("notifications: 1 sent, 1 waiting (team: ");
    expect((await home.run(["inbox"])).stdout).toContain("Flow failed: mixed");
  });

  it("gets an annotation at the place that a run was refused for, too", async () => {
    await using home = cliHome();
    home.write("flows/f.yaml", "flow: f\ntaks: {}\n");
    const done = await home.run(["run", "flows/f.yaml"], { env: env(home.directory) });
    expect(done.code).toBe(2);
    const annotation =
      '::error file=flows/f.yaml,line=2,col=1,title=UNKNOWN_KEY::unknown key "taks"%0Adid you mean "tasks"?';
    expect(done.stderr.split("\n")).toContain(annotation);
    const without = await home.run(["run", "flows/f.yaml", "--no-annotations"], { env: env(home.directory) });
    expect(without.stderr).not.toContain("::error");
  });

  it("gets none of it with --no-annotations", async () => {
    await using home = cliHome();
    home.write("mixed.ts", MIXED);
    const { stdout } = await home.run(["run", "mixed.ts", "--no-annotations"], { env: env(home.directory) });
    expect(stdout).not.toContain("::group::");
    expect(stdout).not.toMatch(/^::error file/m);
  });
});

describe("any CI", () => {
  it("gets no escape sequences in a pipe, whatever the terminal is called", async () => {
    await using home = cliHome();
    home.write("mixed.ts", MIXED);
    for (const env of [{ TERM: "xterm-256color" }, { NO_COLOR: "1" }, { TERM: "dumb" }, { CI: "1" }]) {
      const { output } = await home.run(["run", "mixed.ts"], { env });
      expect(output).not.toContain("\u001b");
    }
    const forced = await home.run(["run", "mixed.ts"], { env: { FORCE_COLOR: "1" } });
    expect(forced.stdout).toContain("\u001b[31m");
    expect((await home.run(["run", "mixed.ts", "--no-color"], { env: { FORCE_COLOR: "1" } })).output).not.toContain(
      "\u001b",
    );
  });

  it("gets a JUnit file and the events as JSON lines", async () => {
    await using home = cliHome();
    home.write("mixed.ts", MIXED);
    const { code } = await home.run(["run", "mixed.ts", "--report", "junit.xml", "--events", "events.jsonl"]);
    expect(code).toBe(1);
    expect(readFileSync(join(home.directory, "junit.xml"), "utf8")).toContain('failures="1"');
    const events = readFileSync(join(home.directory, "events.jsonl"), "utf8").trim().split("\n");
    expect(JSON.parse(events.at(-1) ?? "")).toMatchObject({ v: 1, type: "run.finished", state: "Failed" });
    const wrong = await home.run(["run", "mixed.ts", "--report", "report.doc"]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("Reports are .xml");
  });

  it("can read every line of --ui json, although tasks print", async () => {
    await using home = cliHome();
    home.write("mixed.ts", MIXED);
    const { stdout } = await home.run(["run", "mixed.ts", "--ui", "json"]);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; task?: string; text?: string });
    expect(lines.find((line) => line.type === "task.log" && line.task === "good")?.text).toBe(
      "::error::forged by a task",
    );
  });
});

describe("a terminal", () => {
  it.skipIf(offLinux)("of no columns gets lines, and the run ends", async () => {
    await using home = cliHome();
    home.write("mixed.ts", MIXED);
    const { BIN } = await import("../rig/cli.ts");
    const { output } = await home.run(
      ["-qec", `stty cols 0 rows 0; '${process.execPath}' '${BIN}' run mixed.ts`, "/dev/null"],
      {
        program: ["script"],
        env: { TERM: "xterm" },
      },
    );
    expect(output).toContain("FAIL");
    expect(output).not.toContain("\u001b[?25l");
  });

  it.skipIf(offLinux)("gets the live view, and its cursor back", async () => {
    await using home = cliHome();
    home.write("mixed.ts", MIXED);
    const { BIN } = await import("../rig/cli.ts");
    const { output } = await home.run(
      ["-qec", `stty cols 80 rows 24; '${process.execPath}' '${BIN}' run mixed.ts`, "/dev/null"],
      {
        program: ["script"],
        env: { TERM: "xterm" },
      },
    );
    expect(output).toContain("\u001b[?25l");
    expect(output.lastIndexOf("\u001b[?25h")).toBeGreaterThan(output.lastIndexOf("\u001b[?25l"));
    expect(output).not.toContain("\u001b[?1049h");
  });
});
