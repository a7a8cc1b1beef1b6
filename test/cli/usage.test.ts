import { describe, expect, it } from "vitest";
import { BIN, cliHome } from "../rig/cli.ts";

describe("a command line that is wrong is refused with what to type next", () => {
  for (const [line, says, help] of [
    ["--zzzz", 'error[UNKNOWN_OPTION]: there is no option "--zzzz"', "flowctl --help lists the options"],
    ["--quite", 'there is no option "--quite"', "did you mean --quiet?"],
    ["run --zz", 'there is no option "--zz"', "flowctl run --help lists the options"],
    ["frobnicate", 'error[UNKNOWN_COMMAND]: there is no command "frobnicate"', "flowctl --help lists the commands"],
    ["runs lst", 'there is no command "runs lst"', 'did you mean "flowctl runs list"?'],
    ["runs lits", 'there is no command "runs lits"', 'did you mean "flowctl runs list"?'],
    ["help frob", 'there is no command "frob"', "flowctl --help lists the commands"],
    ["help runs frob", 'there is no command "runs frob"', "flowctl runs --help lists the commands"],
    ["run", 'error[ARGUMENT]: "flowctl run" lacks its <flow>', "flowctl run [options] <flow>"],
    ["secrets get", '"flowctl secrets get" lacks its <name>', "flowctl secrets get [options] <name>"],
    ["run a.ts b.ts", '"b.ts" is one argument too many', "flowctl run [options] <flow>"],
    ["run a.ts date=2026", '"date=2026" is one argument too many', "a parameter is given as -p date=2026"],
    ["run a.ts -p", "error[OPTION]: the option -p, --param <name=value> lacks its value", "flowctl run --help"],
    [
      "run a.ts --log-level DEBUG",
      'there is no option "--log-level"',
      "--logs full shows what tasks print and log while they run",
    ],
    ["run -p a.ts --param x=1", "lacks its <flow>", "the flow stands by itself: flowctl run a.ts"],
    ["run --path a.ts", 'there is no option "--path"', "the flow's file stands by itself: flowctl run FILE"],
    [
      "register",
      'there is no command "register"',
      "there is no server to speak to: flowctl run FILE, started by hand, by cron or by CI",
    ],
    ["--color blue inbox", '--color takes auto, always, never, not "blue"', "flowctl --help"],
  ] as const) {
    it(line, async () => {
      await using home = cliHome();
      const done = await home.run(line.split(" "));
      expect(done.code).toBe(2);
      expect(done.stdout).toBe("");
      expect(done.stderr).toContain(says);
      expect(done.stderr).toMatch(new RegExp(`^  help: ${help.replace(/[[\]?]/g, "\\$&")}$`, "m"));
    });
  }
});

it("help of a command within a command is that command's", async () => {
  await using home = cliHome();
  const done = await home.run(["help", "runs", "logs"]);
  expect(done.code).toBe(0);
  expect(done.stdout).toContain("Usage: flowctl runs logs [options] [run] [task]");
});

it("help lists arguments as they are typed, and says what every command takes", async () => {
  await using home = cliHome();
  const { stdout } = await home.run(["secrets", "--help"]);
  expect(stdout).toMatch(/^ {2}set <name> +store a secret/m);
  expect(stdout).toMatch(/^ {2}test \[names\.\.\.\] /m);
  expect((await home.run(["runs", "list", "--help"])).stdout).toContain("Every command takes -C, --config, ");
  expect((await home.run(["run", "--help"])).stdout).not.toContain("default: none");
});

describe("what is no file of its kind is the person's to mend, and no bug", () => {
  for (const [line, says] of [
    ["-C nowhere run f.yaml", "error[CWD]: there is no directory "],
    ["-C f.yaml run f.yaml", "error[CWD]: there is no directory "],
    ["run g.yaml", "help: did you mean f.yaml?"],
    [`run ${"a".repeat(300)}.yaml`, "error[LOAD_NO_FILE]"],
    ["run f.yaml/g.yaml", "error[LOAD_NO_FILE]"],
    ["run dir.yaml", "error[LOAD_DIRECTORY]"],
    ["run f.yaml --params-file dir.yaml", "error[PARAMS_FILE]"],
    ["run f.yaml -p x=@dir.yaml", "error[PARAMS_FILE]: the file cannot be read: it is a directory"],
    ["init f.yaml", "error[INIT_DIRECTORY]: nothing can be written in "],
    ["init f.yaml/x", "error[INIT_DIRECTORY]: nothing can be written in "],
    ["inbox -n 0", '--limit takes a whole number from 1, not "0"'],
    ["notify preview inbox --event zz", "  help: for example --event failed"],
    ["run f.yaml --events dir.yaml", "--events: dir.yaml cannot be written: it is a directory"],
    ["run f.yaml --report f.yaml/x.xml", "--report: f.yaml/x.xml cannot be written: its directory cannot be made"],
  ] as const) {
    it(line.replace(/a{300}/, "a…a"), async () => {
      await using home = cliHome();
      home.write("f.yaml", "flow: f\ntasks: { a: { run: 'true' } }\n");
      home.write("dir.yaml/x", "");
      const done = await home.run(line.split(" "));
      expect(done.code).toBe(2);
      expect(done.stderr).toContain(says);
    });
  }
});

