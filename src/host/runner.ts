import { spawn } from "node:child_process";
import { FROM, type Word } from "./parent.ts";

/** This program once more, as a child of this process: it runs the flow, and this one sees how it ends. */
export interface Runner {
  /** Hands a signal on. */
  stop(signal: NodeJS.Signals): void;
  /** @throws Error where it could not be started */
  readonly ended: Promise<RunnerEnd>;
}

export interface RunnerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The run it had begun, if it came that far. */
  readonly runId: string | undefined;
}

/**
 * Starts this process's own command line again, on the same terminal, in the same process group.
 * @param variables the environment it was started with: some of it is kept out of `process.env`
 */
export function startRunner(variables: Readonly<Record<string, string | undefined>>): Runner {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...variables, [FROM]: String(process.pid) },
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  let runId: string | undefined;
  child.on("message", (word: Word) => {
    if ("run" in word) runId = word.run;
  });
  return {
    stop(signal) {
      // It may have ended by now.
      child.send({ stop: signal } satisfies Word, () => undefined);
    },
    ended: new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        resolve({ code, signal, runId });
      });
    }),
  };
}
