import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BIN, cliHome, type CliHome } from "../rig/cli.ts";
import { keyringMissing, skipReason, startKeyring, type Keyring } from "../rig/keyring.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** It has a character that each of the encodings treats in its own way, and no ordinary text has any of it. */
const CANARY = `c4n4ry/+"&<k>'é-9f8e7d6c`;

/** Every form in which it may show up, made here by other means than those of the redactor. */
const FORMS: Readonly<Record<string, string>> = {
  raw: CANARY,
  json: JSON.stringify(CANARY).slice(1, -1),
  "json twice": JSON.stringify(JSON.stringify(CANARY)).slice(3, -3),
  url: encodeURIComponent(CANARY),
  form: new URLSearchParams({ a: CANARY }).toString().slice(2),
  base64: Buffer.from(CANARY).toString("base64").slice(0, -4),
  "base64 after 1": Buffer.from(`x${CANARY}`).toString("base64").slice(4, -4),
  "base64 after 2": Buffer.from(`xx${CANARY}`).toString("base64").slice(4, -4),
  base64url: Buffer.from(CANARY).toString("base64url").slice(0, -4),
  hex: Buffer.from(CANARY).toString("hex"),
  HEX: Buffer.from(CANARY).toString("hex").toUpperCase(),
  html: CANARY.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
  shell: CANARY.replaceAll("'", "'\\''"),
};

/** In which forms a text shows the canary. */
function leaksIn(text: string): readonly string[] {
  return Object.entries(FORMS)
    .filter(([, form]) => text.includes(form))
    .map(([name]) => name);
}

/** A flow that does all that a careless author could do with a secret, and fails. */
const CARELESS = `
import { flow, task, notifyTask, slackNotifier, triggers } from "flowctl";
import { execFileSync } from "node:child_process";

const forms = (s) => [s, JSON.stringify({ s }), JSON.stringify(JSON.stringify({ s })), encodeURIComponent(s),
  new URLSearchParams({ s }).toString(), ...[0, 1, 2].map((n) => Buffer.from("x".repeat(n) + s + "more").toString("base64")),
  Buffer.from(s).toString("base64url"), Buffer.from(s).toString("hex"), Buffer.from(s).toString("hex").toUpperCase(),
  s.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"), "'" + s.replaceAll("'", "'\\\\''") + "'"];

const print = task("print", { secrets: ["CANARY"] }, async (_: {}, ctx) => {
  const s = await ctx.secret("CANARY");
  for (const form of forms(s)) { console.log("out", form); console.error("err", form); ctx.logger.info("log " + form); }
  for (const unit of s) process.stdout.write(unit);
  process.stdout.write("\\n");
  console.log(execFileSync("cat", { input: forms(s).join("\\n"), encoding: "utf8" }));
  return forms(s);
});
const fail = task("fail", { secrets: ["CANARY"], stateHandlers: [slackNotifier({ onlyStates: ["Failed"], channel: "hook" })] }, async (_: {}, ctx) => {
  const s = await ctx.secret("CANARY");
  throw new Error("refused: " + forms(s).join("\\n"), { cause: new Error(s) });
});
const reject = task("reject", { secrets: ["CANARY"] }, async (_: {}, ctx) => { throw { message: await ctx.secret("CANARY") }; });
const name = task("name", { secrets: ["CANARY"] }, async (_: {}, ctx) => { const s = await ctx.secret("CANARY"); const error = new TypeError(s); error.stack = s; throw error; });

export default flow("careless", () => {
  const printed = print();
  const failed = fail();
  reject();
  name();
  notifyTask({ channel: "inbox", message: printed }, { name: "tell" });
  notifyTask({ channel: "inbox", message: failed }, { name: "tell-failure", trigger: triggers.anyFailed });
});
`;

const CONFIG = (port: number, more: string): string => `
channels:
  hook: { type: slack, url: { secret: CANARY_URL } }
  web: { type: webhook, url: "http://127.0.0.1:${port}/refuse" }
hooks:
  - { name: all, states: [Failed, Success], to: [inbox, hook] }
secrets:
  env: { CANARY_URL: HOOK_ADDRESS }
${more}
`;

/** What people look at when a run has failed. */
const AFTERWARDS = [
  ["secrets", "get", "CANARY"],
  ["runs", "logs", "last"],
  ["runs", "show", "last"],
  ["notify", "list"],
  ["inbox"],
  ["secrets", "list"],
  ["secrets", "test", "CANARY"],
  ["secrets", "doctor"],
];

