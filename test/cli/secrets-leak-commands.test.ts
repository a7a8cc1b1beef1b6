import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CANARY, CARELESS, leaksIn, NONE, watched, type Watch } from "../rig/canary.ts";
import { BIN, cliHome, type CliHome } from "../rig/cli.ts";

/** Flows that read the secret from its variable by themselves, as code can, and that fail in different ways. */
const FLOWS: Readonly<Record<string, string>> = {
  "careless.ts": CARELESS,
  "loud.ts": `import { flow, task } from "flowctl";
    console.log("loading", process.env.PLAIN); process.stderr.write(process.env.PLAIN.slice(0, 9)); process.stderr.write(process.env.PLAIN.slice(9));
    const a = task("a", () => { setTimeout(() => { console.log("late", process.env.PLAIN); }, 1); });
    export default flow("loud", () => { a(); });`,
  "broken.ts": `throw new Error(process.env.PLAIN);`,
  "uncaught.ts": `import { flow, task } from "flowctl";
    const a = task("a", () => new Promise(() => { setTimeout(() => { throw new Error("x", { cause: process.env.PLAIN }); }, 1); }));
    export default flow("uncaught", () => { a(); });`,
  "rejected.ts": `import { flow, task } from "flowctl";
    const a = task("a", () => new Promise(() => { void Promise.reject(process.env.PLAIN); }));
    export default flow("rejected", () => { a(); });`,
  "exits.ts": `import { flow, task } from "flowctl";
    const a = task("a", () => { process.stdout.write(process.env.PLAIN); process.exit(7); });
    export default flow("exits", () => { a(); });`,
  "killed.ts": `import { flow, task } from "flowctl";
    const a = task("a", () => { console.log(process.env.PLAIN); setTimeout(() => process.kill(process.pid, "SIGKILL"), 20); return new Promise(() => setInterval(() => {}, 9)); });
    export default flow("killed", () => { a(); });`,
  "slow.ts": `import { flow, task } from "flowctl";
    const a = task("a", { timeout: "50ms" }, (_: {}, { signal }) => new Promise((_, reject) => { signal.addEventListener("abort", () => reject(new Error(process.env.PLAIN))); }));
    export default flow("slow", () => { a(); });`,
  "given.ts": `import { flow, task, parameter } from "flowctl";
    const a = task("a", ({ p }: { p: string }) => { throw new Error("wrong " + p); });
    export default flow("given", () => { a({ p: parameter("p", { default: process.env.PLAIN }) }); });`,
  "missing.ts": `import { flow, task } from "flowctl";
    const a = task("a", { secrets: ["CANARY", "NOWHERE"] }, () => 1);
    export default flow("missing", () => { a(); });`,
  "paused.ts": `import { flow, task, Pause } from "flowctl";
    const kept = task("kept", { secrets: ["CANARY"] }, async (_: {}, ctx) => ({ s: await ctx.secret("CANARY"), of: new Map([["s", await ctx.secret("CANARY")]]) }));
    const a = task("a", ({ k }) => { throw new Pause("until " + k.s); });
    export default flow("paused", () => { a({ k: kept() }); });`,
  "asks.yaml": "flow: asks\ntasks:\n  show: { run: 'echo \"$A\"; exit 9', env: { A: { secret: CANARY } } }\n",
};

/** A channel's program gets one secret by the name that its `env` says. */
const CONFIG = (directory: string): string => `channels:
  hook: { type: slack, url: { secret: CANARY_URL } }
  program: { type: command, run: "cd ${directory}; env > program.env; cat > program.json; echo $SECRET >&2; exit 78", env: { SECRET: { secret: CANARY } } }
hooks:
  - { name: all, states: [Failed, Success, Paused], to: [inbox, hook, program] }
secrets: { env: { CANARY: PLAIN, CANARY_URL: ADDRESS } }
`;

