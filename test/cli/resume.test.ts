import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cliHome, type CliHome } from "../rig/cli.ts";

/** A flow whose tasks say that they run, and of which one fails until the file `mended` is there. */
const ETL = `import { existsSync, appendFileSync } from "node:fs";
import { flow, task } from "flowctl";
const ran = (what: string) => { appendFileSync("ran", what + "\\n"); };
const extract = task("extract", ({ date }: { date: string }) => {
  ran("extract");
  return { rows: [1, 2, 3], at: new Date(0), of: new Map([["date", date]]) };
});
const half = task("half", ({ n }: { n: number }) => {
  ran("half " + n);
  if (n === 2 && !existsSync("mended")) throw new Error("two is odd");
  return n / 2;
});
const sum = task("sum", ({ ns, of, at }: { ns: number[]; of: Map<string, string>; at: Date }) => {
  ran(["sum", ...ns, of.get("date"), at.getTime()].join(" "));
});
export default flow("etl", { params: { date: { type: "string", default: "never" } } }, ({ date }) => {
  const e = extract({ date });
  const halves = half.map({ n: e.rows });
  sum({ ns: halves, of: e.of, at: e.at });
});`;

const ran = (home: CliHome): string[] => readFileSync(join(home.directory, "ran"), "utf8").trim().split("\n");
const idOf = (output: string): string => /run (\w{10})/.exec(output)?.[1] ?? "";

async function failed(home: CliHome): Promise<string> {
  home.write("etl.ts", ETL);
  const first = await home.run(["run", "etl.ts", "-p", "date=monday"]);
  expect(first.code).toBe(1);
  expect(first.stdout).toContain("again:   flowctl runs retry");
  home.write("ran", "");
  return idOf(first.output);
}

it("a run that was refused names the one before it, of which something ran", async () => {
  await using home = cliHome();
  const first = await failed(home);
  expect((await home.run(["runs", "retry", "-p", "dat=tuesday"])).code).toBe(2);
  expect((await home.run(["runs", "show"])).stdout).toContain("✖ etl was refused: nothing ran");
  const again = await home.run(["runs", "retry", "last-failed"]);
  expect(again.stderr).toContain(`  help: the run before it: flowctl runs retry ${first}\n`);
});