/** Where the canary is planted: what it takes to put it there, beside the config. */
interface Planted {
  readonly env: Readonly<Record<string, string>>;
  readonly config: string;
}

let port: number;
const server = createServer((request, response) => {
  // A service that repeats what it was sent, as some do.
  let body = "";
  request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
  request.on("end", () => response.writeHead(403).end(`no access for ${request.url ?? ""} ${body}`));
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** All that a command left: what it printed, the files of the state directory, and what others could see meanwhile. */
async function watched(
  home: CliHome,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input = "",
  cli = BIN,
) {
  const started = home.start(args, { env, input, program: [process.execPath, cli] });
  const seen = new Set<string>();
  const { child } = started;
  while (child.exitCode === null && child.signalCode === null) {
    for (const line of commandLines()) seen.add(line);
    await new Promise(setImmediate);
  }
  const { code, output } = await started.finished;
  const files = filesBelow(home.state);
  return {
    code,
    output,
    leaks: {
      output: leaksIn(output),
      state: files.flatMap(([path, text]) =>
        leaksIn(text + path).map((form) => `${path.slice(home.state.length)}: ${form}`),
      ),
      argv: leaksIn([...seen].join("\n")),
    },
  };
}

const NONE = { output: [], state: [], argv: [] };

function commandLines(): readonly string[] {
  return readdirSync("/proc")
    .filter((each) => /^\d+$/.test(each))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    });
}

function filesBelow(directory: string): readonly (readonly [path: string, text: string])[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
    .map((path) => [path, readFileSync(path, "utf8")] as const);
}

const noKeyring = skipReason("leaks from the keychain", keyringMissing());

describe.each(["env", "keychain", "file", "exec", "dotenv"])("a secret from %s", (provider) => {
  const skipped = provider === "keychain" && noKeyring;
  let keyring: Keyring | undefined;
  beforeAll(async () => {
    if (provider === "keychain" && !skipped) keyring = await startKeyring();
  });
  afterAll(async () => keyring?.[Symbol.asyncDispose]());

  const plant = async (home: CliHome): Promise<Planted> => {
    const address = { HOOK_ADDRESS: `http://127.0.0.1:${port}/hook/${encodeURIComponent(CANARY)}` };
    switch (provider) {
      case "env":
        return { env: { ...address, FLOWCTL_SECRET_CANARY: CANARY }, config: "" };
      case "keychain": {
        await home.run(["secrets", "set", "CANARY"], { env: keyring!.env, input: CANARY });
        return { env: { ...address, ...keyring!.env }, config: "" };
      }
      case "file":
        await home.run(["secrets", "keygen"]);
        await home.run(["secrets", "set", "CANARY"], { input: CANARY });
        return { env: address, config: "" };
      case "exec":
        home.write("canary.txt", CANARY);
        return { env: address, config: `  exec: { CANARY: [cat, canary.txt] }` };
      default:
        home.write("secrets.env", `CANARY=\`${CANARY}\`\n`);
        return { env: address, config: "  dotenv: secrets.env" };
    }
  };

  test.skipIf(skipped)("shows nowhere when a careless flow fails", async () => {
    await using home = cliHome();
    const { env, config } = await plant(home);
    home.write("flowctl.config.yaml", CONFIG(port, config));
    const flow = home.write("careless.ts", CARELESS);
    for (const args of provider === "env" ? [[], ["--ui", "json"], ["-v"]] : [[]]) {
      const { code, output, leaks } = await watched(
        home,
        ["run", flow, ...args, "--report", "report.xml", "--events", "events.jsonl"],
        env,
      );
      expect(code, output).toBe(1);
      expect(output).toContain("***CANARY");
      expect(leaks, output).toEqual(NONE);
      const written = ["report.xml", "events.jsonl"]
        .map((each) => readFileSync(join(home.directory, each), "utf8"))
        .join();
      expect(leaksIn(written)).toEqual([]);
    }
    for (const args of provider === "env" ? AFTERWARDS : AFTERWARDS.slice(0, 2)) {
      expect((await watched(home, args, env)).leaks, args.join(" ")).toEqual(NONE);
    }
  });
});

