import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig, type ConfigRequest } from "../../src/config/load-config.ts";
import { systemFiles } from "../../src/host/files.ts";
import { UserError } from "../../src/model/error.ts";

let home: string;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "flowctl-config-")));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

function put(path: string, text: string): string {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function load(from: string, more: Partial<ConfigRequest> & { variables?: Record<string, string> } = {}) {
  const { variables, ...rest } = more;
  return loadConfig({
    from: join(home, from),
    files: systemFiles(),
    environment: {
      variables: variables ?? {},
      cwd: home,
      platform: process.platform,
      home: join(home, "user"),
      user: userInfo().username,
      hostname: "host",
      pid: 1,
      uid: process.getuid?.(),
      execPath: process.execPath,
    },
    importModule: (path) => import(pathToFileURL(path).href) as Promise<Record<string, unknown>>,
    ...rest,
  });
}

async function problems(attempt: Promise<unknown>) {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof UserError) return error.diagnostics;
    throw error;
  }
  throw new Error("it was accepted");
}

const ONE = "channels: { team: { type: slack, url: { secret: HOOK } } }\n";

describe("the config that holds", () => {
  it("is found from a package inside of a monorepo, at the repository's root", async () => {
    put(".git/HEAD", "");
    put("packages/a/package.json", "{}");
    put("packages/a/flows/x.yaml", "");
    const file = put("flowctl.config.yaml", ONE);
    expect((await load("packages/a/flows")).file).toBe(file);
  });

  it("is the nearest one", async () => {
    put(".git/HEAD", "");
    put("flowctl.config.yaml", ONE);
    const near = put("packages/a/flowctl.config.json", '{"project": "a"}');
    const config = await load("packages/a/flows");
    expect(config.file).toBe(near);
    expect(config.project).toBe("a");
  });

  it("is never taken from above the repository's root", async () => {
    put("flowctl.config.yaml", ONE);
    put("repo/.git/HEAD", "");
    put("repo/flows/x.yaml", "");
    const config = await load("repo/flows");
    expect(config.file).toBeUndefined();
    expect(config.searched[1]).toBe(join(home, "repo"));
    expect(config.searched).not.toContain(home);
  });

  it("is found through a symbolic link, from where the flow really is", async () => {
    put("repo/.git/HEAD", "");
    const file = put("repo/flowctl.config.yaml", ONE);
    put("repo/flows/x.yaml", "");
    symlinkSync(join(home, "repo/flows"), join(home, "link"));
    expect((await load("link")).file).toBe(file);
  });

  it("is the user's own where the repository has none", async () => {
    put("repo/.git/HEAD", "");
    const file = put("user/.config/flowctl/config.yaml", ONE);
    expect((await load("repo")).file).toBe(file);
    const other = put("xdg/flowctl/flowctl.config.yaml", ONE);
    expect((await load("repo", { variables: { XDG_CONFIG_HOME: join(home, "xdg") } })).file).toBe(other);
  });

  it("is none with --config none, and then only the inbox is there", async () => {
    put(".git/HEAD", "");
    put("flowctl.config.yaml", ONE);
    const config = await load(".", { explicit: "none" });
    expect(config.file).toBeUndefined();
    expect(config.channels).toEqual({ inbox: { type: "inbox" } });
  });

  it("is the named one, also by FLOWCTL_CONFIG", async () => {
    const file = put("other/my.yaml", ONE);
    expect((await load(".", { explicit: "other/my.yaml" })).file).toBe(file);
    expect((await load(".", { variables: { FLOWCTL_CONFIG: file } })).file).toBe(file);
    expect((await problems(load(".", { explicit: "absent.yaml" })))[0]).toMatchObject({ code: "CONFIG_NOT_FOUND" });
  });

  it("is not guessed where one directory holds two", async () => {
    put("flowctl.config.yaml", ONE);
    put(".flowctlrc.json", "{}");
    expect((await problems(load(".")))[0]).toMatchObject({ code: "CONFIG_AMBIGUOUS" });
  });

  it("may be in package.json, whose problems are told at their place there", async () => {
    const file = put("package.json", '{\n  "name": "x",\n  "flowctl": { "concurency": 3 }\n}\n');
    expect(await problems(load("."))).toMatchObject([
      { code: "UNKNOWN_KEY", file, line: 3, column: 16, help: 'did you mean "concurrency"?' },
    ]);
    put("package.json", '{ "name": "x", "flowctl": { "concurrency": 3 } }');
    expect((await load(".")).concurrency).toBe(3);
  });

  it.each([
    ["flowctl.config.mjs", "export default { concurrency: 5 }"],
    ["flowctl.config.js", "export default () => ({ concurrency: 5 })"],
    ["flowctl.config.ts", "const n: number = 5; export default { concurrency: n };"],
    ["flowctl.config.json", '\u{feff}{ "concurrency": 5 }'],
    ["flowctl.config.yml", "concurrency: 5\r\n"],
    [".flowctlrc", "concurrency: 5"],
  ])("may be written as %s", async (name, text) => {
    put("package.json", '{ "type": "module" }');
    put(name, text);
    expect((await load(".")).concurrency).toBe(5);
  });
});

