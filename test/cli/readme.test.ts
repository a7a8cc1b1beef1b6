import { readFileSync, symlinkSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { LIBRARY } from "../../src/coordinator/library.ts";
import { jsonSchema } from "../../src/config/json-schema.ts";
import { BIN, childrenOf, cliHome } from "../rig/cli.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = "", text = ""]) => ({
  language,
  text,
  file: /^(?:\/\/|#) (\S+\.(?:ts|yaml|yml))\n/.exec(text)?.[1],
}));
const named = (pattern: RegExp) => blocks.filter((each) => each.file !== undefined && pattern.test(each.file));

/** Flows of the README that need no account, with what a run of them takes. */
const RUNS: Readonly<Record<string, readonly string[]>> = {
  "by-hand.ts": [],
  "handlers.ts": [],
  "mapped.ts": [],
  "nightly.yaml": [],
  "cached.ts": [],
  "regions.ts": [],
  "shops.yaml": [],
  "publish.yaml": [],
  "uses.yaml": [],
};
/** Secrets that those flows need. */
const SECRETS = { FLOWCTL_SECRET_PUBLISH_TOKEN: "correct-horse" };
/** Files of the README that are no flows. */
const NO_FLOW = ["deploy.ts", "score.ts", "config-in-code/flowctl.config.ts"];

it("names the files of its flows", () => {
  expect(named(/\.(ts|yaml)$/).map((each) => each.file)).toEqual(expect.arrayContaining(Object.keys(RUNS)));
});

for (const [file, args] of Object.entries(RUNS)) {
  it(`its ${file} runs`, async () => {
    await using home = cliHome();
    for (const name of [file, "score.ts"]) home.write(name, blocks.find((each) => each.file === name)?.text ?? "");
    expect(await home.run(["validate", file, "--strict"])).toMatchObject({ code: 0, stderr: "" });
    const done = await home.run(["run", file, ...args], { env: SECRETS });
    expect(done.output).toContain("succeeded");
    expect(done.code).toBe(0);
  });
}

for (const { file = "", text } of named(/\.ts$/)) {
  if (file.endsWith(".test.ts") || file in RUNS || NO_FLOW.includes(file)) continue;
  it(`its ${file} is a flow without mistakes`, async () => {
    await using home = cliHome();
    home.write(file, text);
    const done = await home.run(["validate", file]);
    expect(done.stderr).not.toContain("error[");
    expect(done.code).toBe(0);
  });
}

it("its test of a flow passes", async () => {
  await using home = cliHome();
  home.write("nightly.ts", blocks.find((each) => each.file === "nightly.ts")?.text ?? "");
  home.write("nightly.test.ts", blocks.find((each) => each.file === "nightly.test.ts")?.text ?? "");
  mkdirSync(join(home.directory, "node_modules"));
  symlinkSync(root, join(home.directory, "node_modules", "flowctl"));
  home.write("package.json", '{ "type": "module" }');
  const tsx = join(root, "node_modules", "tsx", "dist", "cli.mjs");
  const done = await home.run([tsx, "nightly.test.ts"], { program: [process.execPath] });
  expect(done).toMatchObject({ code: 0, stderr: "" });
});

