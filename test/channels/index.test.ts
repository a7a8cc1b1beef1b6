import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type BuildOptions } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHANNEL_TYPES, channelOf } from "../../src/channels/index.ts";
import { UserError } from "../../src/model/error.ts";
import { realUrls } from "../rig/faulty-server.ts";

const root = new URL("../..", import.meta.url).pathname;
let directory: string;
beforeAll(async () => {
  // Inside the package, so that the libraries are found from there.
  directory = mkdtempSync(join(root, "node_modules", ".flowctl-channels-"));
  const options: BuildOptions = {
    entryPoints: [join(root, "src/channels/index.ts")],
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    logLevel: "error",
  };
  await build({ ...options, packages: "external", outdir: directory });
  // As the package is made: libraries inside, but for those that are left out there.
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: { bundle: string } };
  const external = [...scripts.bundle.matchAll(/--external:(\S+)/g)].map(([, name]) => name ?? "");
  const js = "import{createRequire as r}from'node:module';const require=r(import.meta.url);";
  await build({ ...options, packages: "bundle", external, banner: { js }, outdir: join(directory, "bundled") });
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** Runs a module in a process of its own, with the channels built for Node. */
function run(body: string, environment: Readonly<Record<string, string>> = {}): string {
  const entry = pathToFileURL(join(directory, "index.js")).href;
  const script = `import { channelOf, CHANNEL_TYPES } from ${JSON.stringify(entry)};\n${body}`;
  return execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: tmpdir(),
    env: { PATH: process.env["PATH"], ...environment },
    encoding: "utf8",
  });
}

/** Prints which heavy libraries' files have been opened: by the module cache, and by what ESM has loaded. */
const LOADED = `
  const { createRequire } = await import("node:module");
  const loaded = Object.keys(createRequire(import.meta.url).cache).concat([...(globalThis.seen ?? [])]);
  const heavy = ["twilio", "nodemailer", "undici", "@slack/webhook", "standardwebhooks", "sms-segments-calculator"];
  console.log(JSON.stringify(heavy.filter((each) => loaded.some((file) => file.includes("node_modules/" + each + "/")))));
`;
/** Notes every module that ESM resolves from here on. */
const WATCH = `
  const { register } = await import("node:module");
  const { MessageChannel } = await import("node:worker_threads");
  globalThis.seen = [];
  const { port1, port2 } = new MessageChannel();
  const last = "data:text/javascript,//last";
  let settle;
  port1.on("message", (url) => (url === last ? settle() : globalThis.seen.push(url))).unref();
  globalThis.settled = async () => {
    const settled = new Promise((resolve) => (settle = resolve));
    port1.ref();
    await import(last);
    await settled;
    port1.unref();
  };
  const hooks = "let port; export const initialize = (data) => { port = data.port; };" +
    "export const resolve = async (name, context, next) => { const found = await next(name, context); port.postMessage(found.url); return found; };";
  register("data:text/javascript," + encodeURIComponent(hooks), { data: { port: port2 }, transferList: [port2] });
`;

describe("the list of channels", () => {
  it("has every channel under its own name", async () => {
    for (const type of CHANNEL_TYPES) expect((await channelOf(type)).type).toBe(type);
    expect([...CHANNEL_TYPES].sort()).toEqual(
      [
        "command",
        "deadman",
        "discord",
        "email",
        "inbox",
        "ntfy",
        "pagerduty",
        "slack",
        "sms",
        "teams",
        "webhook",
      ].sort(),
    );
  });

  it("refuses a type that there is not, by name", async () => {
    await expect(channelOf("toString")).rejects.toBeInstanceOf(UserError);
    await expect(channelOf("fax")).rejects.toThrow('There is no channel type "fax".');
  });

  it("loads no library before a message is sent, and then that channel's own", () => {
    const idle = run(`${WATCH}
      for (const type of CHANNEL_TYPES) { const channel = await channelOf(type); channel.check({ type }); channel.recipients({ type, to: ["+4712345678"] }); }
      await globalThis.settled();
      ${LOADED}`);
    expect(JSON.parse(idle)).toEqual([]);
    const sms = run(`${WATCH}
      const channel = await channelOf("sms");
      const definition = { type: "sms", accountSid: "AC1", authToken: "t", from: "+15551234567", to: "+15550001111", baseUrl: "http://127.0.0.1:1" };
      await channel.send({ id: "n_1", definition, recipient: "+15550001111", message: { kind: "text", text: "a" }, attempt: 1, values: {}, redact: (text) => text, environment: {}, signal: new AbortController().signal });
      await globalThis.settled();
      ${LOADED}`);
    expect(JSON.parse(sms)).toEqual(["twilio", "sms-segments-calculator"]);
  });

  it("posts to the real addresses of Slack, Twilio and others over TLS, as the package is made", async () => {
    const real = await realUrls(({ url }) => {
      if (url.startsWith("https://hooks.slack.com/")) return { status: 200, body: "ok" };
      return url.startsWith("https://api.twilio.com/") ? { status: 201, body: '{"sid":"SM1"}' } : { status: 202 };
    });
    const entry = pathToFileURL(join(directory, "bundled", "index.js")).href;
    const script = `import { channelOf } from ${JSON.stringify(entry)};
      const definitions = [
        { type: "slack", url: "https://hooks.slack.com/services/T/B/X" },
        { type: "sms", accountSid: "AC1", authToken: "t", from: "+15551234567", to: "+15550001111" },
        { type: "webhook", url: "https://example.com/hook", secret: "a secret of one's own" },
        { type: "pagerduty", routingKey: "R0" },
        { type: "email", host: "127.0.0.1", port: 1, security: "none", from: "a@example.com", to: "b@example.com" },
      ];
      for (const definition of definitions) {
        const channel = await channelOf(definition.type);
        const [recipient] = channel.recipients(definition);
        const message = { kind: "text", text: "a" };
        const signal = new AbortController().signal;
        const { outcome, code } = await channel.send({ id: "n_1", message, attempt: 1, environment: process.env, signal, values: {}, redact: (text) => text, definition, recipient });
        console.log(definition.type, outcome, code ?? "");
      }`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      env: { PATH: process.env["PATH"], ...real.environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const printed: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => printed.push(chunk));
    await once(child, "close");
    await real.close();
    expect(Buffer.concat(printed).toString("utf8").trim().split("\n")).toEqual([
      "slack delivered ",
      "sms delivered ",
      "webhook delivered ",
      "pagerduty delivered ",
      "email transient ECONNREFUSED",
    ]);
    expect(real.requests().map(({ method, url }) => `${method} ${url}`)).toEqual([
      "POST https://hooks.slack.com/services/T/B/X",
      "POST https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json",
      "POST https://example.com/hook",
      "POST https://events.pagerduty.com/v2/enqueue",
    ]);
  });
});