describe("flowctl runs resume", () => {
  it("goes on with a failed run under its own id: what went well stays, parameters too, and what follows runs", async () => {
    await using home = cliHome();
    const id = await failed(home);
    home.write("mended", "");
    const second = await home.run(["runs", "resume", id]);
    expect(second.stderr).toContain("keeps extract");
    expect(second.stderr).toContain("half: 1 of its children did not go well (2 of them are kept)");
    expect([second.code, idOf(second.stdout)]).toEqual([0, id]);
    expect(ran(home).sort()).toEqual(["half 2", "sum 0.5 1 1.5 monday 0"]);
    expect(second.stdout).toContain("✔ etl succeeded");
    const rows = (await home.run(["runs", "list", "-q"])).stdout.trim().split("\n");
    expect(rows.map((row) => row.split("\t").slice(0, 3))).toEqual([[id, "etl", "Success"]]);
    const journal = readFileSync(join(home.state, "runs", id, "journal.jsonl"), "utf8")
      .trim()
      .split("\n");
    const numbers = journal.map((line) => (JSON.parse(line) as { seq: number }).seq);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    // Results of a run that went well are of no use any more.
    expect(existsSync(join(home.state, "runs", id, "results.jsonl"))).toBe(false);
    const shown = await home.run(["runs", "show", id]);
    expect(shown.stdout.trim().split("\n").at(-1)).toMatch(/succeeded in .* 5 ok {3}run/);
  });

  it("fails again where nothing was mended, and can be gone on with as often as it takes", async () => {
    await using home = cliHome();
    const id = await failed(home);
    expect((await home.run(["runs", "resume"])).code).toBe(1);
    expect((await home.run(["runs", "resume", id.slice(0, 8)])).code).toBe(1);
    home.write("mended", "");
    expect((await home.run(["runs", "resume", "last"])).code).toBe(0);
    expect(ran(home).filter((each) => each === "extract")).toEqual([]);
    const again = await home.run(["runs", "resume", id]);
    expect([again.code, again.stdout]).toEqual([2, ""]);
    expect(again.stderr).toContain(`Run ${id} went well: there is nothing left of it to do.`);
  });

  it("goes on with a run that was killed, from what its tasks had come to", async () => {
    await using home = cliHome();
    home.write(
      "long.ts",
      `import { existsSync } from "node:fs";
import { flow, shell, task } from "flowctl";
const first = task("first", () => { console.log("first ran"); return ["a", "b"]; });
const wait = task("wait", async ({ from }: { from: string[] }) => {
  // What has happened is on disk once a turn of the event loop is over.
  await new Promise((resolve) => setImmediate(resolve));
  console.log("waiting with", from.join("+"));
  if (!existsSync("mended")) await new Promise((resolve) => setTimeout(resolve, 60_000));
});
export default flow("long", () => { wait({ from: first() }); });`,
    );
    const killed = home.start(["run", "long.ts", "--logs", "full"]);
    await killed.saw("waiting with a+b");
    killed.child.kill("SIGKILL");
    await killed.finished;
    home.write("mended", "");
    const resumed = await home.run(["runs", "resume", "last", "--logs", "full"]);
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain("keeps first");
    expect(resumed.stdout).toContain("waiting with a+b");
    expect(resumed.stdout).not.toContain("first ran");
  });

  it("refuses a run whose flow has changed under what was kept, and goes on when forced", async () => {
    await using home = cliHome();
    const id = await failed(home);
    home.write("mended", "");
    home.write("etl.ts", ETL.replace('task("extract"', 'task("fetch"'));
    const refused = await home.run(["runs", "resume", id]);
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
    expect(refused.stderr).toContain(`Run ${id} cannot go on: its flow "etl" is not the same any more`);
    expect(refused.stderr).toContain('task "extract" is gone');
    expect(refused.stderr).toContain("--force");
    // It stays as it was.
    expect((await home.run(["runs", "show", id, "--json"])).stdout).toContain('"state": "Failed"');
    expect((await home.run(["runs", "resume", id, "--force"])).code).toBe(0);
    expect(ran(home)).toContain("extract");
  });

  it("goes on where only a body was mended, or a task added", async () => {
    await using home = cliHome();
    const id = await failed(home);
    home.write(
      "etl.ts",
      ETL.replace('throw new Error("two is odd")', "return 7").replace(
        "const e = ",
        'task("extra", () => { ran("extra"); })(); const e = ',
      ),
    );
    expect((await home.run(["runs", "resume", id])).code).toBe(0);
    expect(ran(home).sort()).toEqual(["extra", "half 2", "sum 0.5 7 1.5 monday 0"]);
  });

  it("knows neither secrets nor values that cannot be kept, and makes them again when they are needed", async () => {
    await using home = cliHome();
    home.write(
      "lost.ts",
      `import { existsSync } from "node:fs";
import { flow, task } from "flowctl";
const token = task("token", { secrets: ["TOKEN"] }, async (_: {}, ctx) => "Bearer " + (await ctx.secret("TOKEN")));
const quiet = task("quiet", { checkpoint: false }, () => "not to be written");
const maker = task("maker", () => ({ make: () => "made" }));
const unused = task("unused", () => ({ make: () => "made" }));
const use = task("use", (i: { token: string; quiet: string; maker: { make(): string } }) => {
  if (!existsSync("mended")) throw new Error("not yet");
  console.log(i.token.length, i.quiet, i.maker.make());
});
export default flow("lost", () => { unused(); use({ token: token(), quiet: quiet(), maker: maker() }); });`,
    );
    const env = { FLOWCTL_SECRET_TOKEN: "s3cret-token-value" };
    expect((await home.run(["run", "lost.ts"], { env })).code).toBe(1);
    expect(home.stateText()).not.toContain("s3cret-token-value");
    expect(home.stateText()).not.toContain("not to be written");
    home.write("mended", "");
    const resumed = await home.run(["runs", "resume", "--logs", "full"], { env });
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain("keeps unused");
    expect(resumed.stderr).toContain("token: its result is needed and was not kept: it holds a secret");
    expect(resumed.stderr).toContain("quiet: its result is needed and was not kept: its result is never written");
    expect(resumed.stderr).toContain("maker: its result is needed and was not kept: it holds a function (at .make)");
    expect(resumed.stdout).toContain("25 not to be written made");
  });

  it("asks for parameters again that hold a secret, and for no others", async () => {
    await using home = cliHome();
    home.write(
      "given.ts",
      `import { existsSync } from "node:fs";
import { flow, task } from "flowctl";
const use = task("use", ({ key }: { key: string }) => {
  if (!existsSync("mended")) throw new Error("not yet");
  console.log("key of", key.length);
});
export default flow("given", { params: { key: { type: "string" } } }, ({ key }) => { use({ key }); });`,
    );
    const env = { FLOWCTL_SECRET_KEY: "a-secret-key" };
    expect((await home.run(["run", "given.ts", "-p", "key=a-secret-key"], { env })).code).toBe(1);
    expect(home.stateText()).not.toContain("a-secret-key");
    home.write("mended", "");
    const refused = await home.run(["runs", "resume"], { env });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("were not kept: one of them holds a secret");
    const given = await home.run(["runs", "resume", "--logs", "full", "-p", "key=a-secret-key"], { env });
    expect(given.stdout).toContain("key of 12");
  });

  it("keeps the parameters of the run, and says so to whoever gives others", async () => {
    await using home = cliHome();
    const id = await failed(home);
    const kept = await home.run(["runs", "resume", id, "-p", "date=friday"]);
    expect(kept.code).toBe(2);
    expect(kept.stderr).toContain(`Run ${id} keeps its parameters`);
  });

  it("says what is wrong with the run it is given", async () => {
    await using home = cliHome();
    const id = await failed(home);
    const typo = `${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}`;
    expect((await home.run(["runs", "resume", typo])).stderr).toContain(`Did you mean "${id}"?`);
    expect((await home.run(["runs", "resum", id])).stderr).toContain('did you mean "flowctl runs resume"?');
    home.write("broken.ts", "export default 1;");
    expect((await home.run(["run", "broken.ts"])).code).toBe(2);
    const refused = await home.run(["runs", "resume", "last"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("Nothing of run");
    home.write("etl.ts", "export default 1;");
    const broken = await home.run(["runs", "resume", id]);
    expect([broken.code, broken.stdout]).toEqual([2, ""]);
    expect((await home.run(["runs", "show", id, "--json"])).stdout).toContain('"state": "Failed"');
  });

  it("leaves a run as it was found where the flow does not load, and goes on with it once it does", async () => {
    await using home = cliHome();
    const two = `${ETL}\nexport const other = flow("other", () => { extract({ date: "never" }); });`;
    home.write("etl.ts", two);
    const id = idOf((await home.run(["run", "etl.ts", "-n", "etl"])).output);
    const will = (): string => readFileSync(join(home.state, "runs", id, "will.json"), "utf8");
    const before = will();
    home.write("etl.ts", `${two}\nimport "./nowhere.ts";`);
    expect(await home.run(["runs", "resume", id])).toMatchObject({ code: 2 });
    expect(will()).toBe(before);
    home.write("etl.ts", two);
    home.write("mended", "");
    expect(await home.run(["runs", "resume", id])).toMatchObject({ code: 0 });
  });

  it("does not go on with a run that goes on already", async () => {
    await using home = cliHome();
    home.write(
      "slow.ts",
      `import { flow, task } from "flowctl";
const wait = task("wait", async () => { console.log("begun"); await new Promise((resolve) => setTimeout(resolve, 60_000)); });
export default flow("slow", () => { wait(); });`,
    );
    const going = home.start(["run", "slow.ts", "--logs", "full"]);
    await going.saw("begun");
    const refused = await home.run(["runs", "resume"]);
    expect(refused.code).toBe(75);
    expect(refused.stderr).toContain("goes on");
    going.child.kill("SIGKILL");
  });
});

describe("flowctl runs retry", () => {
  it("is a new run, linked to the old one, that keeps what went well", async () => {
    await using home = cliHome();
    const id = await failed(home);
    const retried = await home.run(["runs", "retry"]);
    expect(retried.code).toBe(1);
    const second = idOf(retried.stdout);
    expect(second).not.toBe(id);
    // The retry of a retry keeps what the first run did.
    home.write("mended", "");
    const third = await home.run(["runs", "retry", second]);
    expect(third.code).toBe(0);
    expect(ran(home).filter((each) => each === "extract" || each === "half 1")).toEqual([]);
    const shown = JSON.parse((await home.run(["runs", "show", "--json"])).stdout) as Record<string, unknown>;
    expect(shown).toMatchObject({ state: "Success", retryOf: second, counts: { ok: 5, failed: 0 } });
    expect((await home.run(["runs", "list", "-q"])).stdout).toContain(`retry of ${second}`);
    expect(readdirSync(join(home.state, "live"))).toEqual([]);
    const done = await home.run(["runs", "retry", "last"]);
    expect(done.code).toBe(2);
  });
});

describe("flowctl run --dry-run", () => {
  it("says what is cached, and what going on with the last run would keep and run, with reasons", async () => {
    await using home = cliHome();
    home.write(
      "daily.ts",
      `import { flow, task } from "flowctl";
const fetched = task("fetch", { cacheFor: "1h" }, () => 1);
const load = task("load", (_: { n: number }) => { throw new Error("no"); });
export default flow("daily", () => { load({ n: fetched() }); });`,
    );
    const fresh = await home.run(["run", "daily.ts", "--dry-run"]);
    expect(fresh.stdout).toContain("fetch: runs: nothing is cached, or it is too old");
    expect(fresh.stdout).not.toContain("before:");
    const first = await home.run(["run", "daily.ts"]);
    const before = home.stateText();
    const { code, stdout } = await home.run(["run", "daily.ts", "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/fetch: is not run: its result is cached until \d{4}-/);
    expect(stdout).toContain(`the last run, ${idOf(first.stdout)}, is Failed; this plan starts anew`);
    expect(stdout).toContain(`flowctl runs retry ${idOf(first.stdout)} would keep fetch`);
    expect(stdout).toContain("and run load: it ended Failed");
    expect((await home.run(["run", "daily.ts", "--dry-run", "--no-cache"])).stdout).toContain(
      "fetch: runs: --no-cache",
    );
    expect(home.stateText()).toBe(before);
  });
});

describe("what a run tells when it is gone on with", () => {
  it("is news where its task had ended before, and is not sent twice where the run died in between", async () => {
    await using home = cliHome();
    home.write(
      "alert.ts",
      `import { existsSync } from "node:fs";
import { flow, notifyTask, task, triggers } from "flowctl";
const load = task("load", () => { throw new Error("no rows"); });
const stop = task("stop", async () => {
  if (existsSync("kill")) { await new Promise((resolve) => setImmediate(resolve)); process.kill(process.pid, "SIGKILL"); }
});
export default flow("alert", () => {
  const told = notifyTask({ channel: "inbox", message: load() }, { trigger: triggers.anyFailed, name: "told" });
  stop({}, { upstream: [told] });
});`,
    );
    const inbox = async (): Promise<number> =>
      (await home.run(["inbox"])).stdout.match(/load failed: no rows/g)?.length ?? 0;
    home.write("kill", "");
    expect((await home.run(["run", "alert.ts"])).signal).toBe("SIGKILL");
    expect(await inbox()).toBe(1);

    rmSync(join(home.directory, "kill"));
    await home.run(["runs", "resume", "last"]);
    // "load" failed again, and that is told again: it had ended before, and so had "told".
    expect(await inbox()).toBe(2);
  });

  it("survives a file of results that ends in the middle of a line", async () => {
    await using home = cliHome();
    const id = await failed(home);
    const file = join(home.state, "runs", id, "results.jsonl");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.slice(0, text.indexOf('"task":"half"') + 20));
    home.write("mended", "");
    const resumed = await home.run(["runs", "resume", id]);
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain("keeps extract");
    expect(ran(home).sort()).toEqual(["half 1", "half 2", "half 3", "sum 0.5 1 1.5 monday 0"]);
  });
});

it("a run is gone on with under the config and the profile that were chosen for it, unless others are given", async () => {
  await using home = cliHome();
  home.write("f.yaml", "flow: f\ntasks: { a: { run: exit 1 } }\n");
  home.write("flowctl.config.yaml", "{}\n");
  home.write("other/c.yaml", "profiles: { quick: { concurrency: 3 } }\n");
  const first = await home.run(["run", "f.yaml", "--config", "other/c.yaml", "--profile", "quick"]);
  expect(first.stdout).toContain("config: other/c.yaml");
  const retry = await home.run(["runs", "retry", "last", "--ui", "plain"]);
  expect(retry.stdout).toContain("config: other/c.yaml");
  home.write("other/c.yaml", "{}\n");
  expect((await home.run(["runs", "retry", "last"])).stderr).toContain('"quick"');
  home.write("other/c.yaml", "profiles: { quick: {} }\n");
  expect((await home.run(["runs", "resume", "last"])).stdout).toContain("config: other/c.yaml");
  expect((await home.run(["runs", "retry", "last", "--config", "none"])).stdout).toContain("config: none");
  expect((await home.run(["runs", "retry", "last"])).stdout).toContain("config: none");
});
