import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { freePort } from "./loopback.ts";

/** Prism with Twilio's own description of its API: it refuses what the description does not allow. */
export interface PrismTwilio {
  readonly url: string;
  close(): Promise<void>;
}

const MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json";

/** Starts Prism on a free port of 127.0.0.1 with the part of the description that is about messages. */
export async function startPrismTwilio(): Promise<PrismTwilio> {
  const require = createRequire(import.meta.url);
  const twilio = dirname(require.resolve("@twilio-alpha/mcp/package.json"));
  const whole = JSON.parse(
    readFileSync(join(twilio, "twilio-oai", "spec", "json", "twilio_api_v2010.json"), "utf8"),
  ) as { readonly paths: Readonly<Record<string, unknown>> };
  const directory = mkdtempSync(join(tmpdir(), "flowctl-prism-"));
  const file = join(directory, "twilio.json");
  writeFileSync(file, JSON.stringify({ ...whole, paths: { [MESSAGES]: whole.paths[MESSAGES] } }));
  const port = await freePort();
  const prism = join(dirname(require.resolve("@stoplight/prism-cli/package.json")), "dist", "index.js");
  const child = spawn(process.execPath, [prism, "mock", "--errors", "-h", "127.0.0.1", "-p", String(port), file], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  await new Promise<void>((resolve, reject) => {
    let seen = "";
    const look = (chunk: Buffer): void => {
      seen += chunk.toString();
      if (seen.includes("listening")) resolve();
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    void exited.then(() => {
      reject(new Error(`Prism ended:\n${seen}`));
    });
  });
  return {
    url: `http://127.0.0.1:${String(port)}`,
    async close() {
      child.kill();
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
