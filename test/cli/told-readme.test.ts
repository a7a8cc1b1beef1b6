import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { cliHome, type CliHome } from "../rig/cli.ts";
import { faultyServer, type FaultyServer } from "../rig/faulty-server.ts";

const readme = readFileSync(fileURLToPath(new URL("../../README.md", import.meta.url)), "utf8");
const section = /^## Being told$(.*?)^## /ms.exec(readme)?.[1] ?? "";
const blocks = [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = "", text = ""]) => ({
  language,
  text,
  file: /^(?:\/\/|#) (\S+)\n/.exec(text)?.[1],
}));
const block = (file: string): string => blocks.find((each) => each.file === file)?.text ?? "";

let server: FaultyServer;
let home: CliHome;
let env: Record<string, string>;
beforeAll(async () => {
  server = await faultyServer((request) =>
    request.path.startsWith("/slack") ? { status: 200, body: "ok" } : { status: 200, body: "OK" },
  );
});
afterAll(async () => {
  await server.close();
});
beforeEach(() => {
  home = cliHome();
  env = {
    FLOWCTL_SECRET_SLACK_WEBHOOK_URL: `${server.url}/slack/secretpart0`,
    FLOWCTL_SECRET_HEALTHCHECKS_URL: `${server.url}/ping`,
  };
  return () => home[Symbol.asyncDispose]();
});
/** What was posted since a number of requests. */
const since = (seen: number): readonly { readonly path: string; readonly body: string }[] =>
  server.requests().slice(seen);

it("gives the promise in the words in which it is given everywhere", () => {
  expect(section).toContain(
    "Nothing that should be told is lost while the state directory survives; a dead-man ping covers the machine that never comes back.",
  );
});

it("has no block that is not run here", () => {
  expect(blocks.map(({ language, file }) => file ?? language)).toEqual([
    "alert.ts",
    "watched.ts",
    "flowctl.config.yaml",
    "console",
  ]);
});

it("its notification task posts what it says it posts", async () => {
  home.write("alert.ts", block("alert.ts"));
  const seen = server.requests().length;
  const done = await home.run(["run", "alert.ts"], { env });
  expect(done.code).toBe(1);
  expect(since(seen).map(({ body }) => JSON.parse(body) as unknown)).toEqual([{ text: "load failed: no rows" }]);
});

it("its notifiers tell of the task and of the flow, and not of the attempt that was retried", async () => {
  home.write("watched.ts", block("watched.ts"));
  const seen = server.requests().length;
  const done = await home.run(["run", "watched.ts"], { env });
  expect(done.code).toBe(1);
  const told = since(seen).map(({ body }) => (JSON.parse(body) as { text: string }).text);
  expect(told).toEqual([
    expect.stringMatching(/^FAILED: load of watched .*: no rows$/),
    expect.stringMatching(/^FAILED: watched .*: load: no rows$/),
  ]);
});

it("its config tells: hook, dead man's switch, notifier and attached task, each its own", async () => {
  home.write("flowctl.config.yaml", block("flowctl.config.yaml"));
  home.write(
    "nightly.ts",
    block("alert.ts").replace("slackTask({ message: rows }", "slackTask({ channel: 'team', message: rows }"),
  );
  const seen = server.requests().length;
  const done = await home.run(["run", "nightly.ts"], { env });
  expect(done.code).toBe(1);
  const posts = since(seen);
  expect(posts.filter(({ path }) => path.startsWith("/ping")).map(({ path }) => path.split("?")[0])).toEqual([
    "/ping/start",
    "/ping/fail",
  ]);
  const slack = posts.filter(({ path }) => path.startsWith("/slack")).map(({ body }) => body);
  expect(slack).toContainEqual(expect.stringContaining("FAILED: nightly (run"));
  expect((await home.run(["inbox"])).stdout).toContain("done");
  expect(done.output + home.stateText()).not.toContain("secretpart0");
});

it("its commands do what is said beside them", async () => {
  home.write("flowctl.config.yaml", block("flowctl.config.yaml"));
  const lines =
    blocks
      .find(({ language }) => language === "console")
      ?.text.trim()
      .split("\n") ?? [];
  for (const line of lines) {
    const [, words = ""] = /^\$ flowctl (.*?)\s+#/.exec(line) ?? [];
    const done = await home.run(words.split(" "), { env });
    expect([line, done.code]).toEqual([line, 0]);
  }
  expect(lines).toHaveLength(4);
  const refused = await home.run(["notify", "test", "team"], {
    env: { FLOWCTL_SECRET_SLACK_WEBHOOK_URL: "http://127.0.0.1:1/slack" },
  });
  expect(refused.code).toBe(4);
});