it("directories of --report and --events are made", async () => {
  await using home = cliHome();
  home.write("f.yaml", "flow: f\ntasks: { a: { run: 'true' } }\n");
  const done = await home.run(["run", "f.yaml", "--report", "out/junit/f.xml", "--events", "out/f.jsonl"]);
  expect(done).toMatchObject({ code: 0, stderr: "" });
});

it("a name with a line break in it breaks no table", async () => {
  await using home = cliHome();
  await home.run(["run", "two\nlines.yaml"]);
  expect((await home.run(["runs", "list", "-q"])).stdout).toMatch(/^\w+\ttwo lines\tFailed\t[^\n]*\n$/);
});

it("inbox --clear removes nothing that it does not show", async () => {
  await using home = cliHome();
  await home.run(["notify", "test", "inbox"]);
  await home.run(["notify", "test", "inbox"]);
  const refused = await home.run(["inbox", "--clear", "-n", "1"]);
  expect([refused.code, refused.stdout]).toEqual([2, ""]);
  expect(JSON.parse((await home.run(["inbox", "--json"])).stdout)).toHaveLength(2);
  expect((await home.run(["inbox", "--clear"])).code).toBe(0);
  expect((await home.run(["inbox"])).stdout).toBe("");
});

it("what ends with 1 and is no run is named in help exit-codes", async () => {
  await using home = cliHome();
  const file = { FLOWCTL_SECRETS_BACKEND: "file" };
  expect((await home.run(["secrets", "keygen"])).code).toBe(0);
  expect((await home.run(["secrets", "set", "HELD"], { env: file, input: "a long value" })).code).toBe(0);
  const no: readonly (readonly [string, readonly string[], string?])[] = [
    ["secrets delete", ["NEVER_SET"]],
    ["secrets import", ["-"], "HELD=another value"],
    ["config path", ["--config", "none"]],
  ];
  const { stdout } = await home.run(["help", "exit-codes"]);
  const one = /^ +1 [^]*?(?=^ +2 )/m.exec(stdout)?.[0];
  for (const [command, args, input = ""] of no) {
    const { code, output } = await home.run([...command.split(" "), ...args], { env: file, input });
    expect(code, output).toBe(1);
    expect(one).toContain(command);
  }
});

it("a directory that was removed under the shell is said to be gone, and is no bug", async () => {
  await using home = cliHome();
  const from = (...args: string[]) =>
    home.run(args, {
      program: ["sh", "-c", 'mkdir gone; cd gone; rmdir ../gone; exec "$0" "$@"', process.execPath, BIN],
    });
  expect(await from("run", "flow.ts")).toMatchObject({
    code: 2,
    stdout: "",
    stderr: "error[CWD]: the directory that you are in is not there any more\n  help: cd to one that is\n",
  });
  expect((await from("--version")).code).toBe(0);
});

it("a uid that no user has, without HOME, runs its flows where it may write", async () => {
  await using home = cliHome();
  home.write("f.yaml", `flow: f\ntasks: { a: { run: 'test "$HOME" = /' } }\n`);
  const homeless = home.write(
    "homeless.cjs",
    `require("node:os").homedir = () => {
      if (process.env.HOME === undefined) throw new Error("uv_os_homedir returned ENOENT");
      return process.env.HOME;
    };
    require("node:module").syncBuiltinESMExports();`,
  );
  const done = await home.run(["run", "f.yaml"], { env: { HOME: undefined, NODE_OPTIONS: `--require ${homeless}` } });
  expect(done).toMatchObject({ code: 0, stderr: "" });
});
