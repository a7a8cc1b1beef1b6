import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cliHome, type CliHome } from "../rig/cli.ts";
import { offLinux } from "../rig/skip.ts";
import { onTerminal } from "../rig/terminal.ts";

/** What a terminal, a reader's eyes or GitHub's parser would fall for. */
const HOSTILE = [
  "\u001b]0;title\u0007",
  "\u001b[2J\u001b[1A",
  "\u009b2J\u0090q\u009c",
  "a\rb\bc\u0000d\u007fe",
  "\u202etxt\u2066\u200b\ufeff",
  "\n\u00a0::error::forged by a name",
  "\u2028::warning::forged",
  "\r::add-mask::forged",
  "x ##[error]forged",
].join("");

/** Written as a string of the language, so that the file itself is harmless. */
const literal = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

const FLOW = `import { flow, task, notifyTask, triggers } from "flowctl";
const evil = ${literal(HOSTILE)};
const one = task("one" + evil, { tags: [evil] }, (_: {}, { logger }) => { logger.info(evil); console.log(evil); throw Object.assign(new Error(evil), { stack: evil, name: evil }); });
const child = task("child" + evil, ({ of }: { of: string }) => { throw of; });
const told = task("told" + evil, () => evil);
export default flow("flow" + evil, () => {
  one(); child.map({ of: [evil, evil] });
  notifyTask({ channel: "inbox", message: told() }, { name: "tell" + evil });
});
`;
const SPEC = `flow: spec
"wrong\\e]0;title\\a\\x9b2J\\r::error::forged": 1
tasks:
  a: { run: "true", env: { X: "\\e[2J" }, nedds: ["\\u202e\\u2028::error::forged"] } # \u202e\u2066 in the source line
`;
const CONFIG = `channels:
  "ch\\e]0;title\\a\\x9b2J": { type: command, run: ["sh", "-c", "printf '\\\\033]0;t\\\\007\\\\302\\\\2332J\\\\r::error::forged' >&2; exit 78"] }
hooks:
  - { name: "hook\\e[2J\\u202e", states: [Failed], to: ["ch\\e]0;title\\a\\x9b2J", inbox] }
`;

/** All that no output may hold; colours are off. */
const FORBIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/;

let home: CliHome;
beforeAll(async () => {
  home = cliHome();
  home.write("hostile.ts", FLOW);
  home.write("hostile.yaml", SPEC);
  home.write("flowctl.config.yaml", CONFIG);
  mkdirSync(join(home.directory, "dir\u001b]0;title\u0007\u009b2J"));
  writeFileSync(join(home.directory, "dir\u001b]0;title\u0007\u009b2J", "in.yaml"), SPEC);
  await home.run(["run", "hostile.ts"]);
});
afterAll(() => home[Symbol.asyncDispose]());

const ROWS: readonly (readonly string[])[] = [
  ["run", "hostile.ts"],
  ["run", "hostile.ts", "--logs", "full", "-vv"],
  ["run", "hostile.ts", "--quiet"],
  ["run", "hostile.ts", "--json"],
  ["run", "hostile.ts", "--ui", "json"],
  ["run", "hostile.ts", "--events", "-"],
  ["run", "hostile.ts", "--dry-run"],
  ["run", "hostile.ts", "--dry-run", "--json"],
  ["validate", "hostile.ts", "hostile.yaml", "dir\u001b]0;title\u0007\u009b2J/in.yaml"],
  ["validate", "hostile.ts", "hostile.yaml", "--json"],
  ["graph", "hostile.ts"],
  ["graph", "hostile.ts", "--format", "json"],
  ["graph", "hostile.ts", "--format", "mermaid"],
  ["graph", "hostile.ts", "--format", "dot"],
  ["runs", "list"],
  ["runs", "list", "--json"],
  ["runs", "show"],
  ["runs", "show", "--json"],
  ["runs", "logs"],
  ["runs", "logs", "--json"],
  ["runs", "logs", "last", `none${HOSTILE.replace("\u0000", "")}`],
  ["notify", "list"],
  ["notify", "list", "--json"],
  ["notify", "show", "n_"],
  ["notify", "retry", "--all"],
  ["notify", "test", "ch\u001b]0;title\u0007\u009b2J"],
  ["notify", "test", "ch\u001b]0;title\u0007\u009b2J", "--json"],
  ["inbox"],
  ["inbox", "--json"],
  ["run", "hostile.ts", "-p", `no${HOSTILE.replace("\u0000", "")}=1`],
  ["run", "hostile.yaml"],
  ["run", "dir\u001b]0;title\u0007\u009b2J/in.yaml"],
  ["run", `absent${HOSTILE.replace("\u0000", "")}.ts`],
  ["config", "show"],
  ["config", "show", "--json"],
  ["secrets", "list"],
  ["secrets", "get", `A${HOSTILE.replace("\u0000", "")}`],
  [`no-command${HOSTILE.replace("\u0000", "")}`],
];