/** Commands that are given the canary, on every way on which they can fail. */
const COMMANDS: readonly (readonly [
  what: string,
  args: readonly string[],
  input: string,
  env: Readonly<Record<string, string>>,
])[] = [
  ["set into the file", ["set", "CANARY"], CANARY, {}],
  ["set without a store", ["set", "CANARY", "--store", "keychain"], CANARY, {}],
  ["set with a frozen bus", ["set", "CANARY"], CANARY, { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent" }],
  ["set from a variable", ["set", "CANARY", "--from-env", "PLAIN"], "", { PLAIN: CANARY }],
  ["set with a NUL", ["set", "CANARY"], `${CANARY}\0x`, {}],
  ["set that is too large", ["set", "CANARY"], CANARY.repeat(5000), {}],
  ["set of bytes that are no text", ["set", "CANARY"], `${CANARY}\uD800`, {}],
  ["import of JSON", ["import", "-"], JSON.stringify({ CANARY }), {}],
  ["import of broken JSON", ["import", "-"], `{"CANARY": "${CANARY}`, {}],
  ["import of a wrong name", ["import", "-"], JSON.stringify({ "a-b": CANARY }), {}],
  ["import of a nested value", ["import", "-"], JSON.stringify({ A: { CANARY } }), {}],
  ["test with a damaged key", ["test", "CANARY"], "", { FLOWCTL_SECRETS_KEY: CANARY }],
  ["a wrong back end", ["test"], "", { FLOWCTL_SECRETS_BACKEND: "nowhere" }],
];

test.each(COMMANDS)("secrets: %s shows it nowhere", async (_, args, input, env) => {
  await using home = cliHome();
  await home.run(["secrets", "keygen"]);
  expect((await watched(home, ["secrets", ...args], env, input)).leaks).toEqual(NONE);
});

test("a refused run shows nothing of a secret in a file that cannot be loaded", async () => {
  await using home = cliHome();
  home.write("flowctl.config.yaml", CONFIG(port, ""));
  const flow = home.write("broken.ts", `throw new Error(process.env.FLOWCTL_SECRET_CANARY);`);
  const { code, leaks } = await watched(home, ["run", flow], {
    FLOWCTL_SECRET_CANARY: CANARY,
    HOOK_ADDRESS: `http://127.0.0.1:${port}/`,
  });
  expect(code).toBe(2);
  expect(leaks).toEqual(NONE);
});

test("a task's process gets none of the secrets that it does not declare", async () => {
  await using home = cliHome();
  const spec = home.write("env.yaml", "flow: env\ntasks:\n  show: { run: env > seen.txt }\n");
  const run = await home.run(["run", spec], {
    env: { FLOWCTL_SECRET_CANARY: CANARY, FLOWCTL_SECRETS_KEY: "AGE-SECRET-KEY-1CANARY" },
  });
  expect(run.code, run.output).toBe(0);
  const seen = readFileSync(join(home.directory, "seen.txt"), "utf8");
  expect(seen).toContain("PATH=");
  expect(leaksIn(seen)).toEqual([]);
  expect(seen).not.toContain("AGE-SECRET-KEY");
});

test("with the redactor taken out this test would fail", async () => {
  await using home = cliHome();
  const mutant = await withoutRedactor(join(ROOT, "node_modules", ".cache", "flowctl-mutant"));
  home.write("flowctl.config.yaml", CONFIG(port, ""));
  const flow = home.write("careless.ts", CARELESS);
  const env = { FLOWCTL_SECRET_CANARY: CANARY, HOOK_ADDRESS: `http://127.0.0.1:${port}/` };
  const { output, leaks } = await watched(home, ["run", flow], env, "", mutant.cli);
  rmSync(mutant.directory, { recursive: true, force: true });
  expect(leaks.output, output).toContain("raw");
  expect(leaks.state.length).toBeGreaterThan(0);
});

/** Bundles the CLI with a redactor that does nothing. */
async function withoutRedactor(directory: string): Promise<{ readonly directory: string; readonly cli: string }> {
  const own = join(directory, String(process.pid));
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, "package.json"), '{"type":"module"}');
  await build({
    entryPoints: ["src/cli.ts", "src/index.ts"].map((each) => join(ROOT, each)),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    outdir: join(own, "dist"),
    logLevel: "error",
    external: ["twilio", "keytar", "oxc-transform", "oxc-resolver", "fs-native-extensions", "typescript"],
    define: { FLOWCTL_BUNDLED: "true" },
    banner: { js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);' },
    plugins: [
      {
        name: "no-redactor",
        setup(builder) {
          builder.onLoad({ filter: /src[/\\]secrets[/\\]redactor\.ts$/ }, () => ({
            loader: "ts",
            contents: `export const createRedactor = () => ({
              register: () => [], redact: (text) => text, redactMessage: (text) => text,
              stream: () => ({ write: (chunk) => chunk, end: () => "" }),
            });`,
          }));
        },
      },
    ],
  });
  return { directory: own, cli: join(own, "dist", "cli.js") };
}
