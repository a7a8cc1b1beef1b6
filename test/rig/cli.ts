import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The real executable. */
export const BIN = fileURLToPath(new URL("../../bin/flowctl.js", import.meta.url));

const COMPILED = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));

/** What a finished command left. */
export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams, in the order in which they arrived. */
  readonly output: string;
}

/** How a command is started. */
export interface Start {
  readonly cwd?: string;
  /** Added to a nearly empty environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Node's own binary is used, unless another program is named. */
  readonly program?: readonly string[];
  readonly detached?: boolean;
  /** The user and group that it runs as; only root may choose. @default those of the tests */
  readonly uid?: number;
}

/** A command that goes on. */
export interface Started {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves once the output holds the text; rejects when the command ends without it. */
  saw(text: string | RegExp): Promise<void>;
}

/** A temporary home and project, with the real binary: `await using home = cliHome()`. */
export interface CliHome extends AsyncDisposable {
  /** The project's directory, a repository's root. */
  readonly directory: string;
  readonly state: string;
  /** Writes a file of the project and answers its path. */
  write(path: string, text: string): string;
  /** Runs `flowctl …` to its end. */
  run(args: readonly string[], start?: Start): Promise<Finished>;
  start(args: readonly string[], start?: Start): Started;
  /** All text in the files of the state directory. */
  stateText(): string;
}

export function cliHome(): CliHome {
  const root = mkdtempSync(join(tmpdir(), "flowctl-test-"));
  const directory = join(root, "project");
  const state = join(root, "state");
  for (const each of [directory, join(directory, ".git"), join(root, "home")]) mkdirSync(each, { recursive: true });
  const children = new Set<ChildProcess>();

  const begin = (args: readonly string[], options: Start = {}): Started => {
    const [program = process.execPath, ...before] = options.program ?? [process.execPath, BIN];
    const env = { ...cleanEnvironment(root), FLOWCTL_STATE_DIR: state, ...options.env };
    const child = spawn(program, [...before, ...args], {
      cwd: options.cwd ?? directory,
      env: withoutUndefined(env),
      stdio: ["pipe", "pipe", "pipe"],
      detached: options.detached ?? false,
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    children.add(child);
    const seen = { stdout: "", stderr: "", output: "" };
    const watchers = new Set<() => void>();
    const take = (name: "stdout" | "stderr") => (chunk: string) => {
      seen[name] += chunk;
      seen.output += chunk;
      for (const each of watchers) each();
    };
    child.stdout.setEncoding("utf8").on("data", take("stdout"));
    child.stderr.setEncoding("utf8").on("data", take("stderr"));
    // A command that does not read its input may be gone before it is written.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    const finished = new Promise<Finished>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        children.delete(child);
        resolve({ code, signal, ...seen });
        for (const each of watchers) each();
      });
    });
    const saw = (text: string | RegExp): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = typeof text === "string" ? seen.output.includes(text) : text.test(seen.output);
          if (!found && child.exitCode === null && child.signalCode === null) return;
          watchers.delete(look);
          if (found) resolve();
          else reject(new Error(`ended without ${String(text)}:\n${seen.output}`));
        };
        watchers.add(look);
        look();
      });
    return { child, finished, saw };
  };

  return {
    directory,
    state,
    write(path, text) {
      const file = join(directory, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    run: (args, options) => begin(args, options).finished,
    start: begin,
    stateText: () => textBelow(state),
    async [Symbol.asyncDispose]() {
      const ended = [...children].map((child) => new Promise((resolve) => child.once("close", resolve)));
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(ended);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** The processes that this one has started itself and that go on. */
export function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

/** Only what a program needs to start: no CI, no bus, no proxy of the machine the tests run on. */
export function cleanEnvironment(root: string): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: join(root, "home"),
    LANG: "C.UTF-8",
    FLOWCTL_BACKGROUND: "0",
    // A home is new in each test; what is compiled is not.
    NODE_COMPILE_CACHE: COMPILED,
  };
}

function withoutUndefined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function textBelow(directory: string): string {
  let text = "";
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) text += textBelow(path);
    else if (stat?.isFile() === true) text += `${path}\n${readFileSync(path, "utf8")}\n`;
  }
  return text;
}
