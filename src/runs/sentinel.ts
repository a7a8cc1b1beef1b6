import { spawn } from "node:child_process";

/** A process that watches this one, and starts `flowctl` once when it ends without a word. */
export interface Sentinel {
  /** This run is settled: there is nothing to watch any more. */
  done(): void;
}

/** What a sentinel is started with. */
export interface SentinelOptions {
  readonly runId: string;
  /** Node, and flowctl's own script. */
  readonly program: readonly [string, ...string[]];
  /** The state directory. */
  readonly directory: string;
  /** Where the run runs: what NODE_OPTIONS names is found from there. */
  readonly cwd: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** How long it waits before it does something. @default 0 */
  readonly afterSeconds?: number;
}

/**
 * It waits for one line. It gets "done", or the end of its input: then the process that
 * held the other end is gone, however it went. What ends that process (a closed terminal,
 * ctrl-C, its group killed) does not reach it: it has a session of its own. It keeps no directory of the project
 * from being removed: it goes there only then. What NODE_OPTIONS names may be gone by that time, or be what broke.
 * A service manager asks all that is left of a service to end, as soon as its main process has: the one that reaps is
 * asked while it starts, and is started once more.
 */
const SHELL = `trap '' HUP INT QUIT TERM
read -r word
[ "$word" = done ] && exit 0
[ "$FLOWCTL_AFTER" = 0 ] || sleep "$FLOWCTL_AFTER"
cd "$FLOWCTL_FROM" 2>/dev/null
unset FLOWCTL_AFTER FLOWCTL_FROM
"$0" "$@" && exit 0
unset NODE_OPTIONS
exec "$0" "$@"`;

const NODE = `let said = "";
process.stdin.on("data", (chunk) => { said += chunk; }).on("end", () => {
  if (said.startsWith("done")) return;
  const [program, ...args] = process.argv.slice(1);
  require("node:child_process").spawn(program, args, { detached: true, stdio: "ignore", windowsHide: true }).unref();
});`;

/**
 * Starts a sentinel for a run: on most systems a few milliseconds of `/bin/sh`.
 * One that cannot be started is no reason not to run: every later command looks for dead runs, too.
 */
export function startSentinel(options: SentinelOptions): Sentinel {
  const { runId, program, directory, cwd, variables, platform, afterSeconds = 0 } = options;
  const reap = [...program, "--config", "none", "reap", runId];
  const [file, args] = platform === "win32" ? [program[0], ["-e", NODE, ...reap]] : ["/bin/sh", ["-c", SHELL, ...reap]];
  const child = spawn(file, args, {
    cwd: directory,
    env: { ...variables, FLOWCTL_STATE_DIR: directory, FLOWCTL_AFTER: String(afterSeconds), FLOWCTL_FROM: cwd },
    detached: true,
    windowsHide: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.on("error", () => undefined);
  child.stdin.on("error", () => undefined);
  child.unref();
  // The pipe's other end: it may not keep this process alive, only its death may close it.
  (child.stdin as unknown as { unref(): void }).unref();
  return {
    done() {
      child.stdin.end("done\n");
    },
  };
}
