import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { BIN, cliHome, type CliHome, type Finished } from "../rig/cli.ts";

const RELEASE = `import { approval, flow, prompt, task } from "flowctl";
const build = task("build", () => { console.log("built"); return "v1"; });
const publish = task("publish", ({ what, to }: { what: string; to: string }) => console.log("published", what, "to", to));
export default flow("release", () => {
  const what = build();
  const ok = approval({ message: "Publish it?" }, { upstream: [what], name: "ok" });
  const to = prompt({ message: "Where to?", choices: ["staging", "production"] }, { upstream: [ok], name: "to" });
  publish({ what, to });
});`;

const MANUAL = `import { flow, task, triggers } from "flowctl";
const gate = task(
  "gate",
  { trigger: triggers.manualOnly, onFailure: (task, state) => console.log("onFailure:", task.name, state.message) },
  () => console.log("through the gate"),
);
const after = task("after", () => console.log("after"));
export default flow("manual", () => { after({}, { upstream: [gate()] }); });`;

const DEPLOY = `import { flow, prompt, task } from "flowctl";
const deploy = task("deploy", ({ to }: { to: string }) => console.log("deployed to", to));
export default flow("deploy", () => {
  deploy({ to: prompt({ message: "Which region?", choices: ["north", "south"] }, { name: "region" }) });
});`;

const idOf = (text: string): string => /run (\w{10})/.exec(text)?.[1] ?? "";

/** On a terminal of its own, with what is typed there. */
function onTerminal(home: CliHome, args: string, typed: string): Promise<Finished> {
  const command = `stty cols 100 rows 30; '${process.execPath}' '${BIN}' ${args}`;
  return home.run(["-qec", command, "/dev/null"], { program: ["script"], env: { TERM: "xterm" }, input: typed });
}

