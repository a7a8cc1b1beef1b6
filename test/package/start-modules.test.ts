import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const BIN = fileURLToPath(new URL("../../bin/flowctl.js", import.meta.url));

/** What gives a package away in a bundled file. */
const HEAVY: Readonly<Record<string, string>> = {
  zod: "ZodError",
  yaml: "YAMLParseError",
  cosmiconfig: "packageProp",
  nodemailer: "SMTPConnection",
  undici: "UndiciError",
  age: "age-encryption.org",
  "@slack/webhook": "slack_webhook_http_error",
};

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "flowctl-start-"));
  const hook = `import { appendFileSync } from "node:fs";
export async function load(url, context, next) {
  appendFileSync(${JSON.stringify(join(directory, "loaded"))}, url + "\\n");
  return next(url, context);
}`;
  writeFileSync(
    join(directory, "watch.mjs"),
    `import { register } from "node:module"; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});`,
  );
  writeFileSync(
    join(directory, "flow.ts"),
    `import { flow, task } from "flowctl";\nconst hello = task("hello", () => 1);\nexport default flow("one", () => { hello(); });\n`,
  );
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** The modules that a command loads, and the texts of ours. */
function loadedBy(...args: string[]): { readonly urls: readonly string[]; readonly texts: readonly string[] } {
  rmSync(join(directory, "loaded"), { force: true });
  const { status, stderr } = spawnSync(process.execPath, ["--import", join(directory, "watch.mjs"), BIN, ...args], {
    cwd: directory,
    encoding: "utf8",
    env: {
      NODE_NO_WARNINGS: "1",
      PATH: process.env["PATH"],
      HOME: directory,
      FLOWCTL_STATE_DIR: join(directory, "state"),
    },
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const urls = readFileSync(join(directory, "loaded"), "utf8").trim().split("\n");
  return {
    urls,
    texts: urls.filter((url) => url.startsWith("file:")).map(textOf),
  };
}

/** A file's text, with that of the script that it stands for. */
function textOf(url: string): string {
  const code = new URL(url.replace(/js$/, "code.js"));
  return readFileSync(new URL(url), "utf8") + (existsSync(code) ? readFileSync(code, "utf8") : "");
}

test("--version loads the executable's first file and next to nothing else", () => {
  const { urls } = loadedBy("--version");
  expect(urls.filter((url) => url.startsWith("file:")).length).toBeGreaterThan(1);
  expect(urls.filter((url) => url.startsWith("file:")).length).toBeLessThanOrEqual(5);
  expect(urls).not.toContainEqual(expect.stringMatching(/node_modules/));
});

test("a plain run loads no package that it does not need, and few files", () => {
  const { urls, texts } = loadedBy("run", "flow.ts");
  expect(urls).not.toContainEqual(expect.stringMatching(/node_modules/));
  expect(texts.length).toBeLessThanOrEqual(30);
  for (const [name, sign] of Object.entries(HEAVY)) {
    expect([name, texts.some((text) => text.includes(sign))]).toEqual([name, false]);
  }
});

test("a flow with no hook, no channel and no notifier loads nothing of what tells, watches or reaps", () => {
  const made = JSON.parse(readFileSync(join(BIN, "..", "..", "dist", "modules.json"), "utf8")) as Readonly<
    Record<string, readonly string[]>
  >;
  const { urls } = loadedBy("run", "flow.ts");
  const files = urls.flatMap((url) => /\/(dist\/[^/]+\.js)$/.exec(url)?.[1] ?? []);
  const modules = files.flatMap((file) => made[file] ?? []);
  expect(modules).toContain("src/runs/run-store.ts");
  const telling =
    /^src\/(?:outbox|channels|hooks)\/|^src\/runs\/(?:sentinel|reap)\.ts$|^src\/coordinator\/(?:bury|hand-over)\.ts$/;
  expect(modules.filter((name) => telling.test(name))).toEqual([]);
  expect(Object.values(made).flat()).toEqual(
    expect.arrayContaining([
      "src/outbox/outbox.ts",
      "src/hooks/derive.ts",
      "src/channels/slack.ts",
      "src/runs/sentinel.ts",
      "src/coordinator/bury.ts",
      "src/coordinator/hand-over.ts",
    ]),
  );
});

test("a run whose output is no terminal loads none of Node's sockets and streams", () => {
  const list = join(directory, "builtin");
  writeFileSync(
    join(directory, "list.cjs"),
    `process.on("exit", () => require("fs").writeFileSync(${JSON.stringify(list)}, process.moduleLoadList.join("\\n")));`,
  );
  const { status } = spawnSync(process.execPath, ["--require", join(directory, "list.cjs"), BIN, "run", "flow.ts"], {
    cwd: directory,
    env: { PATH: process.env["PATH"], HOME: directory, FLOWCTL_STATE_DIR: join(directory, "state") },
  });
  expect(status).toBe(0);
  const builtin = readFileSync(list, "utf8").split("\n");
  expect(builtin).toContain("NativeModule fs");
  expect(builtin).not.toContain("NativeModule net");
  expect(builtin).not.toContain("NativeModule tty");
});

test("the signs that give packages away are in what is bundled", () => {
  const dist = join(BIN, "..", "..", "dist");
  const texts = readdirSync(dist)
    .filter((name) => name.endsWith(".js"))
    .map((name) => readFileSync(join(dist, name), "utf8"));
  const unseen = Object.entries(HEAVY).filter(([, sign]) => !texts.some((text) => text.includes(sign)));
  expect(unseen).toEqual([]);
});
