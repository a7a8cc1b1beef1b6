import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CliHome } from "../rig/cli.ts";
import { addCrashedRun } from "./crashed-run.ts";

/** The errors that each call is failed with. */
export const ERRNOS: Readonly<Record<string, number>> = {
  ...constants.errno,
  // Not in Node's list.
  EUCLEAN: 117,
};
export const NAMES = "ENOSPC EIO EDQUOT EROFS ESTALE ENOTCONN ENOMEM ETIMEDOUT EUCLEAN EBUSY ENFILE EFBIG".split(" ");

/** A call on a kind of file that fails with an error: `write runs/ID/end.json`, `EIO`. */
export interface Cell {
  readonly call: string;
  readonly errno: string;
}

/** What became of a cell. */
export interface Outcome extends Cell {
  readonly isReached: boolean;
  readonly code: number | null;
  /** What is wrong with it, a sentence each. */
  readonly wrong: readonly string[];
  readonly output: string;
}

interface Delivered {
  readonly id: string;
  readonly message: { readonly alert: { readonly runId: string; readonly to: string; readonly reason?: string } };
}

/** With these the state directory cannot be used at all: nothing runs, and that is reported from memory. */
const UNUSABLE = ["open .writable", "mkdir runs", "mkdir live", "mkdir locks"];
/** With these no manifest can be written, so that no command finds the run; what was sent of it is in the outbox. */
const UNLISTED = [...UNUSABLE, "mkdir runs/ID", "open runs/ID/DRAFT", "write runs/ID/DRAFT"];
const SHIM = fileURLToPath(new URL("fault-shim.c", import.meta.url));

/** A project whose run fails and notifies, a state directory with a past, and the shim that fails calls there. */
export class FaultRig {
  readonly #home: CliHome;
  readonly #shim: string;
  readonly #crashed: string;
  #serial = 0;

  private constructor(home: CliHome, shim: string, crashed: string) {
    this.#home = home;
    this.#shim = shim;
    this.#crashed = crashed;
  }

  /** Builds the shim and the state directory that each cell begins with. */
  static async build(home: CliHome): Promise<FaultRig> {
    const shim = buildShim(home);
    home.write(
      "nightly.yaml",
      "flow: nightly\ntasks:\n  load: { run: echo 7 rows, cache: 1h }\n  check: { run: exit 3 }\n",
    );
    const sink = (name: string): string => `cat >> \\"$HOME/${name}\\"; echo >> \\"$HOME/${name}\\"`;
    home.write(
      "flowctl.config.yaml",
      `channels:
  team: { type: command, run: "${sink("delivered")}" }
  down: { type: command, run: "test -e \\"$HOME/up\\"" }
  here: { type: inbox }
hooks:
  - { name: ends, states: [Failed, Crashed], to: [team, down, here], notifyOn: always }
delivery: { waitAtEnd: 1s }
`,
    );
    await home.run(["run", "nightly.yaml"]);
    return new FaultRig(home, shim, addCrashedRun(home.state));
  }

