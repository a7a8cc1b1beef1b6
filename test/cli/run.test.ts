import { chmodSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BIN, cliHome } from "../rig/cli.ts";

const OK = `import { flow, task } from "flowctl";\nconst a = task("a", () => 1);\nexport default flow("ok", () => { a(); });\n`;
const ECHO = `
import { flow, task } from "flowctl";
const say = task("say", ({ v }: { v: unknown }) => { console.log(JSON.stringify(v)); });
export default flow("echo", { params: { v: { type: "string" }, n: { type: "number", default: 0 } } }, ({ v, n }) => { say({ v: [v, n] }); });
`;

describe("parameters on the command line are text, read as the declared type", () => {
  for (const [given, expected] of [
    ["v=1.10", '["1.10",0]'],
    ["v=007", '["007",0]'],
    ["v=true", '["true",0]'],
    ["v=", '["",0]'],
    ["v=a=b", '["a=b",0]'],
    ['v:="json"', '["json",0]'],
  ] as const) {
    it(given, async () => {
      await using home = cliHome();
      home.write("flow.ts", ECHO);
      const done = await home.run(["run", "flow.ts", "-p", given, "--logs", "full"]);
      expect(done.code).toBe(0);
      expect(done.stdout).toContain(expected);
    });
  }

  it("names all that are unknown or missing at once", async () => {
    await using home = cliHome();
    home.write("flow.ts", ECHO);
    const done = await home.run(["run", "flow.ts", "-p", "x=1", "-p", "y=2"]);
    expect(done.code).toBe(2);
    for (const name of ['"x"', '"y"', '"v"']) expect(done.stderr).toContain(name);
  });

  it("refuses a number that is none", async () => {
    await using home = cliHome();
    home.write("flow.ts", ECHO);
    const done = await home.run(["run", "flow.ts", "-p", "v=1", "-p", "n=ten"]);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('"n"');
  });
});

describe("the command line", () => {
  for (const [args, meant] of [
    [["rnu", "flow.ts"], "flowctl run"],
    [["run", "--concurency", "2", "flow.ts"], "--concurrency"],
    [["flow.ts"], "flowctl run flow.ts"],
    [["run", "flwo.ts"], "flow.ts"],
  ] as const) {
    it(`says what was meant by ${args.join(" ")}`, async () => {
      await using home = cliHome();
      home.write("flow.ts", OK);
      const done = await home.run(args);
      expect(done.code).toBe(2);
      expect(done.stderr).toContain(meant);
      expect(done.stderr).not.toContain("    at ");
    });
  }

  it("prints its version, and its help with exit code 0", async () => {
    await using home = cliHome();
    expect(await home.run(["--version"])).toMatchObject({ code: 0, stderr: "" });
    const help = await home.run([]);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain("flowctl run flows/hello.ts");
  });

  it("ends without a stack when its reader goes away", async () => {
    await using home = cliHome();
    home.write("flow.ts", OK);
    const done = await home.run(["-c", `"${process.execPath}" "${BIN}" run flow.ts | head -1`], {
      program: ["/bin/sh"],
    });
    expect(done.code).toBe(0);
    expect(done.stderr).toBe("");
    expect(done.stdout.split("\n")).toHaveLength(2);
  });

  it("writes no escape sequence into a pipe", async () => {
    await using home = cliHome();
    home.write("flow.ts", OK);
    const done = await home.run(["run", "flow.ts"], { env: { TERM: "xterm-256color" } });
    expect(done.output).not.toContain("\u001b");
    const coloured = await home.run(["run", "flow.ts", "--color", "always"], { env: { TERM: "xterm-256color" } });
    expect(coloured.output).toContain("\u001b");
  });
});