describe.each([
  ["in a pipe", {}],
  ["in a step of GitHub Actions", { GITHUB_ACTIONS: "true", CI: "true", NO_COLOR: "1" }],
])("%s", (_, env) => {
  test.each(ROWS.map((args) => ({ args, line: args.join(" ").replaceAll(/[^ -~]/g, "?") })))(
    "flowctl $line shows nothing that a terminal obeys",
    async ({ args }) => {
      const { stdout, stderr } = await home.run(args, { env });
      expect(FORBIDDEN.exec(stdout)?.[0]).toBeUndefined();
      expect(FORBIDDEN.exec(stderr)?.[0]).toBeUndefined();
      expect((stdout + stderr).length).toBeGreaterThan(0);
      if ("CI" in env) expect(forgedIn(stdout).concat(forgedIn(stderr))).toEqual([]);
    },
  );
});

/** Lines that GitHub would obey and flowctl has not written by itself. */
function forgedIn(text: string): readonly string[] {
  let stopped: string | undefined;
  return text.split(/\r\n|\r|\n/).filter((line) => {
    const trimmed = line.replace(/^[\s\u0085\u180e]+/, "");
    const stop = /^::stop-commands::(.+)$/.exec(line)?.[1];
    if (stopped !== undefined) {
      if (trimmed === `::${stopped}::`) stopped = undefined;
      return false;
    }
    if (stop !== undefined) stopped = stop;
    if (stop !== undefined || /^::(?:group::ok |endgroup::|(?:error|warning) (?:file|title)=)/.test(line)) return false;
    return trimmed.startsWith("::") || line.includes("##[");
  });
}

test("files for programs and for people hold nothing that a terminal obeys", async () => {
  await home.run(["run", "hostile.ts", "--report", "report.xml", "--events", "events.jsonl"], {
    env: { GITHUB_ACTIONS: "true", CI: "true", GITHUB_STEP_SUMMARY: join(home.directory, "summary.md") },
  });
  for (const name of ["report.xml", "events.jsonl", "summary.md"]) {
    const text = readFileSync(join(home.directory, name), "utf8");
    expect([name, FORBIDDEN.exec(text)?.[0]]).toEqual([name, undefined]);
    expect(text.length).toBeGreaterThan(100);
  }
});

test.skipIf(offLinux)("a terminal is moved by flowctl alone", async () => {
  for (const args of [
    ["run", "hostile.ts"],
    ["runs", "list"],
    ["runs", "show"],
    ["notify", "list"],
    ["inbox"],
    ["graph", "hostile.ts"],
  ]) {
    const { output } = await onTerminal(home, args, []);
    const own = output
      .replaceAll("\r\n", "\n")
      // Colours, and what paints the live view: up, clear, cursor, synchronised output.
      .replaceAll(/\u001b\[(?:[\d;]*m|\d+A\r?|[JK]|\?25[hl]|\?2026[hl])/g, "");
    expect([args[0], FORBIDDEN.exec(own)?.[0]]).toEqual([args[0], undefined]);
    expect(output).not.toContain("\u001b[1A\u001b");
    expect(output).not.toContain("\u001b[2J");
  }
});
