import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/host/clock.ts";
import { systemFiles } from "../../src/host/files.ts";
import type { Environment } from "../../src/host/host.ts";
import { systemLocks } from "../../src/host/lock.ts";
import { createRedactor } from "../../src/secrets/redactor.ts";
import type { SecretsOptions } from "../../src/secrets/secrets.ts";

/** How the stand-in for the keychain's child process behaves. */
export type Behaviour =
  | "echo"
  | "empty"
  | "environment"
  | "locked"
  | "no-module"
  | "garbage"
  | "silent"
  | "segfault"
  | "hang"
  | "answers-and-hangs"
  /** Starting it is an error. */
  | "never";

export interface Rig extends Disposable {
  readonly directory: string;
  readonly options: SecretsOptions;
  /** The children that were started, by their ids. */
  starts(): readonly number[];
}

/** A temporary directory, an environment with a bus whose socket exists, and a keychain that behaves as told. */
export function secretsRig(
  behaviour: Behaviour,
  variables: Readonly<Record<string, string | undefined>> = {},
  more: Partial<SecretsOptions> = {},
): Rig {
  const directory = mkdtempSync(join(tmpdir(), "flowctl-secrets-"));
  const host = join(directory, `${behaviour}.mjs`);
  if (behaviour !== "never") copyFileSync(fileURLToPath(new URL("./keychain-child.mjs", import.meta.url)), host);
  const environment: Environment = {
    variables: { PATH: process.env["PATH"], DBUS_SESSION_BUS_ADDRESS: `unix:path=${directory}`, ...variables },
    cwd: directory,
    platform: "linux",
    home: directory,
    user: "tester",
    hostname: "here",
    pid: process.pid,
    uid: process.getuid?.(),
    execPath: process.execPath,
  };
  return {
    directory,
    starts: () => {
      const file = join(directory, "starts");
      // A line may still be on its way.
      return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1).map(Number) : [];
    },
    options: {
      environment,
      files: systemFiles(),
      clock: systemClock(),
      redactor: createRedactor(),
      locks: systemLocks(),
      stateDirectory: join(directory, "state"),
      hostPath: host,
      ...more,
    },
    [Symbol.dispose]() {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Waits for a child to have started. @returns its id */
export async function started(rig: Rig): Promise<number> {
  while (rig.starts().length === 0) await new Promise(setImmediate);
  return rig.starts()[0]!;
}

/** Waits for a process to be gone. */
export async function gone(pid: number): Promise<void> {
  try {
    for (;;) {
      process.kill(pid, 0);
      await new Promise(setImmediate);
    }
  } catch {
    // It is.
  }
}
