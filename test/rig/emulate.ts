import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A message as Slack's history gives it back. */
interface SlackMessage {
  readonly text: string;
  readonly blocks?: readonly Record<string, unknown>[];
  readonly attachments?: readonly Record<string, unknown>[];
}

/** An emulated Slack workspace: post to `url`, read back with `messages`. */
export interface EmulatedSlack {
  /** An incoming webhook's URL. */
  readonly url: string;
  /** What was posted, oldest first. */
  messages(): Promise<readonly SlackMessage[]>;
  close(): Promise<void>;
}

/** An SMS as Twilio's list gives it back. */
interface TwilioMessage {
  readonly sid: string;
  readonly to: string;
  readonly from: string;
  readonly body: string;
  readonly num_segments: string;
  readonly status: string;
}

/** An emulated Twilio account. */
export interface EmulatedTwilio {
  /** What stands in the place of https://api.twilio.com. */
  readonly url: string;
  readonly accountSid: string;
  readonly authToken: string;
  /** A number of the account to send from. */
  readonly from: string;
  /** What was taken, oldest first. */
  messages(): Promise<readonly TwilioMessage[]>;
  close(): Promise<void>;
}

/** Starts an emulated Slack on a free port of 127.0.0.1. */
export async function startSlack(): Promise<EmulatedSlack> {
  const { base, close } = await startEmulator("slack");
  return {
    url: `${base}/services/T000000001/B000000001/X000000001`,
    close,
    async messages() {
      const answer = await fetch(`${base}/api/conversations.history`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer test_token_admin" },
        body: JSON.stringify({ channel: "C000000001", limit: 1000 }),
      });
      const history = (await answer.json()) as { ok: boolean; error?: string; messages: SlackMessage[] };
      if (!history.ok) throw new Error(`conversations.history: ${String(history.error)}`);
      return history.messages.reverse();
    },
  };
}

/** Starts an emulated Twilio on a free port of 127.0.0.1. */
export async function startTwilio(): Promise<EmulatedTwilio> {
  const { base, close } = await startEmulator("twilio");
  const accountSid = "AC00000000000000000000000000000000";
  const authToken = "twilio_test_auth_token";
  return {
    url: base,
    accountSid,
    authToken,
    from: "+15551234567",
    close,
    async messages() {
      const answer = await fetch(`${base}/2010-04-01/Accounts/${accountSid}/Messages.json?PageSize=1000`, {
        headers: { authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString("base64")}` },
      });
      const list = (await answer.json()) as { messages: TwilioMessage[] };
      return list.messages.reverse();
    },
  };
}

async function startEmulator(
  service: "slack" | "twilio",
): Promise<{ readonly base: string; readonly close: () => Promise<void> }> {
  const script = fileURLToPath(new URL("emulator.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, service], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const base = await Promise.race([
    once(createInterface(child.stdout), "line").then(([line]) => String(line)),
    exited.then(([code]) => {
      throw new Error(`the emulated ${service} ended with ${String(code)} before it was ready`);
    }),
  ]);
  return {
    base,
    async close() {
      child.stdin.end();
      await exited;
    },
  };
}
