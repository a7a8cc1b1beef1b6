import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Environment } from "../host/host.ts";
import type { KeychainRequest } from "./keychain-protocol.ts";

/** The child process that talks to the OS keychain: it loads its library, and waits for its one request. */
export interface KeychainChild {
  /** Hands it the request. @returns the line it answers, or why there is none; never, where it hangs */
  send(request: KeychainRequest): Promise<ChildEnd>;
  /** Killed even when it has answered: its library may wait at its exit for a service that hangs. */
  kill(): void;
}

export type ChildEnd = { readonly line: string } | { readonly why: string };

/** The child gets what a keychain needs, and none of the secrets that may stand in other variables. */
const PASSED_ON = (
  "PATH HOME USER LOGNAME LANG DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR XDG_DATA_HOME DISPLAY WAYLAND_DISPLAY XAUTHORITY " +
  "LD_LIBRARY_PATH SystemRoot SystemDrive USERPROFILE APPDATA LOCALAPPDATA TEMP TMP TMPDIR"
).split(" ");
/** More than all that a keychain could answer. */
const LONGEST_ANSWER = 64 * 1024 * 1024;

/**
 * @param address the bus's, where the child needs a variable that this process does not have
 * @param host the child's program. @default the bundled `keychain-host.js`
 */
export function startChild(environment: Environment, address: string | undefined, host?: string): KeychainChild {
  const [program, args] = commandLine(environment, host ?? bundledHost());
  const child = spawn(program, args, {
    env: environmentOf(environment, address),
    // The library's own noise is of no use to anybody, and could hold a value.
    stdio: ["pipe", "pipe", "ignore"],
    windowsHide: true,
  });
  // Until it is asked it keeps nobody alive; then the request's time limit does.
  child.unref();
  const end = new Promise<ChildEnd>((resolve) => {
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      if (chunk.includes("\n") || output.length > LONGEST_ANSWER)
        resolve({ line: output.slice(0, output.indexOf("\n")) });
    });
    child.on("error", (error) => {
      resolve({ why: `could not be started (${error.message})` });
    });
    child.on("close", (code, signal) => {
      resolve({ why: `ended without an answer (${signal ?? `exit ${code}`})` });
    });
  });
  // A child that dies early closes its input; what matters then is how it ended.
  child.stdin.on("error", () => undefined);
  for (const pipe of [child.stdin, child.stdout]) (pipe as unknown as { unref(): void }).unref();
  return {
    send: (request) => {
      child.stdin.end(JSON.stringify(request));
      return end;
    },
    kill: () => {
      child.kill("SIGKILL");
      child.stdin.destroy();
      child.stdout.destroy();
    },
  };
}

/** Where the bundle has the child's program; from sources, that of the last build. */
function bundledHost(): string {
  const place = import.meta.url.endsWith(".ts") ? "../../dist/secrets/keychain-host.js" : "./secrets/keychain-host.js";
  return fileURLToPath(new URL(place, import.meta.url));
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
