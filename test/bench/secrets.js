import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const BIN = fileURLToPath(new URL("../../bin/flowctl.js", import.meta.url));
const HELPER = fileURLToPath(new URL("../../dist/secrets/keychain-host.js", import.meta.url));
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 25);

export const title = `Secrets: what looking for them adds to a run, median of the differences in ${String(ROUNDS)} rounds`;

const flowWith = (names) => `import { flow, task } from "flowctl";
const hello = task("hello", { secrets: ${JSON.stringify(names)} }, (): string => "hello");
export default flow("one", () => {
  hello();
});
`;

const TEXT_BYTES = 8 * 2 ** 20;
const MASKING_ROUNDS = 9;

/** What masking 50 secrets costs, in MB/s, and as a ratio to a bare loop over the same bytes in the same round. */
async function* masking(directory) {
  const file = join(directory, "masker.mjs");
  const entry = fileURLToPath(new URL("../../src/secrets/masker.ts", import.meta.url));
  await build({
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: file,
    logLevel: "error",
  });
  const { createMasker } = await import(pathToFileURL(file).href);
  const masker = createMasker();
  const secrets = Array.from({ length: 50 }, (_, at) => randomBytes(24).toString(at % 2 === 0 ? "base64" : "hex"));
  for (const [at, value] of secrets.entries()) masker.add(`BENCH_${String(at)}`, value);
  const filled = (line) => {
    const lines = [];
    for (let at = 0, length = 0; length < TEXT_BYTES; at += 1) length += lines[lines.push(line(at)) - 1].length;
    return lines.join("");
  };
  const texts = {
    "log lines": [
      filled(
        (at) => `2026-11-30T23:19:47.${String(at % 1000)}Z INFO order ${String((at * 7919) % 99991)} took 12 ms\n`,
      ),
      100,
    ],
    base64: [
      randomBytes((TEXT_BYTES * 3) / 4)
        .toString("base64")
        .replace(/(.{76})/g, "$1\n"),
      50,
    ],
    hexadecimal: [
      randomBytes(TEXT_BYTES / 2)
        .toString("hex")
        .replace(/(.{64})/g, "$1\n"),
      50,
    ],
    "beginnings of secrets": [filled((at) => `${secrets[at % 50].slice(0, 5 + (at % 26))} `), 50],
  };
  for (const [what, [text, least]] of Object.entries(texts)) {
    const rates = { bare: 0, masked: 0 };
    for (let round = 0; round < MASKING_ROUNDS; round += 1) {
      rates.bare = Math.max(
        rates.bare,
        rateOf(text, () => sumOf(Buffer.from(text))),
      );
      rates.masked = Math.max(
        rates.masked,
        rateOf(text, () => masker.mask(text)),
      );
    }
    const baseline = `${(rates.bare / rates.masked).toFixed(1)} × a bare loop over the bytes (${rates.bare.toFixed(0)} MB/s)`;
    yield {
      what: `masking 50 secrets in ${what}: at least ${String(least)}`,
      value: rates.masked,
      unit: "MB/s",
      baseline,
    };
  }
}

function rateOf(text, work) {
  const before = performance.now();
  work();
  return text.length / 1000 / (performance.now() - before);
}

function sumOf(bytes) {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 1) sum = (sum + bytes[at]) | 0;
  return sum;
}

/** A hook whose channel needs these secrets; the flow itself needs none. */
const configWith = (names) => {
  const env = Object.fromEntries(names.map((name) => [name, { secret: name }]));
  const channels = { team: { type: "command", run: ["true"], env } };
  return JSON.stringify({ channels, hooks: [{ name: "told", states: ["Failed"], to: ["team"] }] });
};

/**
 * A run without secrets against the same run with ten of them, from the environment and from the keychain: those
 * of tasks, which are known once the flow is loaded, and those of a hook, which are known before.
 */