describe("a task that waits for a person", () => {
  it("pauses the run where nobody can be asked, and is answered by runs resume", async () => {
    await using home = cliHome();
    home.write("release.ts", RELEASE);
    const first = await home.run(["run", "release.ts", "--logs", "full"]);
    expect(first.code).toBe(5);
    expect(first.stdout).toContain("pause   ok                 Publish it?");
    expect(first.stdout).toContain("release is paused");
    const id = idOf(first.stdout);
    expect(first.stdout).toContain(`go on:   flowctl runs resume ${id} --approve`);
    expect((await home.run(["runs", "list", "-q"])).stdout).toContain("Paused");

    // To go on is not to approve.
    expect((await home.run(["runs", "resume", id])).code).toBe(5);
    const wrong = await home.run(["runs", "resume", id, "--approve", "okay"]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('Did you mean "ok"?');

    const second = await home.run(["runs", "resume", id, "--approve", "--logs", "full"]);
    expect(second.code).toBe(5);
    expect(second.stdout).toContain("pause   to                 Where to?");
    expect(second.stdout).not.toContain("built");
    const elsewhere = await home.run(["runs", "resume", id, "--input", "to=moon", "--logs", "full"]);
    expect(elsewhere.code).toBe(5);
    expect(elsewhere.stdout).toContain('"moon" is not among the answers: staging, production');
    const third = await home.run(["runs", "resume", id, "--input", "production", "--logs", "full"]);
    expect(third.code).toBe(0);
    expect(third.stdout).toContain("published v1 to production");
  });

  it("fails where it is rejected, and where it is to fail when nobody can be asked", async () => {
    await using home = cliHome();
    home.write("release.ts", RELEASE);
    const first = await home.run(["run", "release.ts"]);
    const rejected = await home.run(["runs", "resume", idOf(first.stdout), "--reject", "ok"]);
    expect(rejected.code).toBe(1);
    expect(rejected.stdout).toContain("FAIL    ok                 0.0s  Rejected by a person.");
    expect(rejected.stdout).not.toContain("published");
    home.write("strict.ts", RELEASE.replace('message: "Publish it?"', 'message: "Publish it?", otherwise: "fail"'));
    const strict = await home.run(["run", "strict.ts"]);
    expect(strict.code).toBe(1);
    expect(strict.stdout).toContain("nobody could be asked: Publish it?");
  });

  it("asks at a terminal, below the live view and in no fight with it", async () => {
    await using home = cliHome();
    home.write("release.ts", RELEASE);
    const yes = await onTerminal(home, "run release.ts", "y\nproduction\n");
    expect(yes.code).toBe(0);
    const text = stripVTControlCharacters(yes.output);
    expect(text).toContain("Publish it? [y/N] ");
    expect(text).toContain("Where to? (staging, production) ");
    // From the question to the next line of the view nothing is painted.
    const asked = yes.output.slice(yes.output.indexOf("Publish it?"), yes.output.indexOf("Where to?"));
    expect(asked.slice(0, asked.indexOf("\u001b")).trim()).toMatch(/^Publish it\? \[y\/N\]/);
    const no = await onTerminal(home, "run release.ts --ui plain", "n\n");
    expect(no.code).toBe(1);
    expect(no.output).toContain("not approved: Publish it?");
    const silent = await onTerminal(home, "run release.ts --no-input", "y\n");
    expect(silent.code).toBe(5);
  });

  it("is asked for a text with the option that gives one, whatever else it is answered with", async () => {
    await using home = cliHome();
    home.write("deploy.ts", DEPLOY);
    const first = await home.run(["run", "deploy.ts"]);
    const id = idOf(first.stdout);
    const hint = `go on:   flowctl runs resume ${id} --input 'region=TEXT'   (north, south)`;
    const answers = [["--approve"], ["--approve", "region"], ["--input", "moon"], ["--input", "region="]];
    for (const args of [[], ...answers]) {
      const resumed = await home.run(["runs", "resume", id, ...args]);
      expect(resumed.code, args.join(" ")).toBe(5);
      expect(resumed.stdout, args.join(" ")).toContain(hint);
      expect(resumed.stdout, args.join(" ")).not.toContain("--approve");
    }
    expect(first.code).toBe(5);
    expect(first.stdout).toContain(hint);
    expect(first.stdout).not.toContain("--approve");
    const unknown = await home.run(["runs", "resume", id, "--input", "regoin=north"]);
    expect(unknown.code).toBe(5);
    expect(unknown.stdout).toContain('"regoin=north" is not among the answers: north, south');
    const right = await home.run(["runs", "resume", id, "--input", "region=north", "--logs", "full"]);
    expect(right.code).toBe(0);
    expect(right.stdout).toContain("deployed to north");
  });

  it("with the trigger manual_only waits likewise, and its flow goes on where it stopped", async () => {
    await using home = cliHome();
    home.write("manual.ts", MANUAL);
    const first = await home.run(["run", "manual.ts"]);
    expect(first.code).toBe(5);
    const second = await home.run(["runs", "resume", "--logs", "full"]);
    expect(second.code).toBe(0);
    expect(second.stdout).toMatch(/through the gate[^]*after/);
    expect((await home.run(["run", "manual.ts"])).code).toBe(5);
    const rejected = await home.run(["runs", "resume", "last", "--reject", "--logs", "full"]);
    expect(rejected.code).toBe(1);
    expect(rejected.stdout).toContain("onFailure: gate Rejected by a person.");
    expect(rejected.stdout).not.toContain("through the gate");
  });

  it("is told of by hooks when it pauses, and again when the run has ended", async () => {
    await using home = cliHome();
    home.write("manual.ts", MANUAL);
    home.write(
      "flowctl.config.yaml",
      "channels: { here: { type: inbox } }\nhooks: [{ name: all, states: [Paused, Success], to: [here] }]\n",
    );
    expect((await home.run(["run", "manual.ts"])).code).toBe(5);
    expect((await home.run(["inbox"])).stdout).toContain("paused");
    expect((await home.run(["runs", "resume"])).code).toBe(0);
    const lines = (await home.run(["inbox"])).stdout.trim().split("\n");
    expect(lines.filter((line) => line.includes("manual"))).toHaveLength(2);
  });
});

it("an approval can be written in YAML", async () => {
  await using home = cliHome();
  home.write(
    "release.yaml",
    `flow: release
tasks:
  ok: { uses: approval, with: { message: "Publish it?" } }
  publish: { run: "echo published", needs: [ok] }
`,
  );
  expect((await home.run(["run", "release.yaml"])).code).toBe(5);
  const second = await home.run(["runs", "resume", "--approve", "--logs", "full"]);
  expect(second.code).toBe(0);
  expect(second.stdout).toContain("published");
});