  /** The calls that a run without faults makes, by kind. */
  async calls(): Promise<readonly string[]> {
    const log = join(this.#home.directory, "..", "calls");
    const { root, env } = this.#begin();
    await this.#home.run(["run", "nightly.yaml"], { env: { ...env, ...this.#faults(env, log) } });
    const calls = readFileSync(log, "utf8").trim().split("\n");
    rmSync(log);
    rmSync(root, { recursive: true });
    return [...new Set(calls)].sort();
  }

  /** Runs the flow with the fault, and then a later command or two without it. */
  async run({ call, errno }: Cell): Promise<Outcome> {
    const { root, env } = this.#begin();
    const log = join(root, "hits");
    const faults = { ...this.#faults(env, log), FAULT_CELL: call, FAULT_ERRNO: String(ERRNOS[errno]) };
    const ended = await this.#home.run(["run", "nightly.yaml"], { env: { ...env, ...faults } });
    writeFileSync(join(root, "home", "up"), "");
    const later = [
      await this.#home.run(["runs", "list", "--json"], { env }),
      await this.#home.run(["notify", "flush", "--deadline", "20s"], { env }),
    ] as const;
    const output = [ended, ...later].map((each) => each.output).join("\n");
    const isUnusable = UNUSABLE.includes(call);
    const wrong = [
      ...(ended.code === (isUnusable ? 2 : 1) ? [] : [`exit code ${String(ended.code ?? ended.signal)}`]),
      ...later.flatMap(({ code }, at) => (code === 0 ? [] : [`exit code ${String(code)} of later command ${at + 1}`])),
      ...(/^\s+at .*[:(]/m.test(output) ? ["a stack is shown"] : []),
      ...this.#judge(call, deliveredIn(join(root, "home", "delivered")), isUnusable),
      ...this.#judgeInbox(call, join(root, "state", "inbox")),
      ...this.#judgeList(call, later[0].stdout),
    ];
    const isReached = existsSync(log);
    rmSync(root, { recursive: true });
    return { call, errno, isReached, code: ended.code, wrong, output };
  }

  #begin() {
    const root = join(this.#home.directory, "..", `cell-${String((this.#serial += 1))}`);
    const state = join(root, "state");
    mkdirSync(join(root, "home"), { recursive: true });
    cpSync(this.#home.state, state, { recursive: true });
    return { root, env: { HOME: join(root, "home"), FLOWCTL_STATE_DIR: state } };
  }

  #faults({ FLOWCTL_STATE_DIR: state }: { readonly FLOWCTL_STATE_DIR: string }, log: string) {
    return { LD_PRELOAD: this.#shim, FAULT_ROOT: state, FAULT_LOG: log };
  }

  /** The messages of the run, of the crashed one, and of the one before, unless the inbox itself refused. */
  #judgeInbox(call: string, inbox: string): readonly string[] {
    const messages = readdirSync(inbox).filter((name) => name.endsWith(".json"));
    const wanted = UNUSABLE.includes(call) ? 2 : 3;
    return messages.length === wanted || call.includes("inbox") ? [] : [`${String(messages.length)} in the inbox`];
  }

  /** Both runs are found later, with how they ended. */
  #judgeList(call: string, json: string): readonly string[] {
    const runs = JSON.parse(json) as readonly { readonly run: string; readonly state: string }[];
    const states = runs.map(({ state }) => state).sort();
    const wanted = ["Crashed", "Failed", ...(UNLISTED.includes(call) ? [] : ["Failed"])];
    return states.join() === wanted.join() ? [] : [`listed: ${states.join()}`];
  }

  /** The run and the crashed one: each is reported with one end, once. */
  #judge(call: string, delivered: readonly Delivered[], isUnusable: boolean): readonly string[] {
    const runs = [...new Set(delivered.map(({ message }) => message.alert.runId))];
    const wanted = runs.includes(this.#crashed) ? runs.length === 2 : false;
    const wrong = wanted
      ? []
      : [`reported: ${runs.map((id) => (id === this.#crashed ? "crashed" : "run")).join() || "none"}`];
    for (const run of runs) {
      const own = delivered.filter(({ message }) => message.alert.runId === run);
      const ids = new Set(own.map(({ id }) => id));
      if (ids.size > 1) wrong.push(`run ${run} is reported under ${String(ids.size)} ids`);
      const state = run === this.#crashed ? "Crashed" : "Failed";
      for (const { message } of own) if (message.alert.to !== state) wrong.push(`run ${run}: ${message.alert.to}`);
      // Where the outbox itself does not take that a message was delivered, it is repeated under the same id.
      const mayRepeat = isUnusable || / (?:outbox|channels)/.test(call);
      if (own.length > 1 && !mayRepeat) wrong.push(`run ${run} is reported ${String(own.length)} times`);
    }
    return wrong;
  }
}

/** Compiles `fault-shim.c`, which says how it is used. */
export function buildShim(home: CliHome): string {
  const shim = join(home.directory, "..", "fault-shim.so");
  execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", shim, SHIM, "-ldl"]);
  return shim;
}

function deliveredIn(file: string): readonly Delivered[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Delivered);
}
