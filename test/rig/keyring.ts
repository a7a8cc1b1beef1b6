import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** A private Secret Service: a bus and a GNOME keyring of their own, with no display. */
export interface Keyring extends AsyncDisposable {
  /** For the programs that are to see it. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs `secret-tool`, an independent witness. @returns its output; `undefined` where it found nothing */
  witness(args: readonly string[], input?: string): string | undefined;
  /** Stops the service in its tracks: it owns its name and answers nothing. */
  freeze(): void;
  /** Ends bus and service, and begins new ones on the same data that nobody unlocks. */
  restartLocked(): Promise<void>;
}

const NEEDED = ["dbus-run-session", "gnome-keyring-daemon", "secret-tool"];

/** Why there can be no keyring on this machine; `undefined` where there can. */
export function keyringMissing(): string | undefined {
  const absent = NEEDED.filter((program) => !isProgram(program));
  if (absent.length > 0)
    return `not installed: ${absent.join(", ")} (apt-get install gnome-keyring dbus-daemon libsecret-tools)`;
  try {
    createRequire(import.meta.url)("keytar");
    return undefined;
  } catch (error) {
    return `keytar cannot be loaded: ${String(error).split("\n")[0] ?? ""}`;
  }
}

/** Whether a program is on the path. */
export function isProgram(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** @param unlock false for a service that holds no unlocked keyring */
export async function startKeyring({ unlock = true }: { readonly unlock?: boolean } = {}): Promise<Keyring> {
  const root = mkdtempSync(join(tmpdir(), "flowctl-keyring-"));
  const base = {
    PATH: process.env["PATH"] ?? "",
    HOME: root,
    XDG_RUNTIME_DIR: join(root, "run"),
    XDG_DATA_HOME: join(root, "data"),
  };
  for (const each of [base.XDG_RUNTIME_DIR, base.XDG_DATA_HOME]) mkdirSync(each, { mode: 0o700 });
  let session = await begin(base, unlock);
  return {
    get env() {
      // The machine may be busy; tests of the limit set their own.
      return { ...base, DBUS_SESSION_BUS_ADDRESS: session.address, FLOWCTL_KEYCHAIN_TIMEOUT: "30s" };
    },
    witness(args, input = "") {
      try {
        const env = { ...base, DBUS_SESSION_BUS_ADDRESS: session.address };
        return execFileSync("secret-tool", args, { env, input, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
      } catch {
        return undefined;
      }
    },
    freeze: () => {
      for (const pid of daemonsOf(root)) process.kill(pid, "SIGSTOP");
    },
    restartLocked: async () => {
      await end(session.child, root);
      session = await begin(base, false);
    },
    async [Symbol.asyncDispose]() {
      await end(session.child, root);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function begin(
  env: Readonly<Record<string, string>>,
  unlock: boolean,
): Promise<{ child: ChildProcess; address: string }> {
  // The password must not be empty, and must not end in a line break. The session ends with its input.
  const daemon = unlock
    ? "printf %s ci | gnome-keyring-daemon --unlock --components=secrets >/dev/null"
    : "gnome-keyring-daemon --start --components=secrets >/dev/null";
  const child = spawn(
    "dbus-run-session",
    ["--", "sh", "-c", `${daemon}; echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat >/dev/null`],
    {
      env,
      stdio: ["pipe", "pipe", "ignore"],
    },
  );
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding("utf8").once("data", (text: string) => {
      resolve(text.trim());
    });
    child.once("close", () => {
      reject(new Error("the bus ended before it began"));
    });
  });
  return { child, address };
}

async function end(child: ChildProcess, root: string): Promise<void> {
  // Before its bus: a daemon that was stopped would not see the bus go.
  for (const pid of daemonsOf(root)) process.kill(pid, "SIGKILL");
  const closed = new Promise((resolve) => child.once("close", resolve));
  child.stdin?.end();
  if (child.exitCode === null && child.signalCode === null) await closed;
}

/** The keyring daemons that were started with this root as their home: ours, and nobody else's. */
function daemonsOf(root: string): readonly number[] {
  return readdirSync("/proc")
    .filter((each) => /^\d+$/.test(each))
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`HOME=${root}`) &&
          readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("gnome-keyring")
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}