let server: Server;
let home: CliHome;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  // A service that repeats what it was sent, at length, and takes nothing.
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => response.writeHead(403).end(`${"no ".repeat(45)}${request.url ?? ""} ${CANARY} ${body}`));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  home = cliHome();
  for (const [name, text] of Object.entries(FLOWS)) home.write(name, text);
  home.write("flowctl.config.yaml", CONFIG(home.directory));
  home.write("params.json", JSON.stringify({ p: CANARY }));
  env = {
    PLAIN: CANARY,
    ADDRESS: `http://127.0.0.1:${port}/hook/${encodeURIComponent(CANARY)}`,
    FLOWCTL_SECRET_OTHER: CANARY,
  };
  await home.run(["secrets", "keygen"], { env });
});
afterAll(async () => {
  await home[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

type Row = readonly [args: readonly string[], more?: Watch];
const json = (...args: string[]): Row => [[...args, "--json"]];
const gitHub = { env: { GITHUB_ACTIONS: "true", CI: "true" } };

/** Every command, on every way on which it can fail that has to do with a secret. In this order: later ones look at what earlier ones left. */
const ROWS: readonly Row[] = [
  [["run", "careless.ts"]],
  json("run", "careless.ts"),
  [["run", "careless.ts", "--quiet", "-vv", "--events", "-"]],
  [["run", "careless.ts", "--dry-run"]],
  json("run", "careless.ts", "--dry-run"),
  [["run", "missing.ts", "--notify"]],
  [["run", "loud.ts"]],
  [["run", "broken.ts", "--notify"]],
  [["run", "uncaught.ts"]],
  [["run", "exits.ts"]],
  [["run", "killed.ts"]],
  [["run", "slow.ts", "--timeout", "20s"]],
  [["run", "given.ts", "--params-file", "params.json"]],
  [["run", "asks.yaml"]],
  [["run", "absent.ts"]],
  [["run", "paused.ts"]],
  [["validate", "loud.ts", "broken.ts", "asks.yaml"]],
  json("validate", "loud.ts", "broken.ts"),
  [["validate", "broken.ts"], gitHub],
  [["graph", "loud.ts"]],
  [["graph", "loud.ts", "--format", "json"]],
  [["runs", "list"]],
  json("runs", "list"),
  [["runs", "show", "last-failed"]],
  json("runs", "show"),
  [["runs", "logs", "last-failed"]],
  json("runs", "logs", "last-failed"),
  [["runs", "resume", "last"]],
  [["runs", "retry", "last-failed"]],
  [["runs", "prune", "--dry-run"]],
  [["reap"]],
  [["notify", "list"]],
  json("notify", "list"),
  [["notify", "show", "n_"]],
  [["notify", "preview", "hook"]],
  [["notify", "test", "hook", "program"]],
  [["notify", "drop", "--all"]],
  [["run", "exits.ts"]],
  [["notify", "retry", "n_none"]],
  [["notify", "flush"]],
  [["inbox"]],
  json("inbox"),
  [["config", "show"]],
  json("config", "show"),
  [["config", "path"]],
  [["config", "schema"]],
  [["secrets", "set", "CANARY"], { input: CANARY }],
  [["secrets", "set", "CANARY", "--store", "keychain"], { input: CANARY }],
  [["secrets", "import", "-"], { input: JSON.stringify({ CANARY }) }],
  [["secrets", "import", "-"], { input: `{"CANARY": "${CANARY}` }],
  [["secrets", "get", "CANARY"]],
  json("secrets", "get", "CANARY"),
  [["secrets", "list"]],
  [["secrets", "test", "CANARY", "OTHER"]],
  [["secrets", "test"]],
  [["secrets", "doctor"]],
  json("secrets", "doctor"),
  [["secrets", "keygen", "--out", "another.key"]],
  [["secrets", "delete", "CANARY"]],
  [["init", "fresh"]],
  [["help", "run"]],
  [["no-such-command"]],
  [["run", "careless.ts", "--config", "no-such.yaml"]],
];

test.each(ROWS.map(([args, more]) => ({ args, more, line: args.join(" ") })))(
  "flowctl $line shows the secret nowhere",
  async ({ args, more = {} }) => {
    const { output, leaks } = await watched(home, args, {
      ...more,
      env: { ...env, ...more.env },
      given: ["CANARY", "SECRET", "PLAIN", "ADDRESS", "A"],
    });
    expect(leaks, output).toEqual(NONE);
  },
);

test("what a channel's program was given holds what it names, and nothing else", () => {
  const given = readFileSync(join(home.directory, "program.env"), "utf8");
  expect(
    given.split("\n").filter((line) => leaksIn(line).length > 0 && !/^(PLAIN|ADDRESS|SECRET)=/.test(line)),
  ).toEqual([]);
  expect(leaksIn(readFileSync(join(home.directory, "program.json"), "utf8"))).toEqual([]);
});

test("under GitHub Actions only the commands that mask it show it", async () => {
  const { stdout, stderr } = await home.run(["run", "careless.ts"], { env: { ...env, ...gitHub.env } });
  expect(stdout).toContain(`::add-mask::${CANARY}\n`);
  const rest = stdout.split("\n").filter((line) => !line.startsWith("::add-mask::"));
  expect(leaksIn(rest.join("\n") + stderr)).toEqual([]);
});

test("a state directory that cannot be written, and output that nobody reads, are no way out", async () => {
  const unwritable = await home.run(["run", "careless.ts"], { env: { ...env, FLOWCTL_STATE_DIR: "/proc/nowhere" } });
  expect(unwritable.code).toBe(2);
  const closed = await home.run(["-c", '"$0" "$@" | head -c 1', process.execPath, BIN, "run", "careless.ts"], {
    env,
    program: ["sh"],
  });
  expect(leaksIn(unwritable.output + closed.output)).toEqual([]);
});

test("no command is left out of the table", async () => {
  const known = new Set(ROWS.map(([args]) => args.slice(0, 2).join(" ")));
  const all = await commandsBelow([]);
  expect(all.length).toBeGreaterThan(20);
  const isKnown = (path: readonly string[]): boolean =>
    [...known].some((each) => each === path.join(" ") || (path.length === 1 && each.startsWith(`${path[0] ?? ""} `)));
  expect(all.filter((path) => !isKnown(path)).map((path) => path.join(" "))).toEqual([]);
  rmSync(join(home.directory, "fresh"), { recursive: true, force: true });
});

/** All commands that have none below them, as the help names them. */
async function commandsBelow(path: readonly string[]): Promise<readonly (readonly string[])[]> {
  const { stdout } = await home.run([...path, "--help"]);
  const sections = stdout.split(/^(?=\S)/m).filter((each) => !/^(Usage|Options|Examples|Arguments|More)/.test(each));
  const names = sections.flatMap((each) => [...each.matchAll(/^ {2}([a-z][\w-]*)(?= |$)/gm)].map(([, name]) => name!));
  const below = names.filter((name) => name !== "help" || path.length === 0);
  if (below.length === 0) return path.length === 0 ? [] : [path];
  const found: (readonly (readonly string[])[])[] = [];
  for (const name of below) found.push(name === "help" ? [["help"]] : await commandsBelow([...path, name]));
  return found.flat();
}
