import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../../src/commands/program.ts";
import { explain } from "../../src/coordinator/explain.ts";
import { systemClock } from "../../src/host/clock.ts";
import { systemFiles, type AppendFile, type Files } from "../../src/host/files.ts";
import { guardedFiles } from "../../src/host/guarded-files.ts";
import type { SystemHost } from "../../src/host/system-host.ts";
import { createRedactor } from "../../src/secrets/redactor.ts";
import { environment, same } from "../runs/rig.ts";
import { addCrashedRun } from "./crashed-run.ts";
import { NAMES } from "./fault-rig.ts";

/** `npm run chaos` fails each operation with each error; else each operation has one error, in turn. */
const isFull = process.env["FLOWCTL_CHAOS"] === "full";

/** A file by its kind, without what differs from run to run: `runs/ID/end.json`. */
function kindOf(state: string, path: string): string {
  const kinds = relative(state, path).split("/");
  return kinds.map((name) => name.replace(/^((?:[a-z]+[-_])*)(?=[^.]*\d)[^.]{10,}/, "$1ID")).join("/") || ".";
}

/** An object whose functions show their name and what they are given to `onCall` before they are called. */
function watched<T extends object>(object: T, onCall: (name: string, given: readonly unknown[]) => void): T {
  const functions = Object.entries(object) as [string, (...given: readonly unknown[]) => unknown][];
  const each = functions.map(([name, call]) => [
    name,
    (...given: readonly unknown[]) => {
      onCall(name, given);
      return call(...given);
    },
  ]);
  return Object.fromEntries(each) as T;
}

/** Files whose operations below `state` are shown to `onCall`, which may throw. */
function watchedFiles(state: string, onCall: (call: string) => void): Files {
  const look = (operation: string, path: string): void => {
    if (path === state || path.startsWith(`${state}/`)) onCall(`${operation} ${kindOf(state, path)}`);
  };
  const files = watched(systemFiles(), (name, given) => {
    look(name, String(given[name === "rename" ? 1 : 0]));
  });
  const append = (path: string): AppendFile =>
    watched(files.append(path), (name) => {
      look(name, path);
    });
  return { ...files, append };
}

/** A home with a project whose run fails and notifies, beside a run that crashed. */
class Home implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "flowctl-test-"));
  readonly state: string = join(this.root, "state");
  readonly delivered: string = join(this.root, "delivered");

  constructor(from?: Home) {
    mkdirSync(join(this.root, ".git"));
    if (from !== undefined) cpSync(from.state, this.state, { recursive: true });
    const files = {
      "nightly.yaml": "flow: nightly\ntasks:\n  load: { run: echo 7 rows, cache: 1h }\n  check: { run: exit 3 }\n",
      "flowctl.config.yaml": `project: shop
channels: { team: { type: command, run: "cat >> \\"$HOME/delivered\\"" } }
hooks: [{ name: ends, states: [Failed, Crashed], to: [team], notifyOn: always }]
`,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.root, name), text);
  }

  /** Runs a command in this process. @param onCall is shown each operation on the state directory */
  async run(words: string, onCall: (call: string) => void = () => undefined) {
    let output = "";
    const screen = { isTTY: false, columns: 80, rows: 25, write: (text: string) => void (output += text) };
    const refuse = () => Promise.resolve(undefined);
    const variables = {
      HOME: this.root,
      PATH: process.env["PATH"],
      FLOWCTL_STATE_DIR: this.state,
      FLOWCTL_BACKGROUND: "0",
    };
    const host: SystemHost = {
      clock: systemClock(),
      random: Math.random,
      files: guardedFiles(watchedFiles(this.state, onCall)),
      environment: environment(this.root, variables),
      terminal: {
        stdout: screen,
        stderr: screen,
        stdinIsTTY: false,
        intercept: () => () => undefined,
        onResize: () => () => undefined,
        drain: () => Promise.resolve(),
      },
      input: { readAll: refuse, askHidden: refuse, readLine: refuse, confirm: () => Promise.resolve(false) },
    };
    const stop = { signal: new AbortController().signal, parent: undefined, handOn: () => undefined };
    const parts = { host, stop, redactor: createRedactor(), reveal: screen.write };
    const code = await runProgram(words.split(" "), parts).catch((error: unknown) =>
      explain(error, host, { redact: same }),
    );
    return { code, output };
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** How often each run was reported, and with which end: `RUN Failed`. */
function reportsIn(home: Home): readonly string[] {
  const text = existsSync(home.delivered) ? readFileSync(home.delivered, "utf8") : "";
  return text
    .split(/(?<=\})\n?(?=\{"id")/)
    .filter((each) => each !== "")
    .map((each) => JSON.parse(each) as { message: { alert: { runId: string; to: string } } })
    .map(({ message: { alert } }) => `${alert.runId} ${alert.to}`);
}

/** With these the state directory cannot be used at all: nothing runs, and that is reported from memory. */
const UNUSABLE = /^(?:stat|makeDirectory) (?:\.|runs|live|locks)$|\.writable$/;

test("a run of which any operation on the disk fails keeps its exit code, and is reported once", async () => {
  using before = new Home();
  await before.run("run nightly.yaml");
  const crashed = addCrashedRun(before.state);
  const calls = new Set<string>();
  using whole = new Home(before);
  expect((await whole.run("run nightly.yaml", (call) => void calls.add(call))).code).toBe(1);
  expect(calls.size).toBeGreaterThan(50);
  const cells = [...calls].flatMap((call, at) =>
    (isFull ? NAMES : [NAMES[at % NAMES.length]!]).map((errno) => ({ call, errno })),
  );
  const wrong: string[] = [];
  for (const { call, errno } of cells) {
    using home = new Home(before);
    let hits = 0;
    const ended = await home.run("run nightly.yaml", (each) => {
      if (each !== call) return;
      hits += 1;
      throw Object.assign(new Error(`${errno}: simulated`), { code: errno });
    });
    const later = [await home.run("runs list"), await home.run("notify flush --deadline 20s")];
    const reports = reportsIn(home);
    const mayRepeat = / (?:outbox|channels)/.test(call);
    const of = (isCrashed: boolean) => reports.filter((each) => each.startsWith(crashed) === isCrashed);
    const isOnce = [of(true), of(false)].every((each) => new Set(each).size === 1 && (each.length === 1 || mayRepeat));
    const isRight =
      hits > 0 &&
      ended.code === (UNUSABLE.test(call) ? 2 : 1) &&
      later.every(({ code }) => code === 0) &&
      isOnce &&
      of(true)[0] === `${crashed} Crashed`;
    if (!isRight)
      wrong.push(
        `${errno} in ${call}: ${String(hits)} times, exit code ${ended.code}, later ${later.map(({ code }) => code).join()}, ${reports.join()}\n${ended.output}`,
      );
  }
  process.stderr.write(
    `disk errors of a command: ${calls.size} operations, ${cells.length} tried, ${wrong.length} wrong\n`,
  );
  expect(wrong).toEqual([]);
}, 3_600_000);
