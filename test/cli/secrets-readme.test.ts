import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { BIN, cliHome, type CliHome, type Finished } from "../rig/cli.ts";
import { keyringMissing, startKeyring } from "../rig/keyring.ts";
import { skipReason } from "../rig/skip.ts";

const readme = readFileSync(fileURLToPath(new URL("../../README.md", import.meta.url)), "utf8");
const section = /^## Secrets$(.*?)^## /ms.exec(readme)?.[1] ?? "";

interface Block {
  readonly language: string;
  readonly text: string;
}

const blocks = Array.from(section.matchAll(/^```(\w+)\n(.*?)^```$/gms), ([, language = "", text = ""]): Block => ({
  language,
  text,
}));
const consoles = blocks.filter((each) => each.language === "console").map((each) => each.text);

let home: CliHome;
let shim: string;
beforeAll(() => {
  home = cliHome();
  shim = join(home.directory, "../bin");
  mkdirSync(shim, { recursive: true });
  const script = (words: string): string => `#!/bin/sh\n${words}\nexec "${process.execPath}" "${BIN}" "$@"\n`;
  writeFileSync(join(shim, "flowctl"), script(""));
  writeFileSync(join(shim, "npx"), script("shift"));
  for (const each of ["flowctl", "npx"]) chmodSync(join(shim, each), 0o755);
  for (const { text } of blocks) {
    const file = /^(?:\/\/|#) (\S+\.\w+)\n/.exec(text)?.[1];
    if (file !== undefined) home.write(file, text);
  }
});
afterAll(async () => home[Symbol.asyncDispose]());

const sh = (command: string, env: Readonly<Record<string, string>> = {}): Promise<Finished> =>
  home.run(["-c", command], {
    program: ["sh"],
    env: {
      XDG_STATE_HOME: home.state,
      FLOWCTL_STATE_DIR: undefined,
      ...env,
      PATH: `${shim}:${process.env["PATH"] ?? ""}`,
    },
  });

/** Runs each `$ ` line; the first that fails ends it. */
async function session(text: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  let output = "";
  for (const line of text.split("\n").filter((each) => each.startsWith("$ "))) {
    const finished = await sh(line.slice(2), env);
    expect(finished.code, `${line}\n${finished.output}`).toBe(0);
    output += finished.output;
  }
  return output;
}

const withCommand = (part: string): string => consoles.find((each) => each.includes(part)) ?? "";

test("the section has its blocks", () => {
  expect(blocks.map((each) => each.language)).toEqual(["ts", "console", "yaml", "console", "console", "yaml"]);
});

const noKeyring = skipReason("README's block on the keychain", keyringMissing());
test.skipIf(noKeyring)("storing in the keychain, running, deleting", async () => {
  await using keyring = await startKeyring();
  const output = await session(withCommand("FLOWCTL_SECRETS_BACKEND=keychain"), { ...keyring.env });
  expect(output).toContain("Stored DEPLOY_TOKEN in the OS keychain");
  expect(output).toContain("********  (keychain)");
  expect(output).toContain("deploying with ***DEPLOY_TOKEN***");
  expect(output).not.toContain("correct horse");
});

test("the workflow's step runs with the variable it sets", async () => {
  const workflow = blocks.find((each) => each.text.includes("runs-on"))?.text ?? "";
  const { jobs } = parse(workflow) as { jobs: { deploy: { steps: { run?: string; env?: Record<string, string> }[] } } };
  const step = jobs.deploy.steps.at(-1)!;
  expect(Object.keys(step.env ?? {})).toEqual(["FLOWCTL_SECRET_DEPLOY_TOKEN"]);
  const run = await sh(step.run!, {
    FLOWCTL_SECRET_DEPLOY_TOKEN: "correct horse battery",
    GITHUB_ACTIONS: "true",
    CI: "true",
  });
  expect(run.code, run.output).toBe(0);
  expect(run.output).toContain("::add-mask::correct horse battery\n");
  expect(run.output.replaceAll("::add-mask::correct horse battery\n", "")).not.toContain("correct horse");
});

test("cron's key file", async () => {
  expect(await session(withCommand("env -i"))).toContain("Stored DEPLOY_TOKEN in the encrypted file");
});

test("the encrypted file that is committed", async () => {
  expect(await session(withCommand("ci.key"))).toContain("secrets.age.json");
  expect((await sh("flowctl runs logs last")).output).toContain("deploying with ***DEPLOY_TOKEN***");
});

test("the config with other sources is right", async () => {
  writeFileSync(join(home.directory, "flowctl.config.yaml"), blocks.at(-1)?.text ?? "");
  writeFileSync(join(home.directory, ".env.local"), "FROM_DOTENV=some-value\n");
  const found = await sh("flowctl secrets test DEPLOY_TOKEN FROM_DOTENV", { CI_DEPLOY_TOKEN: "correct horse battery" });
  expect(found.stdout).toBe("ok  DEPLOY_TOKEN  (env)\nok  FROM_DOTENV  (dotenv)\n");
});
