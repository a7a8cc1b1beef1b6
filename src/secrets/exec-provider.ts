import { spawn } from "node:child_process";
import type { Clock } from "../host/clock.ts";
import type { Environment } from "../host/host.ts";
import { signalGroup, trackGroup } from "../host/process-group.ts";
import { withoutSecretVariables } from "../model/secret-variable.ts";
import { providerOfEach, type Lookup, type Provider } from "./provider.ts";
import type { SecretSettings } from "./secret-settings.ts";
import { decodeSecret, LARGEST, withoutTrailingBreak } from "./secret-value.ts";

/** A command of another secret store may have to ask a server. */
const LIMIT_MS = 30_000;
/** How long after a command's end its output is waited for. */
const GRACE_MS = 250;

/**
 * A command that prints the value, such as `op read …` or `vault kv get …`. Only
 * its exit code and the fact of an output are ever told: its error text may hold anything.
 */
export function execProvider(settings: SecretSettings, environment: Environment, clock: Clock): Provider {
  return providerOfEach("exec", async (name): Promise<Lookup> => {
    const command = settings.exec[name] ?? settings.exec["*"];
    if (command === undefined) return { kind: "no", why: "config has no command for it" };
    const filled = typeof command === "string" ? fill(command, name) : command.map((each) => fill(each, name));
    const title = (typeof filled === "string" ? filled.split(" ")[0] : filled[0]) ?? "";
    const result = await run(filled, settings.directory, environment, clock);
    if (typeof result === "string") return { kind: "no", why: `${title} ${result}` };
    const value = decodeSecret(result);
    if (value === undefined) return { kind: "no", why: `${title} printed something that is no text` };
    const stripped = withoutTrailingBreak(value);
    return stripped === "" ? { kind: "no", why: `${title} printed nothing` } : { kind: "found", value: stripped };
  });
}

/** Names are letters, digits and underscores, so that nothing needs quoting. */
function fill(text: string, name: string): string {
  return text.replaceAll("{name}", name);
}

/** @returns what it printed, or a phrase on why there is nothing */
function run(
  command: string | readonly string[],
  cwd: string,
  environment: Environment,
  clock: Clock,
): Promise<Buffer | string> {
  const [program = "", ...args] = typeof command === "string" ? [command] : command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      shell: typeof command === "string",
      // It may need credentials of its own, but none of the run's.
      env: withoutSecretVariables(environment.variables),
      stdio: ["ignore", "pipe", "ignore"],
      // A group of its own: whatever it starts is ended with it.
      detached: true,
      windowsHide: true,
    });
    const { pid } = child;
    const untrack = pid === undefined ? undefined : trackGroup(pid, "SIGKILL");
    const output: Buffer[] = [];
    let size = 0;
    let grace: unknown;
    const done = (result: Buffer | string): void => {
      clock.clearTimeout(limit);
      clock.clearTimeout(grace);
      child.stdout.destroy();
      if (pid !== undefined) signalGroup(pid, "SIGKILL");
      untrack?.();
      resolve(result);
    };
    const limit = clock.setTimeout(() => {
      done(`did not end within ${LIMIT_MS / 1000} s`);
    }, LIMIT_MS);
    child.stdout.on("data", (chunk: Buffer) => {
      output.push(chunk);
      size += chunk.length;
      if (size > LARGEST) done(`printed more than the ${LARGEST} bytes that a secret can have`);
    });
    child.on("error", () => {
      done("could not be started");
    });
    const judge = (code: number | null, signal: string | null): void => {
      done(code === 0 ? Buffer.concat(output) : `failed (${signal ?? `exit code ${code}`})`);
    };
    // An agent that it leaves in the background may keep the pipe open for ever.
    child.on("exit", (code, signal) => {
      grace = clock.setTimeout(() => {
        judge(code, signal);
      }, GRACE_MS);
    });
    child.on("close", judge);
  });
}
