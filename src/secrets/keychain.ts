import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Clock } from "../host/clock.ts";
import type { Files } from "../host/files.ts";
import type { Environment } from "../host/host.ts";
import { findBus } from "./keychain-bus.ts";
import { parseAnswer, type EntryAnswer, type KeychainRequest } from "./keychain-protocol.ts";
import { moduleTrouble, troubleOf, type KeychainTrouble } from "./keychain-trouble.ts";

/** The OS keychain, reached through a child process that can be killed. */
export interface Keychain {
  /** Carries out one request, in one child. It never throws and never takes longer than the limit. */
  ask(request: KeychainRequest): Promise<KeychainReply>;
}

export type KeychainReply =
  | { readonly ok: true; readonly answers: readonly EntryAnswer[] }
  | { readonly ok: false; readonly trouble: KeychainTrouble };

export interface KeychainOptions {
  readonly environment: Environment;
  readonly files: Files;
  readonly clock: Clock;
  /** Milliseconds after which the child is killed. */
  readonly timeoutMs: number;
  /** Whether a person is there to unlock the keychain. */
  readonly interactive?: boolean | undefined;
  /** Called once where the answer takes long and a person is there. */
  readonly onWaiting?: (() => void) | undefined;
  /** The child's program. @default the bundled `keychain-host.js` */
  readonly hostPath?: string | undefined;
}

/** The child gets what a keychain needs, and none of the secrets that may stand in other variables. */
const PASSED_ON = (
  "PATH HOME USER LOGNAME LANG DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR XDG_DATA_HOME DISPLAY WAYLAND_DISPLAY XAUTHORITY " +
  "LD_LIBRARY_PATH SystemRoot SystemDrive USERPROFILE APPDATA LOCALAPPDATA TEMP TMP TMPDIR"
).split(" ");
/** A person is told that something is waited for after so long. */
const PATIENCE = 1_000;
/** Each further entry of a request has so much more time, in milliseconds. */
const PER_ENTRY = 50;
/** More than all that a keychain could answer. */
const LONGEST_ANSWER = 64 * 1024 * 1024;

/** A keychain that starts nothing until it is asked. */
export function createKeychain(options: KeychainOptions): Keychain {
  return {
    ask: async (request) => {
      const bus = findBus(options.environment, options.files);
      if (!bus.reachable) return { ok: false, trouble: { code: "NO_BUS", message: bus.why } };
      if (request.entries.length === 0) return { ok: true, answers: [] };
      return askChild(request, bus.address, options);
    },
  };
}

/** Where the bundle has the child's program; from sources, that of the last build. */
function bundledHost(): string {
  const place = import.meta.url.endsWith(".ts") ? "../../dist/secrets/keychain-host.js" : "./secrets/keychain-host.js";
  return fileURLToPath(new URL(place, import.meta.url));
}

function askChild(
  request: KeychainRequest,
  address: string | undefined,
  options: KeychainOptions,
): Promise<KeychainReply> {
  const { environment, clock } = options;
  const timeoutMs = options.timeoutMs + PER_ENTRY * (request.entries.length - 1);
  const [program, args] = commandLine(environment, options.hostPath ?? bundledHost());
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: environmentOf(environment, address),
      // The library's own noise is of no use to anybody, and could hold a value.
      stdio: ["pipe", "pipe", "ignore"],
      windowsHide: true,
    });
    let output = "";
    const done = (reply: KeychainReply): void => {
      clock.clearTimeout(limit);
      clock.clearTimeout(patience);
      // Killed even when it has answered: its library may wait at its exit for a service that hangs.
      child.kill("SIGKILL");
      child.stdin.destroy();
      child.stdout.destroy();
      child.unref();
      resolve(reply);
    };
    const limit = clock.setTimeout(() => {
      done({ ok: false, trouble: timeout(timeoutMs) });
    }, timeoutMs);
    const patience = clock.setTimeout(() => {
      if (options.interactive === true) options.onWaiting?.();
    }, PATIENCE);
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      if (chunk.includes("\n") || output.length > LONGEST_ANSWER) done(read(output, request, environment.platform));
    });
    child.on("error", (error) => {
      done({ ok: false, trouble: { code: "CRASH", message: `its helper could not be started (${error.message})` } });
    });
    child.on("close", (code, signal) => {
      done({
        ok: false,
        trouble: { code: "CRASH", message: `its helper ended without an answer (${signal ?? `exit ${code}`})` },
      });
    });
    // A child that dies early closes its input; what matters then is how it ended.
    child.stdin.on("error", () => undefined);
    child.stdin.end(JSON.stringify(request));
  });
}

function commandLine({ platform, execPath }: Environment, host: string): readonly [string, string[]] {
  if (platform === "win32") return [execPath, [host]];
  // A crash must not leave a core file with values in it.
  return ["/bin/sh", ["-c", 'ulimit -c 0; exec "$0" "$@"', execPath, host]];
}

function environmentOf({ variables }: Environment, address: string | undefined): NodeJS.ProcessEnv {
  const passed = PASSED_ON.map((name) => [name, variables[name]] as const).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(passed), ...(address === undefined ? {} : { DBUS_SESSION_BUS_ADDRESS: address }) };
}

function timeout(limitMs: number): KeychainTrouble {
  return {
    code: "TIMEOUT",
    message: `it did not answer within ${limitMs / 1000} s`,
    help: "it may be waiting to be unlocked; FLOWCTL_KEYCHAIN_TIMEOUT=60s waits longer",
  };
}

function read(output: string, request: KeychainRequest, platform: NodeJS.Platform): KeychainReply {
  const answer = parseAnswer(output.slice(0, output.indexOf("\n")), request.entries.length);
  if (answer === undefined)
    return { ok: false, trouble: { code: "CRASH", message: "its helper's answer makes no sense" } };
  if (!answer.ok) return { ok: false, trouble: moduleTrouble(answer.message, platform) };
  const refused = answer.answers.find((each) => !each.ok);
  // Where everything failed it is the keychain that failed, and not an entry.
  if (refused?.ok === false && answer.answers.every((each) => !each.ok)) {
    return { ok: false, trouble: troubleOf(refused.message) };
  }
  return answer;
}