describe("files that are no flow", () => {
  for (const [name, text, said] of [
    ["a syntax error", "export const x = ;\n", "flow.ts:1:18"],
    ["a missing export", 'import { nothing } from "./other.ts";\nexport default nothing;\n', "nothing"],
    ["no flow", "export const x = 1;\n", "no flow"],
    ["one that throws", 'const x: number = 1;\nthrow new Error("not today");\n', "flow.ts:2"],
    [
      "several flows",
      'import { flow } from "flowctl";\nexport const a = flow("one", () => {});\nexport const b = flow("two", () => {});\n',
      "--name",
    ],
  ] as const) {
    it(`${name}: exit code 2, the place, no stack`, async () => {
      await using home = cliHome();
      home.write("flow.ts", text);
      home.write("other.ts", "export const something = 1;\n");
      const done = await home.run(["run", "flow.ts"]);
      expect(done.code).toBe(2);
      expect(done.stderr).toContain(said);
      expect(done.stderr).not.toMatch(/^\s+at /m);
    });
  }

  it("ignores a flow.run() at the top level, with a warning", async () => {
    await using home = cliHome();
    home.write("flow.ts", OK.replace("export default flow", "const f = flow") + "void f.run();\nexport default f;\n");
    const done = await home.run(["run", "flow.ts"]);
    expect(done.code).toBe(0);
    expect(done.stderr).toContain("flow.run()");
    expect(done.stdout.match(/^\[.*ok {6}a/gm)).toHaveLength(1);
  });
});

describe("the state directory", () => {
  it("that cannot be written to is refused by name", async () => {
    await using home = cliHome();
    home.write("flow.ts", OK);
    const blocked = home.write("blocked", "a file");
    const done = await home.run(["run", "flow.ts"], { env: { FLOWCTL_STATE_DIR: join(blocked, "state") } });
    expect(done.code).toBe(2);
    expect(done.stderr).toContain("FLOWCTL_STATE_DIR");
  });

  it("that others may write to is refused", async () => {
    await using home = cliHome();
    home.write("flow.ts", OK);
    await home.run(["run", "flow.ts"]);
    chmodSync(home.state, 0o777);
    const done = await home.run(["run", "flow.ts"]);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain("chmod 700");
  });

  it("holds nothing that others can read", async () => {
    await using home = cliHome();
    home.write("flow.ts", OK);
    await home.run(["run", "flow.ts"]);
    const entries = readdirSync(home.state, { recursive: true, encoding: "utf8" });
    expect(entries.length).toBeGreaterThan(4);
    expect(entries.filter((each) => (statSync(join(home.state, each)).mode & 0o077) !== 0)).toEqual([]);
  });
});

describe("exit codes", () => {
  it("124 when --timeout is reached", async () => {
    await using home = cliHome();
    home.write(
      "flow.ts",
      `import { flow, task } from "flowctl";\nconst a = task("a", (_: {}, { signal }) => new Promise((_, no) => { const t = setInterval(() => {}, 60000); signal.addEventListener("abort", () => { clearInterval(t); no(signal.reason); }); }));\nexport default flow("slow", () => { a(); });`,
    );
    const done = await home.run(["run", "flow.ts", "--timeout", "200ms"]);
    expect(done.code).toBe(124);
  });

  it("by the signal itself when interrupted, and the run is Cancelled", async () => {
    await using home = cliHome();
    home.write(
      "flow.ts",
      `import { flow, task } from "flowctl";\nconst a = task("a", (_: {}, { signal }) => new Promise((_, no) => { const t = setInterval(() => {}, 60000); console.log("waiting"); signal.addEventListener("abort", () => { clearInterval(t); no(signal.reason); }); }));\nexport default flow("slow", () => { a(); });`,
    );
    const run = home.start(["run", "flow.ts", "--logs", "full"]);
    await run.saw("waiting");
    run.child.kill("SIGINT");
    const done = await run.finished;
    expect(done.signal).toBe("SIGINT");
    expect(done.output).toMatch(/cancelled/i);
    const listed = await home.run(["runs", "list"]);
    expect(listed.stdout).toContain("Cancelled");
  });

  it("75 when another run of the flow goes on and --on-overlap fail; 0 with skip", async () => {
    await using home = cliHome();
    home.write(
      "flow.ts",
      `import { flow, task } from "flowctl";\nconst a = task("a", (_: {}, { signal }) => new Promise((_, no) => { const t = setInterval(() => {}, 60000); console.log("waiting"); signal.addEventListener("abort", () => { clearInterval(t); no(signal.reason); }); }));\nexport default flow("slow", () => { a(); });`,
    );
    const first = home.start(["run", "flow.ts", "--logs", "full", "--on-overlap", "fail"]);
    await first.saw("waiting");
    expect((await home.run(["run", "flow.ts", "--on-overlap", "fail"])).code).toBe(75);
    expect((await home.run(["run", "flow.ts", "--on-overlap", "skip"])).code).toBe(0);
    first.child.kill("SIGTERM");
    expect((await first.finished).signal).toBe("SIGTERM");
    // However the one that goes on was started; what is over or killed is in nobody's way.
    const other = home.start(["run", "flow.ts", "--logs", "full"]);
    await other.saw("waiting");
    const refused = await home.run(["run", "flow.ts", "--on-overlap", "fail"]);
    expect([refused.code, refused.stderr]).toEqual([
      75,
      expect.stringMatching(/another run of "slow" goes on: \w{10}/),
    ]);
    other.child.kill("SIGKILL");
    await other.finished;
    const last = home.start(["run", "flow.ts", "--logs", "full", "--on-overlap", "fail"]);
    await last.saw("waiting");
    last.child.kill("SIGTERM");
    expect((await last.finished).signal).toBe("SIGTERM");
  });
});

it("a flow whose tasks nobody called is warned of", async () => {
  await using home = cliHome();
  home.write(
    "flow.ts",
    `import { flow, task } from "flowctl";\nconst a = task("a", () => 1);\nexport default flow("f", () => { a; });\n`,
  );
  const says = 'warning[FLOW_EMPTY]: flow "f" has no task, and a run of it does nothing';
  for (const verb of ["run", "validate"]) {
    const done = await home.run([verb, "flow.ts"]);
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining(says)]);
  }
});