describe("what a config says", () => {
  it("is read with durations as milliseconds and single items as lists", async () => {
    put(
      "flowctl.config.yaml",
      `channels:
  team: { type: slack, url: { secret: HOOK } }
hooks:
  - { name: failures, match: { flows: "nightly-*" }, to: team }
  - { name: late, events: [slow], slowAfter: 10m, to: [team, inbox] }
stateHandlers:
  task: [{ uses: ./handlers/audit.ts#audit, match: { tasks: ["load*"] } }]
tasks:
  alert: { uses: slack, trigger: any_failed, with: { message: x }, retry: { max: 2, delay: 5s } }
secrets: { namespace: team-a, timeout: 3s }
stateDir: state
`,
    );
    const config = await load(".");
    expect(config.hooks).toEqual([
      { name: "failures", match: { flows: ["nightly-*"] }, states: ["Failed"], to: ["team"] },
      { name: "late", events: ["slow"], slowAfter: 600_000, states: [], to: ["team", "inbox"] },
    ]);
    expect(config.channels["team"]).toEqual({ type: "slack", url: { secret: "HOOK" } });
    expect(config.stateHandlers.task[0]).toEqual({
      uses: join(home, "handlers/audit.ts#audit"),
      with: {},
      match: { tasks: ["load*"] },
    });
    expect(config.tasks["alert"]).toMatchObject({ trigger: "any_failed", retry: { max: 2, delay: 5000 } });
    expect(config.secrets).toEqual({ namespace: "team-a", timeout: 3000 });
    expect(config.stateDir).toBe(join(home, "state"));
  });

  it("is told with all its mistakes at once", async () => {
    const file = put(
      "flowctl.config.yaml",
      `chanels: {}
hooks:
  - { name: a, states: [Faild], to: [team] }
concurrency: many
defaults: { timeout: 30 }
`,
    );
    expect((await problems(load("."))).map(({ code, line, column, file: at }) => [code, line, column, at])).toEqual([
      ["UNKNOWN_KEY", 1, 1, file],
      ["WRONG_VALUE", 3, 25, file],
      ["WRONG_TYPE", 4, 14, file],
      ["WRONG_TYPE", 5, 22, file],
    ]);
  });

  it("may not tell a channel that is not configured", async () => {
    put("flowctl.config.yaml", `${ONE}hooks:\n  - name: a\n    to: [inbox, taem]\n`);
    expect(await problems(load("."))).toMatchObject([
      { code: "UNKNOWN_CHANNEL", line: 4, column: 17, length: 4, help: 'did you mean "team"?' },
    ]);
  });

  it("has its channels' options checked by the channels", async () => {
    put("flowctl.config.yaml", "channels:\n  oncall: { type: sms, to: ['+47', 'x'] }\n");
    const checkChannel = async () => [{ path: "to[1]", message: "x is not a number" }];
    expect(await problems(load(".", { checkChannel }))).toMatchObject([
      { code: "CHANNEL_OPTION", line: 2, column: 36 },
    ]);
  });

  it("extends others, the later winning entry by entry", async () => {
    put(
      "base.yaml",
      "channels: { team: { type: slack, url: a }, x: { type: inbox } }\nhooks: [{ name: h, to: team }]\npools: { db: 2 }\n",
    );
    put(
      "flowctl.config.yaml",
      "extends: ./base.yaml\nchannels: { team: { type: inbox } }\nhooks: [{ name: h, to: x }, { name: i, to: team }]\n",
    );
    const config = await load(".");
    expect(config.channels).toEqual({ inbox: { type: "inbox" }, team: { type: "inbox" }, x: { type: "inbox" } });
    expect(config.hooks.map((hook) => [hook.name, hook.to])).toEqual([
      ["h", ["x"]],
      ["i", ["team"]],
    ]);
    expect(config.pools).toEqual({ db: 2 });
    expect(config.origins.get("channels.x")).toEqual({ file: join(home, "base.yaml"), line: 1 });
    expect(config.origins.get("channels.team")).toEqual({ file: join(home, "flowctl.config.yaml"), line: 2 });
  });

  it("cannot extend itself", async () => {
    put("a.yaml", "extends: ./flowctl.config.yaml\n");
    put("flowctl.config.yaml", "extends: ./a.yaml\n");
    expect((await problems(load(".")))[0]).toMatchObject({ code: "CONFIG_CYCLE" });
  });

  it("has parts that hold under a profile only", async () => {
    put("flowctl.config.yaml", "concurrency: 2\nprofiles: { ci: { concurrency: 8 } }\n");
    expect((await load(".")).concurrency).toBe(2);
    expect((await load(".", { profile: "ci" })).concurrency).toBe(8);
    expect((await load(".", { variables: { FLOWCTL_PROFILE: "ci" } })).concurrency).toBe(8);
    expect(await problems(load(".", { profile: "ic" }))).toMatchObject([{ code: "CONFIG_PROFILE" }]);
  });

  it("gives way to the environment, which is named as the origin", async () => {
    put("flowctl.config.yaml", "concurrency: 2\nstateDir: ./s\n");
    const config = await load(".", { variables: { FLOWCTL_CONCURRENCY: "7", FLOWCTL_STATE_DIR: "/x" } });
    expect(config).toMatchObject({ concurrency: 7, stateDir: "/x" });
    expect(config.origins.get("concurrency")).toEqual({ variable: "FLOWCTL_CONCURRENCY" });
    expect(await problems(load(".", { variables: { FLOWCTL_CONCURRENCY: "-1" } }))).toMatchObject([
      { code: "ENV_WRONG_VALUE" },
    ]);
  });

  it("exports something, if it is a module", async () => {
    put("flowctl.config.mjs", "export const x = 1;");
    expect((await problems(load(".")))[0]).toMatchObject({ code: "CONFIG_NO_EXPORT" });
    put("flowctl.config.mjs", "");
  });
});
