import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cliHome, type CliHome } from "../rig/cli.ts";

const GREEN = `import { flow, task } from "flowctl";
const hello = task("hello", () => { console.log("hello from a task"); return 1; });
export default flow("green", () => { hello(); });`;
const RED = `import { flow, task } from "flowctl";
const load = task("load", () => { console.log("connecting"); throw new Error("no rows"); });
const report = task("report", (_: { rows: unknown }) => 1);
export default flow("red", () => { report({ rows: load() }); });`;

async function history(home: CliHome): Promise<{ green: string; red: string }> {
  home.write("green.ts", GREEN);
  home.write("red.ts", RED);
  expect((await home.run(["run", "green.ts"])).code).toBe(0);
  expect((await home.run(["run", "red.ts"])).code).toBe(1);
  const rows = (await home.run(["runs", "list", "-q"])).stdout.trim().split("\n");
  return { red: rows[0]?.split("\t")[0] ?? "", green: rows[1]?.split("\t")[0] ?? "" };
}

describe("flowctl runs", () => {
  it("lists the runs of the project: tabs off a terminal, JSON when asked", async () => {
    await using home = cliHome();
    const { red, green } = await history(home);
    const list = await home.run(["runs", "list"]);
    const [header, ...rows] = list.stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(header).toEqual(["RUN", "FLOW", "STATE", "STARTED", "TOOK", "NOTE"]);
    expect(rows.map((row) => [row[0], row[1], row[2], row[5]])).toEqual([
      [red, "red", "Failed", "load: no rows"],
      [green, "green", "Success", undefined],
    ]);
    expect(rows[0]?.[3]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const json = JSON.parse((await home.run(["runs", "list", "--json"])).stdout) as Record<string, unknown>[];
    expect(json.map((each) => [each["run"], each["state"]])).toEqual([
      [red, "Failed"],
      [green, "Success"],
    ]);
    expect((await home.run(["runs", "list", "--state", "failed", "-q"])).stdout.trim().split("\n")).toHaveLength(1);
    expect((await home.run(["runs", "list", "--flow", "gr*", "-q"])).stdout).toContain("green");
    expect((await home.run(["runs", "list", "-n", "1", "-q"])).stdout.trim().split("\n")).toHaveLength(1);
    expect((await home.run(["runs", "list", "--last", "1h", "-q"])).stdout.trim().split("\n")).toHaveLength(2);
  });

  it.each([
    ["package.json", "{}"],
    ["flowctl.config.yaml", "concurrency: 2\n"],
  ])("of a project outside of any repository are those of all its directories: %s", async (file, text) => {
    await using home = cliHome();
    rmSync(join(home.directory, ".git"), { recursive: true });
    home.write(file, text);
    home.write("flows/deep/green.ts", GREEN);
    expect((await home.run(["run", "flows/deep/green.ts"])).code).toBe(0);
    expect((await home.run(["runs", "show", "last"])).stdout).toContain("green succeeded");
    expect((await home.run(["runs", "list", "-q"], { cwd: join(home.directory, "flows") })).stdout).toContain("green");
  });

  it("shows a run as it showed itself, by its id's beginning, last or last-failed", async () => {
    await using home = cliHome();
    const { red, green } = await history(home);
    const shown = await home.run(["runs", "show", "last-failed"]);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain("✖ load › no rows");
    expect(shown.stdout).toContain("│ connecting");
    expect(shown.stdout).toContain("○ report skipped because load failed");
    expect(shown.stdout).toContain(`run ${red}`);
    expect((await home.run(["runs", "show", green])).stdout).toContain("✔ green succeeded");
    const json = JSON.parse((await home.run(["runs", "show", "last", "--json"])).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({ run: red, flow: "red", state: "Failed", counts: { failed: 1 } });
  });

  it("prints what tasks wrote: of all, of one, of failed ones, the last lines", async () => {
    await using home = cliHome();
    const { green } = await history(home);
    expect((await home.run(["runs", "logs"])).stdout).toBe("load | connecting\n");
    expect((await home.run(["runs", "logs", "last", "load"])).stdout).toBe("connecting\n");
    expect((await home.run(["runs", "logs", green])).stdout).toBe("hello | hello from a task\n");
    expect((await home.run(["runs", "logs", green, "--failed"])).stdout).toBe("");
    expect((await home.run(["runs", "logs", green, "--tail", "0"])).stdout).toBe("");
    const unknown = await home.run(["runs", "logs", "last", "nothing"]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("Its tasks: load, report");
  });

  it("says what is wrong with what it is asked, with exit code 2", async () => {
    await using home = cliHome();
    for (const [args, text] of [
      [["runs", "show", "zzz"], 'no run "zzz"'],
      [["runs", "show"], "no run of this project"],
      [["runs", "list", "--state", "broken"], '--state does not know "broken"'],
      [["runs", "list", "--last", "soon"], "--last takes a duration"],
      [["runs", "list", "-n", "0"], "--number takes a whole number"],
      [["runs", "prune", "--older-than", "x"], "--older-than takes a duration"],
    ] as const) {
      const { code, stderr, stdout } = await home.run(args);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain(text);
    }
  });

  it("prunes what it is told to, and says which", async () => {
    await using home = cliHome();
    const { green, red } = await history(home);
    const dry = await home.run(["runs", "prune", "--older-than", "0s", "--dry-run"]);
    expect(dry.stdout.trim().split("\n").sort()).toEqual([green, red].sort());
    const kept = await home.run(["runs", "prune", "--older-than", "0s", "--keep", "1"]);
    expect(kept.stdout).toBe("");
    const all = await home.run(["runs", "prune", "--older-than", "0s", "--json"]);
    expect((JSON.parse(all.stdout) as { removed: string[] }).removed.sort()).toEqual([green, red].sort());
    expect((await home.run(["runs", "list", "-q"])).stdout).toBe("");
  });

  it("ends in silence when its reader goes away", async () => {
    await using home = cliHome();
    await history(home);
    const bin =
      'exec 3>&1; { flowctl_run() { "$NODE" "$BIN" runs list; echo "rc $?" >&3; }; flowctl_run; } | head -1 > /dev/null';
    const { BIN } = await import("../rig/cli.ts");
    const { stdout, stderr } = await home.run(["-c", bin], {
      program: ["bash"],
      env: { NODE: process.execPath, BIN },
    });
    expect(stderr).toBe("");
    expect(stdout).toBe("rc 0\n");
  });

  it("refuses a state directory that cannot be used, before anything runs, and tells of it from memory", async () => {
    await using home = cliHome();
    home.write(
      "flowctl.config.yaml",
      "channels: { here: { type: command, run: cat > told } }\nhooks: [{ name: told, states: [Failed], to: [here] }]\n",
    );
    const file = home.write("a-file", "");
    home.write("green.ts", GREEN);
    const { code, stderr, stdout } = await home.run(["run", "green.ts"], { env: { FLOWCTL_STATE_DIR: file } });
    expect(code).toBe(2);
    expect(stderr).toContain("is not a directory");
    expect(stderr).toContain("FLOWCTL_STATE_DIR");
    expect(stdout).not.toContain("hello");
    expect(stderr).toMatch(/not durable: .*\nnotifications: 1 sent/);
    expect(JSON.parse(readFileSync(join(home.directory, "told"), "utf8"))).toMatchObject({
      message: { alert: { flow: "green", to: "Failed", reason: "refused" } },
    });
  });
});

describe("a state directory that cannot be written to", () => {
  it("is left as it is, were it another's where root could write: its inbox and its locks, too", async () => {
    await using home = cliHome();
    home.write("flowctl.config.yaml", "hooks: [{ name: told, states: [Failed], to: [inbox] }]\n");
    await history(home);
    const names = (): readonly string[] => readdirSync(home.state, { recursive: true, encoding: "utf8" }).sort();
    rmSync(join(home.state, "inbox"), { recursive: true, force: true });
    rmSync(join(home.state, "locks"), { recursive: true, force: true });
    mkdirSync(join(home.state, "locks"));
    const before = names();
    chmodSync(home.state, 0o777);
    const { code, stderr } = await home.run(["run", "green.ts"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("may be written to by others") as string]);
    expect(stderr).toContain("1 held (inbox: the state directory cannot be used)");
    expect(names()).toEqual(before);
  });

  it("can be looked at", async () => {
    await using home = cliHome();
    await history(home);
    const mark = join(home.state, ".writable");
    rmSync(mark);
    mkdirSync(mark);
    for (const words of [
      "runs list",
      "runs show last",
      "runs logs last",
      "graph red.ts --run last",
      "inbox",
      "notify list",
    ])
      expect([words, await home.run(words.split(" "))]).toMatchObject([words, { code: 0 }]);
    expect((await home.run(["runs", "list", "-q"])).stdout.trim().split("\n")).toHaveLength(2);
    const pruned = await home.run(["runs", "prune"]);
    expect(pruned).toMatchObject({ code: 2, stderr: expect.stringContaining("cannot be written to") as string });
  });

  it("is not needed by what only looks at flows, config and secrets", async () => {
    await using home = cliHome();
    home.write("green.ts", GREEN);
    const env = { FLOWCTL_STATE_DIR: home.write("a-file", "") };
    for (const words of [
      "validate green.ts",
      "graph green.ts",
      "run --dry-run green.ts",
      "config show",
      "notify preview --all",
      "secrets list",
    ])
      expect([words, await home.run(words.split(" "), { env })]).toMatchObject([words, { code: 0 }]);
    expect(await home.run(["runs", "list"], { env })).toMatchObject({ code: 2 });
  });
});

it("runs logs says so where nothing was written", async () => {
  await using home = cliHome();
  home.write("quiet.yaml", "flow: quiet\ntasks: { a: { run: exit 1 } }\n");
  await home.run(["run", "quiet.yaml"]);
  const of = async (...words: readonly string[]) => home.run(["runs", "logs", "last", ...words]);
  expect((await of("a")).output).toMatch(/^Task "a" of run \w+ wrote nothing\.\n$/);
  expect((await of()).stderr).toMatch(/^No task of run \w+ wrote anything\.\n$/);
  expect((await of("--failed")).stderr).toMatch(/^No failed task of run \w+ wrote anything\.\n$/);
  expect((await of("-q")).output).toBe("");
});
