import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CANARY, CARELESS, leaksIn, NONE, watched } from "../rig/canary.ts";
import { cliHome, type CliHome } from "../rig/cli.ts";
import { keyringMissing, startKeyring, type Keyring } from "../rig/keyring.ts";
import { skipReason } from "../rig/skip.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CONFIG = (more: string): string => `
channels:
  hook: { type: slack, url: { secret: CANARY_URL } }
hooks:
  - { name: all, states: [Failed, Success], to: [inbox, hook] }
${more}
`;

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

const noKeyring = skipReason("leaks from the keychain", keyringMissing());

describe.each(["env", "keychain", "file", "exec", "dotenv"])("a secret from %s", (provider) => {
  const skipped = provider === "keychain" && noKeyring;
  let keyring: Keyring | undefined;
  beforeAll(async () => {
    if (provider === "keychain" && !skipped) keyring = await startKeyring();
  });
  afterAll(async () => keyring?.[Symbol.asyncDispose]());

  /** Plants the canary, and the address of a service that has it in its path. */
  const plant = async (home: CliHome): Promise<Planted> => {
    const values = { CANARY, CANARY_URL: `http://127.0.0.1:${port}/hook/${encodeURIComponent(CANARY)}` };
    const store = async (env: Readonly<Record<string, string>>): Promise<void> => {
      const stored = await home.run(["secrets", "import", "-"], { env, input: JSON.stringify(values) });
      expect(stored.code, stored.output).toBe(0);
    };
    switch (provider) {
      case "env":
        return {
          env: { FLOWCTL_SECRET_CANARY: values.CANARY, FLOWCTL_SECRET_CANARY_URL: values.CANARY_URL },
          config: "",
        };
      case "keychain":
        await store(keyring!.env);
        return { env: keyring!.env, config: "" };
      case "file":
        await home.run(["secrets", "keygen"]);
        await store({});
        return { env: {}, config: "" };
      case "exec":
        for (const [name, value] of Object.entries(values)) home.write(name, value);
        return { env: {}, config: `secrets: { exec: { "*": [cat, "{name}"] } }` };
      default:
        home.write("secrets.env", `CANARY=\`${CANARY}\`\nCANARY_URL=${values.CANARY_URL}\n`);
        return { env: {}, config: "secrets: { dotenv: secrets.env }" };
    }
  };

  test.skipIf(skipped)("shows nowhere when a careless flow fails", async () => {
    await using home = cliHome();
    const { env, config } = await plant(home);
    home.write("flowctl.config.yaml", CONFIG(config));
    const flow = home.write("careless.ts", CARELESS);
    const { code, output, leaks } = await watched(
      home,
      ["run", flow, "--report", "report.xml", "--events", "events.jsonl"],
      { env },
    );
    expect(code, output).toBe(1);
    expect(output).toContain("***CANARY");
    expect(output).toContain("held");
    expect(leaks, output).toEqual(NONE);
    for (const each of ["report.xml", "events.jsonl", "child.env", "shell.env"]) {
      expect(leaksIn(readFileSync(join(home.directory, each), "utf8")), each).toEqual([]);
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
  expect((await watched(home, ["secrets", ...args], { env, input })).leaks).toEqual(NONE);
});

test("a secret shows nowhere, and in no other process, where flowctl is the parent of its runner", async () => {
  await using home = cliHome();
  home.write("flowctl.config.yaml", CONFIG(""));
  const flow = home.write("careless.ts", CARELESS);
  const env = {
    CI: "true",
    FLOWCTL_SECRET_CANARY: CANARY,
    FLOWCTL_SECRET_CANARY_URL: `http://127.0.0.1:${port}/hook/${encodeURIComponent(CANARY)}`,
  };
  const { code, output, leaks } = await watched(home, ["run", flow], { env });
  expect(code, output).toBe(1);
  expect(leaks, output).toEqual(NONE);
});

test("a variable that the config names is masked in what code prints of it", async () => {
  await using home = cliHome();
  home.write("flowctl.config.yaml", "secrets: { env: { OTHER: CI_TOKEN } }\n");
  home.write(
    "prints.ts",
    `import { flow, task } from "flowctl";
const prints = task("prints", () => { console.log("token", process.env.CI_TOKEN); });
export default flow("prints", () => { prints(); });\n`,
  );
  const { code, output } = await home.run(["run", "prints.ts", "--logs", "full"], { env: { CI_TOKEN: CANARY } });
  expect(code, output).toBe(0);
  expect(output).toContain("token ***OTHER***");
  expect(leaksIn(output)).toEqual([]);
});

test("a task's process gets none of the secrets that it does not declare", async () => {
  await using home = cliHome();
  home.write("flowctl.config.yaml", "secrets: { env: { OTHER: CI_TOKEN } }\n");
  const spec = home.write("env.yaml", "flow: env\ntasks:\n  show: { run: env > seen.txt }\n");
  const run = await home.run(["run", spec], {
    env: { FLOWCTL_SECRET_CANARY: CANARY, FLOWCTL_SECRETS_KEY: "AGE-SECRET-KEY-1CANARY", CI_TOKEN: CANARY },
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
  home.write("flowctl.config.yaml", CONFIG(""));
  const flow = home.write("careless.ts", CARELESS);
  const env = { FLOWCTL_SECRET_CANARY: CANARY, FLOWCTL_SECRET_CANARY_URL: `http://127.0.0.1:${port}/` };
  const { output, leaks } = await watched(home, ["run", flow], { env, cli: mutant.cli });
  rmSync(mutant.directory, { recursive: true, force: true });
  expect(leaks.output, output).toContain("raw");
  expect(leaks.state.length).toBeGreaterThan(0);
});

test("the address of a notification task is masked in what later tasks write", async () => {
  await using home = cliHome();
  const address = `http://127.0.0.1:${String(port)}/services/T000/B000/0f-its-own-t0ken`;
  home.write(
    "own.yaml",
    `tasks:
  tell: { uses: slack, with: { webhookUrl: "${address}", message: x } }
  later: { needs: [tell], trigger: all_finished, run: "printf 'wrote %s' ${address}" }
`,
  );
  const { output } = await home.run(["run", "own.yaml", "--logs", "full"]);
  expect(output).toContain("wrote ***");
  expect(output).not.toContain("0f-its-own-t0ken");
});

test("a secret of digits is masked where it is a number: in results, on disk, in messages and in JSON", async () => {
  await using home = cliHome();
  const pin = "9846153270";
  const bodies: string[] = [];
  const taker = createServer((request, response) => {
    request.setEncoding("utf8").on("data", (chunk: string) => bodies.push(chunk));
    request.on("end", () => response.writeHead(200).end());
  });
  await new Promise<void>((resolve) => taker.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${String((taker.address() as AddressInfo).port)}/`;
  home.write(
    "digits.yaml",
    `tasks:
  a: { env: { T: "\${{ secrets.PIN }}" }, capture: json, run: "printf '{\\"n\\":%s,\\"d\\":%s.5,\\"l\\":[%s],\\"key %s\\":1}' $T $T $T $T" }
  w: { uses: webhook, with: { url: "${url}", message: { n: "\${{ tasks.a.outputs.stdout.n }}" } } }
result: "\${{ tasks.a.outputs.stdout }}"
`,
  );
  const env = { FLOWCTL_SECRET_PIN: pin };
  try {
    const ran = await home.run(["run", "digits.yaml", "--json", "--events", "events.jsonl"], { env });
    expect(ran.code, ran.output).toBe(0);
    const shown = await home.run(["runs", "show", "last", "--json"], { env });
    for (const text of [
      ran.output,
      shown.output,
      readFileSync(join(home.directory, "events.jsonl"), "utf8"),
      ...bodies,
    ])
      expect(text).not.toContain(pin);
    expect(bodies.join("")).toContain('"***PIN***"');
    const holders = readdirSync(home.state, { withFileTypes: true, recursive: true }).filter(
      (each) => each.isFile() && readFileSync(join(each.parentPath, each.name), "latin1").includes(pin),
    );
    expect(holders.map(({ name }) => name)).toEqual([]);
  } finally {
    taker.close();
  }
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
              register: () => undefined, redact: (text) => text, redactMessage: (text) => text,
              stream: () => ({ write: (chunk) => chunk, end: () => "", isEmpty: true }),
            });`,
          }));
        },
      },
    ],
  });
  return { directory: own, cli: join(own, "dist", "cli.js") };
}