it("its release waits, and its commands go on with it and with a run that failed", async () => {
  await using home = cliHome();
  const commands = blocks
    .filter(({ language, text }) => language === "console" && /runs (resume|retry)/.test(text))
    .flatMap(({ text }) =>
      [...text.matchAll(/^\$ flowctl ([^#;\n]*)/gm)].map(([, words = ""]) => words.trim().split(" ")),
    );
  const [resume = [], retry = [], run = [], approve = []] = commands;
  home.write("release.ts", blocks.find((each) => each.file === "release.ts")?.text ?? "");
  expect((await home.run(run)).code).toBe(5);
  expect((await home.run(approve)).code).toBe(0);
  home.write(
    "red.ts",
    'import { flow, task } from "flowctl";\nconst a = task("a", () => { throw new Error("no"); });\nexport default flow("red", () => { a(); });',
  );
  expect((await home.run(["run", "red.ts"])).code).toBe(1);
  for (const words of [resume, retry]) {
    const done = await home.run(words);
    expect([done.code, done.stderr]).toEqual([1, expect.stringContaining("keeps nothing")]);
  }
});

it("its config is accepted, and does what it says to a flow that knows nothing of it", async () => {
  const configs = named(/flowctl\.config\.(?:yaml|ts)$/);
  expect(configs.length).toBeGreaterThan(2);
  for (const { text, file = "" } of configs) {
    await using home = cliHome();
    home.write(file.replace(/^.*\//, ""), text);
    expect(await home.run(["config", "show"])).toMatchObject({ code: 0, stderr: "" });
    home.write("nightly.yaml", "tasks: { load: { run: exit 3 } }\ndefaults: { retry: 0 }\n");
    const args = ["run", "nightly.yaml", "--dry-run"];
    const { stdout } = await home.run(args, { env: { FLOWCTL_SECRET_SLACK_WEBHOOK_URL: "https://hooks.invalid/x" } });
    expect(stdout).toContain('hook "failures": Failed → team');
  }
  const text = named(/^flowctl\.config\.yaml$/).find((each) => each.text.includes("alert:"))?.text ?? "";
  await using home = cliHome();
  home.write("flowctl.config.yaml", text);
  home.write("nightly.yaml", "tasks: { load: { run: exit 3 } }\ndefaults: { retry: 0 }\n");
  expect((await home.run(["run", "nightly.yaml"])).code).toBe(1);
  expect((await home.run(["inbox"])).stdout).toMatch(/nightly failed, run \w+/);
});

/** The text of a section, up to the next of its rank. */
const section = (title: string): string => new RegExp(`^## ${title}\n(.*?)(?=^## )`, "ms").exec(readme)?.[1] ?? "";

for (const title of ["YAML", "Config"])
  it(`the commands of its section ${title} do what they are there for`, async () => {
    await using home = cliHome();
    const text = section(title);
    for (const [, language = "", content = ""] of text.matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
      const file = /^(?:\/\/|#) (\S+)\n/.exec(content)?.[1];
      // Of two configs in one directory neither would hold.
      if (file !== undefined && language !== "console" && !file.includes("/")) home.write(file, content);
    }
    const commands = [...text.matchAll(/^\$ flowctl (.*?)(?: {2,}#.*)?$/gm)].map(([, words = ""]) => words.split(" "));
    expect(commands.length).toBeGreaterThanOrEqual(4);
    for (const words of commands) {
      const { code, stdout, stderr } = await home.run(words);
      expect([words, code, stderr]).toEqual([words, 0, ""]);
      expect(stdout).not.toBe("");
    }
  });

it("names every key of a flow and of a task", () => {
  const keys = (title: string, before: string): string[] => {
    const rows = section(title).split(before)[1]?.split("\n\n")[0] ?? "";
    return [...rows.matchAll(/^\| (`.*?) +\|/gm)].flatMap(([, cell = ""]) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, key = ""]) => key),
    );
  };
  const flow = jsonSchema("flow") as { properties: Record<string, { additionalProperties?: { properties: object } }> };
  expect(keys("YAML", "key of a flow").sort()).toEqual(Object.keys(flow.properties).sort());
  const task = Object.keys(flow.properties["tasks"]?.additionalProperties?.properties ?? {});
  expect([...keys("YAML", "key of a task"), "name", "description"].sort()).toEqual(task.sort());
});

it("names every input of every task of the library", async () => {
  const rows = [...section("YAML").matchAll(/^\| (`[^|]*`) +\| ([^|]*?) +\|/gm)];
  const namesIn = (cell = ""): string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
  for (const [name, load] of Object.entries(LIBRARY.tasks)) {
    const row = rows.filter(([, cell = ""]) => namesIn(cell).includes(name)).at(-1);
    const made = (await load()) as { create(): { inputNames: readonly string[] | undefined } };
    const known = LIBRARY.inputs?.[name]?.known ?? made.create().inputNames ?? [];
    // What all notification tasks take is told once, where they are.
    const own = known.filter((each) => !["channel", "deliver", "waitMs"].includes(each));
    expect([name, own.filter((each) => !namesIn(row?.[2]).includes(each))]).toEqual([name, []]);
  }
});

it("its crontab line runs a flow in cron's environment, silently", async () => {
  await using home = cliHome();
  const line = blocks.find((each) => each.language === "crontab")?.text.trim() ?? "";
  const command = line.split(/\s+/).slice(5).join(" ");
  expect(command).toContain("--quiet");
  home.write(
    "report.ts",
    'import { flow, task } from "flowctl";\nconst a = task("a", () => 1);\nexport default flow("report", () => { a(); });',
  );
  const here = command
    .replace("/usr/bin/node", process.execPath)
    .replace("/srv/app/node_modules/flowctl/bin/flowctl.js", BIN)
    .replaceAll("/srv/app", home.directory);
  const done = await home.run(
    ["-i", `HOME=${home.directory}`, "PATH=/usr/bin:/bin", `FLOWCTL_STATE_DIR=${home.state}`, "/bin/sh", "-c", here],
    {
      program: ["/usr/bin/env"],
      cwd: "/",
    },
  );
  expect(done).toMatchObject({ code: 0, output: "" });
  expect((await home.run(["runs", "list"])).stdout).toContain("report");
});

it("its systemd service tells of a run that was killed with all that watched it", async () => {
  await using home = cliHome();
  const unit = blocks.find((each) => each.language === "ini")?.text ?? "";
  const command = (key: string): readonly string[] =>
    new RegExp(`^${key}=/usr/bin/node node_modules/flowctl/bin/flowctl.js (.*)$`, "m").exec(unit)?.[1]?.split(" ") ??
    [];
  home.write("flowctl.config.yaml", "hooks: [{ name: told, states: [Failed], to: [inbox] }]\n");
  home.write(
    "report.ts",
    `import { flow, task } from "flowctl";
    const work = task("work", async () => { console.error("at work"); await new Promise((r) => setTimeout(r, 60_000)); });
    export default flow("report", () => { work(); });`,
  );
  const env = { INVOCATION_ID: "9f2c" };
  const run = home.start([...command("ExecStart").filter((word) => word !== "--quiet"), "--logs", "full"], { env });
  await run.saw("at work");
  for (const pid of [...childrenOf(run.child.pid!), run.child.pid!]) process.kill(pid, "SIGKILL");
  await run.finished;
  expect(home.stateText()).not.toContain("Flow crashed");
  expect((await home.run(command("ExecStopPost"), { env })).code).toBe(0);
  expect(home.stateText()).toContain("Flow crashed: report");
});

it("its workflow is one, and its steps are commands that exist", async () => {
  const workflows = named(/\.yml$/).map(
    ({ text }) => parse(text) as { jobs: Record<string, { steps: { run?: string }[] }> },
  );
  expect(workflows.length).toBeGreaterThan(0);
  await using home = cliHome();
  for (const { jobs } of workflows) {
    const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap((step) => step.run ?? []));
    for (const run of runs.filter((each) => each.includes("flowctl"))) {
      const words = run.slice(run.indexOf("flowctl ") + 8).split(" ");
      const help = await home.run([
        ...words.filter((word) => /^[a-z]+$/.test(word)).slice(0, words[0] === "notify" ? 2 : 1),
        "--help",
      ]);
      expect(help.code).toBe(0);
      for (const option of words.filter((word) => word.startsWith("--"))) expect(help.stdout).toContain(option);
    }
  }
});

it("lists the commands that there are", async () => {
  await using home = cliHome();
  const help = (await home.run(["--help"])).stdout;
  const commands = [...readme.matchAll(/^\| `flowctl (\w+)/gm)].map(([, name]) => name ?? "");
  expect(commands.length).toBeGreaterThan(5);
  for (const name of commands) expect(help).toMatch(new RegExp(`^ {2}${name}\\b`, "m"));
});

it("its table of commands leaves none out", async () => {
  await using home = cliHome();
  const verbs = async (...words: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await home.run([...words, "--help"]);
    return [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, verb = ""]) => verb).filter((verb) => verb !== "help");
  };
  const rows = readme.slice(readme.indexOf("## Commands")).split("\n");
  for (const command of await verbs()) {
    const own = rows.filter((row) => row.startsWith("|") && row.includes(`\`flowctl ${command}`)).join("\n");
    expect(own).not.toBe("");
    for (const verb of await verbs(command)) expect(own).toMatch(new RegExp(`\`(?:flowctl ${command} )?${verb}\``));
  }
});
