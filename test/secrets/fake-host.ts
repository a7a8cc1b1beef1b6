import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
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