export async function* measure() {
  const directory = mkdtempSync(join(tmpdir(), "flowctl-bench-"));
  const names = Array.from({ length: 10 }, (_, index) => `BENCH_${String(index)}`);
  const keyring = await startKeyring(directory);
  try {
    yield* masking(directory);
    writeFileSync(join(directory, "package.json"), '{"type":"module"}');
    writeFileSync(join(directory, "none.ts"), flowWith([]));
    writeFileSync(join(directory, "ten.ts"), flowWith(names));
    for (const [place, given] of Object.entries({ hook: [], told: names })) {
      mkdirSync(join(directory, place, ".git"), { recursive: true });
      writeFileSync(join(directory, place, "flowctl.config.yaml"), configWith(given));
      writeFileSync(join(directory, place, "none.ts"), flowWith([]));
    }
    const base = { PATH: process.env.PATH, HOME: directory, FLOWCTL_STATE_DIR: join(directory, "state") };
    const given = Object.fromEntries(names.map((name) => [`FLOWCTL_SECRET_${name}`, `value of ${name}`]));
    const commands = {
      bare: [["-e", "0"], base],
      none: [[BIN, "run", "none.ts"], base],
      env: [[BIN, "run", "ten.ts"], { ...base, ...given }],
    };
    if (keyring !== undefined) {
      const env = { ...base, ...keyring.env };
      const input = JSON.stringify(Object.fromEntries(names.map((name) => [name, `value of ${name}`])));
      const stored = spawnSync(process.execPath, [BIN, "secrets", "import", "-"], { cwd: directory, env, input });
      if (stored.status !== 0) throw new Error(stored.stderr.toString());
      commands.unused = [[BIN, "run", "none.ts"], env];
      const entries = names.map((account) => ({ service: "flowctl", account }));
      commands.helper = [[HELPER], { ...env, NODE_OPTIONS: "" }, JSON.stringify({ action: "get", entries })];
      commands.keychain = [[BIN, "run", "ten.ts"], env];
      commands.hook = [[BIN, "run", "hook/none.ts"], env];
      commands.told = [[BIN, "run", "told/none.ts"], env];
    }
    const { over, middle } = timings(commands, directory);
    const baseline = `run without secrets ${middle("none").toFixed(1)} ms`;
    yield { what: "ten secrets from the environment", value: over("env", "none"), unit: "ms", budget: 5, baseline };
    if (keyring === undefined) {
      yield { what: "keychain: no Secret Service here, not measured", value: 0, unit: "ms" };
      return;
    }
    yield {
      what: "a run that needs none, with a keychain in reach",
      value: over("unused", "none"),
      unit: "ms",
      budget: 3,
      baseline,
    };
    const added = over("keychain", "none");
    yield {
      what: "ten secrets from the keychain, against one start of its helper",
      value: added / middle("helper"),
      unit: "×",
      budget: 1.25,
      baseline: `helper ${middle("helper").toFixed(1)} ms, added ${added.toFixed(1)} ms`,
    };
    const beside = over("told", "hook");
    yield {
      what: "ten secrets of a hook's channel from the keychain, its helper starting while the flow loads",
      value: beside / middle("helper"),
      unit: "×",
      budget: 1,
      baseline: `run with the hook and no secrets ${middle("hook").toFixed(1)} ms, added ${beside.toFixed(1)} ms`,
    };
  } finally {
    await keyring?.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Runs all commands once a round, to and fro. What is measured is smaller than
 * what other programs disturb, so differences are taken within each round.
 */
function timings(commands, cwd) {
  const rounds = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const taken = {};
    const order = Object.entries(commands);
    for (const [name, [args, env, input]] of round % 2 === 0 ? order : order.reverse()) {
      const before = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, { cwd, env, input: input ?? "" });
      taken[name] = performance.now() - before;
      if (status !== 0) throw new Error(`${name} ended with ${String(status)}: ${stderr.toString()}`);
    }
    // The first round only warms the disk.
    if (round > 0) rounds.push(taken);
  }
  const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  return {
    middle: (name) => median(rounds.map((each) => each[name])),
    over: (name, base) => median(rounds.map((each) => each[name] - each[base])),
  };
}

/** A private keyring that ends with its input; `undefined` where the programs are not there. */
async function startKeyring(directory) {
  const env = {
    PATH: process.env.PATH,
    XDG_RUNTIME_DIR: join(directory, "run"),
    XDG_DATA_HOME: join(directory, "data"),
  };
  for (const each of [env.XDG_RUNTIME_DIR, env.XDG_DATA_HOME]) mkdirSync(each, { mode: 0o700 });
  const script =
    'printf %s ci | gnome-keyring-daemon --unlock --components=secrets >/dev/null || exit 1; echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat >/dev/null';
  const child = spawn("dbus-run-session", ["--", "sh", "-c", script], {
    env: { ...env, HOME: directory },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const closed = new Promise((resolve) => child.once("close", resolve).once("error", resolve));
  const address = await Promise.race([
    new Promise((resolve) => child.stdout.once("data", (text) => resolve(text.toString().trim()))),
    closed.then(() => undefined),
  ]);
  if (address === undefined) return undefined;
  return {
    env: { ...env, DBUS_SESSION_BUS_ADDRESS: address },
    stop: async () => {
      child.stdin.end();
      await closed;
    },
  };
}
