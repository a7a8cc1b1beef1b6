import { spawn, type ChildProcess } from "node:child_process";
import { signalGroup, trackGroup } from "../host/process-group.ts";
import { withoutSecretVariables } from "../model/secret-variable.ts";
import type { Channel, ChannelProblem, Delivery, DeliveryRequest } from "../outbox/channel.ts";
import { checkOptions, optionRecord, optionTexts, timeoutOf } from "./definition.ts";
import { renderText } from "./render-text.ts";
import { quote } from "./scrub.ts";

/**
 * A program of one's own. It gets the message as one JSON document on standard
 * input: `{ id, attempt, repeat, title, text, message }`. Exit code 0 means
 * delivered; 64, 77, 78, 126 and 127 that a person must change something (as in
 * sysexits.h and the shell); every other code, 75 above all, that it may be
 * tried again.
 */
export const command: Channel = {
  type: "command",
  ambiguous: "resend",
  check(definition): readonly ChannelProblem[] {
    return checkOptions(definition, {
      run: { is: "texts", required: true },
      env: { is: "variables" },
      cwd: { is: "text" },
    });
  },
  recipients: () => [""],
  send,
  preview: (delivery) => JSON.stringify(inputOf(delivery), null, 2),
};

const PERMANENT_CODES = [64, 77, 78, 126, 127];
const MOST_STDERR = 4096;
/** How long after a program's end its last words are waited for. */
const GRACE_MS = 500;

async function send(delivery: DeliveryRequest): Promise<Delivery> {
  if (delivery.signal.aborted)
    return { outcome: "transient", code: "CANCELLED", note: "cancelled before it was started" };
  const { definition } = delivery;
  const [program, ...args] = optionTexts(definition, "run");
  if (program === undefined) return { outcome: "permanent", code: "NO_COMMAND", note: "there is no program to run" };
  const cwd = definition["cwd"];
  const { id, attempt } = delivery;
  const names = { FLOWCTL_NOTIFY_ID: id, FLOWCTL_NOTIFY_ATTEMPT: String(attempt) };
  try {
    const child = spawn(program, args, {
      // A text is a line for the shell; a list is a program with its arguments.
      shell: !Array.isArray(definition["run"]),
      // Of flowctl's secrets a program gets those that its `env` names.
      env: {
        ...withoutSecretVariables(delivery.environment, delivery.secretVariables),
        ...optionRecord(delivery, "env"),
        ...names,
      },
      stdio: ["pipe", "ignore", "pipe"],
      // A group of its own: whatever it starts is ended with it.
      detached: true,
      windowsHide: true,
      ...(typeof cwd === "string" ? { cwd } : {}),
    });
    return await ending(child, JSON.stringify(inputOf(delivery)), delivery);
  } catch (error) {
    return notStarted(error);
  }
}

/** What the program reads. */
function inputOf(delivery: DeliveryRequest): object {
  const { id, attempt, message } = delivery;
  const { title, text } = renderText(delivery, 20_000);
  return { id, attempt, repeat: delivery.repeat === true, title, text, message };
}

/** Feeds a program, waits for its end within the channel's timeout, and judges it. */
function ending(child: ChildProcess, input: string, delivery: DeliveryRequest): Promise<Delivery> {
  return new Promise((resolve) => {
    const errors: Buffer[] = [];
    let size = 0;
    let late = false;
    const { pid } = child;
    const untrack = pid === undefined ? undefined : trackGroup(pid, "SIGKILL");
    const stop = (): void => {
      late = true;
      if (pid !== undefined) signalGroup(pid, "SIGKILL");
      child.stdin?.destroy();
      child.stderr?.destroy();
    };
    const timer = setTimeout(stop, timeoutOf(delivery.definition));
    delivery.signal.addEventListener("abort", stop, { once: true });
    const end = (outcome: Delivery): void => {
      clearTimeout(timer);
      delivery.signal.removeEventListener("abort", stop);
      if (pid !== undefined) signalGroup(pid, "SIGKILL");
      untrack?.();
      resolve(outcome);
    };
    child.once("error", (error) => {
      end(notStarted(error));
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      if (size < MOST_STDERR) errors.push(chunk);
      size += chunk.length;
    });
    // A program that does not read its input may end first; its exit code says what became of it.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(`${input}\n`);
    // `close` comes when the last words are read; but a grandchild that keeps the pipe open must not keep us.
    child.once("exit", (code, signal) => {
      const tell = (): void => {
        clearTimeout(grace);
        const said = Buffer.concat(errors).subarray(0, MOST_STDERR).toString("utf8").trim().split("\n").at(-1) ?? "";
        child.stderr?.destroy();
        end(judge(code, late ? "timeout" : signal, quote(said, delivery)));
      };
      const grace = setTimeout(tell, GRACE_MS);
      child.once("close", tell);
    });
  });
}

function judge(code: number | null, signal: string | null, said: string): Delivery {
  const words = said === "" ? "" : `: ${said}`;
  if (code === 0) return { outcome: "delivered" };
  if (code === null) {
    const why = signal === "timeout" ? "took too long and was ended" : `was ended by ${signal ?? "a signal"}`;
    return {
      outcome: "ambiguous",
      code: signal === "timeout" ? "TIMEOUT" : (signal ?? "SIGNAL"),
      note: `the program ${why}`,
    };
  }
  const note = `the program ended with exit code ${code}${words}`;
  return PERMANENT_CODES.includes(code)
    ? { outcome: "permanent", code: `EXIT_${code}`, note }
    : { outcome: "transient", code: `EXIT_${code}`, note };
}

function notStarted(error: unknown): Delivery {
  const code = error instanceof Error && "code" in error ? String(error.code) : "SPAWN";
  const note = `the program could not be started (${code})`;
  const missing = ["ENOENT", "EACCES", "ENOTDIR", "EPERM"].includes(code);
  return missing ? { outcome: "permanent", code, note } : { outcome: "transient", code, note };
}
