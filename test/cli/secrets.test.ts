import { chmodSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BIN, cliHome, type CliHome, type Finished } from "../rig/cli.ts";
import { onTerminal } from "../rig/terminal.ts";
import { isProgram, keyringMissing, startKeyring } from "../rig/keyring.ts";
import { skipReason } from "../rig/skip.ts";

const secrets = (
  home: CliHome,
  args: readonly string[],
  input = "",
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> => home.run(["secrets", ...args], { input, env });

describe("a value never comes from the command line", () => {
  test.each([
    ["set", "NAME", "canary-value"],
    ["set", "NAME=canary-value"],
    ["get", "NAME=canary-value"],
    ["delete", "A", "B"],
  ])("secrets %s %s is refused without repeating it", async (...args) => {
    await using home = cliHome();
    const refused = await secrets(home, args, "from a pipe");
    expect(refused.code).toBe(2);
    expect(refused.output).not.toContain("canary-value");
    expect(refused.stderr).toContain("never a value as an argument");
  });

  test("an unknown option that holds one is refused without repeating it", async () => {
    await using home = cliHome();
    const refused = await secrets(home, ["set", "NAME", "--value=canary-value"]);
    expect(refused.code).toBe(2);
    expect(refused.output).not.toContain("canary-value");
  });
});

describe("input that cannot be stored", () => {
  const KEY = { FLOWCTL_SECRETS_KEY: "none" };
  test("nothing on standard input is an error, and nothing hangs", async () => {
    await using home = cliHome();
    const set = await secrets(home, ["set", "NAME"], "", KEY);
    expect(set.code).toBe(2);
    expect(set.stderr).toContain("No value for NAME arrived on standard input");
    const blank = await secrets(home, ["set", "NAME"], "\n", KEY);
    expect(blank.code).toBe(2);
    expect(blank.stderr).toContain("the value is empty");
  });

  test.each([
    ["ONE=first\n# two\ncanary-value\n", "x.env:3:1: this line is not NAME=value"],
    ['ONE="first\nsecond"\nexport TWO=two\ncanary-value\n', "x.env:4:1: this line is not NAME=value"],
    ["ONE=first\nTWO=canary-value#2\n", 'x.env:2:17: the value of TWO has a "#" without a space before it'],
  ])("an import passes no line over in silence: %j", async (text, problem) => {
    await using home = cliHome();
    home.write("x.env", text);
    const { code, stderr } = await secrets(home, ["import", "x.env", "--dry-run"]);
    expect(code).toBe(2);
    expect(stderr).toContain(problem);
    expect(stderr).not.toContain("canary-value");
    home.write("x.env", text.replace(/^.*canary-value.*\n/m, ""));
    expect((await secrets(home, ["import", "x.env", "--dry-run"])).code).toBe(0);
  });

  test.each([
    [["import", "none.env"], "The file none.env cannot be read: there is no such file."],
    [["import", "."], "The file . cannot be read: it is a directory."],
    [["set", "NAME", "--from-file", "none"], "The file none cannot be read: there is no such file."],
  ])("a file that cannot be read is said to be what it is: %j", async (args, problem) => {
    await using home = cliHome();
    expect((await secrets(home, args)).stderr).toContain(problem);
  });

  test("an import with wrong names or values stores nothing and names them all", async () => {
    await using home = cliHome();
    const file = home.write("x.json", '{"good":"value one","not good":"canary-value","empty":"","n":1}');
    const numbers = await secrets(home, ["import", file]);
    expect(numbers.code).toBe(2);
    expect(numbers.stderr).toContain("not texts: n");
    home.write("x.json", '{"good":"value one","not good":"canary-value","empty":""}');
    const wrong = await secrets(home, ["import", file]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/"not good": .*"empty": the value is empty/s);
    home.write("x.json", '{"a": "canary-value"');
    const broken = await secrets(home, ["import", file]);
    expect(broken.code).toBe(2);
    expect(numbers.output + wrong.output + broken.output).not.toContain("canary-value");
  });
});

describe("on a machine without a keychain", () => {
  test("set fails with what to do, and writes nothing", async () => {
    await using home = cliHome();
    const set = await secrets(home, ["set", "NAME"], "some value");
    expect(set.code).toBe(3);
    expect(set.stderr).toContain("Cannot store NAME: the OS keychain: there is no D-Bus session on this machine");
    expect(set.stderr).toContain("flowctl secrets keygen");
    expect((await secrets(home, ["list", "--json"])).stdout).toBe("[]\n");
    const doctor = await secrets(home, ["doctor"]);
    expect(doctor.code).toBe(3);
    expect(doctor.stdout).toContain("[NO_BUS]");
  });

  test("keygen makes a key for its owner only, and from then on secrets are stored in the encrypted file", async () => {
    await using home = cliHome();
    const keygen = await secrets(home, ["keygen"]);
    expect(keygen.code).toBe(0);
    expect(keygen.stdout).toMatch(/^age1[a-z0-9]+\n$/);
    const keyFile = /Wrote the private key to (\S+)\./.exec(keygen.stderr)![1]!;
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect((await secrets(home, ["keygen"])).code).toBe(2);
    const set = await secrets(home, ["set", "NAME"], "value in a file");
    expect(set.stderr).toMatch(/^Stored NAME in the encrypted file .*secrets\.json\.$/m);
    expect((await secrets(home, ["get", "NAME", "--reveal"])).stdout).toBe("value in a file\n");
    expect((await secrets(home, ["get", "NAME"])).stdout).toBe("********  (file)\n");
    expect((await secrets(home, ["test"])).code).toBe(0);
    expect((await secrets(home, ["doctor"])).code).toBe(0);
    chmodSync(keyFile, 0o644);
    const refused = await secrets(home, ["get", "NAME"]);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain(`chmod 600 ${keyFile}`);
    expect((await secrets(home, ["delete", "NAME"])).stderr).toMatch(/^Deleted NAME from the encrypted file/);
    expect((await secrets(home, ["list"])).stdout).toBe("");
  });

  test("a file that config names takes secrets with the public key alone, and CI reads them with the private one", async () => {
    await using home = cliHome();
    await secrets(home, ["keygen", "--out", "ci.key"]);
    const recipient = /age1\w+/.exec(readFileSync(join(home.directory, "ci.key"), "utf8"))![0];
    home.write("flowctl.config.yaml", `secrets: { file: ./ops/secrets.json, recipients: ["${recipient}"] }\n`);
    expect((await secrets(home, ["set", "TOKEN"], "deploy token")).code).toBe(0);
    expect((await secrets(home, ["get", "TOKEN"])).code).toBe(3);
    const env = { FLOWCTL_SECRETS_KEY: readFileSync(join(home.directory, "ci.key"), "utf8") };
    expect((await secrets(home, ["get", "TOKEN", "--reveal"], "", env)).stdout).toBe("deploy token\n");
    expect(
      Object.keys(
        (JSON.parse(readFileSync(join(home.directory, "ops/secrets.json"), "utf8")) as { secrets: object }).secrets,
      ),
    ).toEqual(["TOKEN"]);
  });

  test("providers of config answer: another variable, a command, a dotenv file", async () => {
    await using home = cliHome();
    home.write(".env", "FROM_DOTENV='dotenv value'\n");
    home.write(
      "flowctl.config.yaml",
      'secrets: { env: { FROM_ENV: OTHER_NAME }, exec: { FROM_EXEC: [printf, "%s", "exec value"] }, dotenv: .env }\n',
    );
    const test = await secrets(home, ["test", "FROM_ENV", "FROM_EXEC", "FROM_DOTENV"], "", { OTHER_NAME: "env value" });
    expect(test.stdout).toBe("ok  FROM_ENV  (env)\nok  FROM_EXEC  (exec)\nok  FROM_DOTENV  (dotenv)\n");
  });
});

describe("hostile input", () => {
  test("names that every object has are names like any other", async () => {
    await using home = cliHome();
    await secrets(home, ["keygen"]);
    expect((await secrets(home, ["get", "constructor"])).code).toBe(3);
    const values = '{"constructor":"value one","__proto__":"value two"}';
    expect((await secrets(home, ["import", "-"], values)).stderr).toContain("Stored 2 of 2");
    expect((await secrets(home, ["get", "constructor", "--reveal"])).stdout).toBe("value one\n");
    expect((await secrets(home, ["get", "__proto__", "--reveal"])).stdout).toBe("value two\n");
    expect((await secrets(home, ["get", "toString"])).code).toBe(3);
    expect((await secrets(home, ["delete", "__proto__"])).code).toBe(0);
  });

  test("several processes that store at once lose nothing", async () => {
    await using home = cliHome();
    await secrets(home, ["keygen"]);
    const names = ["ONE", "TWO", "THREE", "FOUR"];
    const done = await Promise.all(names.map((name) => secrets(home, ["set", name], `value of ${name}`)));
    expect(done.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const listed = JSON.parse((await secrets(home, ["list", "--json"])).stdout) as { name: string; provider: string }[];
    expect(listed.map(({ name, provider }) => `${name} ${provider}`)).toEqual(
      [...names].sort().map((name) => `${name} file`),
    );
  });

  test.each([
    ["half written", '{ "version": 1, "secrets": {'],
    ["of another kind", '{"version":1,"recipients":["age1x"],"secrets":null}'],
    ["with an entry that is none", '{"version":1,"recipients":["age1x"],"secrets":{"A":null}}'],
    ["a directory", undefined],
  ])("an encrypted file that is %s is an error that names it, and stays as it is", async (_, text) => {
    await using home = cliHome();
    const file = join(home.directory, "s.json");
    if (text === undefined) mkdirSync(file);
    else home.write("s.json", text);
    home.write("flowctl.config.yaml", "secrets: { file: ./s.json }\n");
    for (const args of [["set", "A"], ["list"], ["delete", "A"]]) {
      const { code, stderr } = await secrets(home, args, "some value");
      expect(code, stderr).toBe(3);
      expect(stderr).toMatch(/s\.json (is no file of secrets|cannot be read: it is a directory)/);
    }
    if (text !== undefined) expect(readFileSync(file, "utf8")).toBe(text);
  });

  test("a twin that differs in case is refused within one import, too", async () => {
    await using home = cliHome();
    const twins = await secrets(home, ["import", "-"], '{"Name":"value one","NAME":"value two"}');
    expect(twins.code).toBe(2);
    expect(twins.stderr).toContain("differ only in case");
  });
});

describe("values that output cannot hide well", () => {
  const FLOW = `import { flow, task } from "flowctl";
    const a = task("a", { secrets: ["PIN", "STAGE"] }, () => 1);
    export default flow("to-production", () => { a(); });`;
  const env = { FLOWCTL_SECRET_PIN: "12345", FLOWCTL_SECRET_STAGE: "production" };

  test("are warned of by import and run, and not with --quiet", async () => {
    await using home = cliHome();
    await secrets(home, ["keygen"]);
    expect((await secrets(home, ["import", "-"], '{"PIN":"12345"}')).stderr).toContain("warning: PIN: it is short");
    home.write("f.ts", FLOW);
    const run = await home.run(["run", "f.ts"], { env });
    expect(run.code).toBe(0);
    expect(run.stderr).toMatch(/SECRET_EXPOSED.*PIN cannot be hidden well: it is short/);
    expect(run.stderr).toMatch(/STAGE cannot be hidden well: it is a common word/);
    expect(run.stderr).toContain("it is a part of the name of the flow");
    expect((await home.run(["run", "f.ts", "--quiet"], { env })).output).toBe("");
  });
});

test("under GitHub Actions a secret that is only found later is masked when it is found", async () => {
  await using home = cliHome();
  home.write(
    "late.ts",
    `import { flow, task, envSecret } from "flowctl";
     const a = task("a", ({ s }: { s: string | null }) => { console.log("got", s); throw new Error("no"); });
     export default flow("late", () => { a({ s: envSecret("LATE_TOKEN") }); });`,
  );
  const env = { GITHUB_ACTIONS: "true", CI: "true", LATE_TOKEN: "late-token-value" };
  const { stdout } = await home.run(["run", "late.ts"], { env });
  expect(stdout.indexOf("::add-mask::late-token-value")).toBeGreaterThan(-1);
  expect(stdout.indexOf("::add-mask::")).toBeLessThan(stdout.indexOf("***LATE_TOKEN***"));
});

describe("a run that misses secrets", () => {
  test("names all of them, who needs them and how to set them, runs nothing and exits with 3", async () => {
    await using home = cliHome();
    const flow = home.write(
      "f.ts",
      `import { flow, task } from "flowctl";
       const a = task("load", { secrets: ["FIRST_SECRET", "SECOND_SECRET"] }, () => { console.log("ran"); });
       export default flow("needs", () => { a(); });`,
    );
    const run = await home.run(["run", flow]);
    expect(run.code).toBe(3);
    expect(run.output).not.toContain("start   load");
    for (const name of ["FIRST_SECRET", "SECOND_SECRET"]) {
      expect(run.stderr).toContain(`The secret ${name}, which task "load" needs, was not found.`);
      expect(run.stderr).toContain(`flowctl secrets set ${name}`);
    }
    expect(
      (
        await home.run(["run", flow], {
          env: { FLOWCTL_SECRET_FIRST_SECRET: "aaaa", FLOWCTL_SECRET_SECOND_SECRET: "bbbb" },
        })
      ).code,
    ).toBe(0);
  });
});

describe("a channel that misses its secret", () => {
  const CONFIG = `channels:
  team: { type: slack, url: { secret: HOOK_URL }, fallback: other }
  other: { type: slack, url: { secret: OTHER_URL } }
  audit: { type: slack, url: { secret: AUDIT_URL } }
hooks: [{ name: told, states: [Failed], to: [team] }]
stateHandlers: { task: [{ uses: slackNotifier, with: { channel: audit, onlyStates: [Failed] } }] }
`;

  test("is a warning at the start and a held message at the end, and the run goes on", async () => {
    await using home = cliHome();
    home.write("flowctl.config.yaml", CONFIG);
    const flow = home.write("fails.yaml", "flow: fails\ntasks:\n  broken: { run: exit 1 }\n");
    const run = await home.run(["run", flow]);
    expect(run.code).toBe(1);
    for (const [name, channel] of Object.entries({ HOOK_URL: "team", OTHER_URL: "other", AUDIT_URL: "audit" }))
      expect(run.output).toContain(`The secret ${name}, which channel "${channel}" needs, was not found.`);
    expect(run.output.indexOf("HOOK_URL")).toBeLessThan(run.output.indexOf("broken"));
    // The fallback takes over at once, and misses its own.
    expect(run.output).toMatch(/3 held/);
  });

  test("refuses the run with --strict", async () => {
    await using home = cliHome();
    home.write("flowctl.config.yaml", CONFIG);
    const flow = home.write("works.yaml", "flow: works\ntasks:\n  fine: { run: 'true' }\n");
    expect((await home.run(["run", flow])).code).toBe(0);
    const strict = await home.run(["run", flow, "--strict"]);
    expect(strict.code).toBe(3);
    expect(strict.output).not.toContain("start   fine");
  });
});

const noScript = skipReason(
  "tests on a terminal",
  isProgram("script") ? undefined : "script (bsdutils) is not installed",
);

describe.skipIf(noScript)("on a terminal", () => {
  test("set asks, shows nothing of what is typed, and stores it", async () => {
    await using home = cliHome();
    await secrets(home, ["keygen"]);
    const typed = await onTerminal(home, ["secrets", "set", "TYPED"], [["Value of TYPED", "canary-value\r"]]);
    expect(typed.code).toBe(0);
    expect(typed.output).toContain("Stored TYPED in the encrypted file");
    expect(typed.output).not.toContain("canary-value");
    expect(typed.output).not.toContain("canary");
    expect((await secrets(home, ["get", "TYPED", "--reveal"])).stdout).toBe("canary-value\n");
  });

  test("set asks before it replaces a secret, and no is the default", async () => {
    await using home = cliHome();
    await secrets(home, ["keygen"]);
    await secrets(home, ["set", "TYPED"], "first value");
    const kept = await onTerminal(
      home,
      ["secrets", "set", "TYPED"],
      [
        ["Value of TYPED", "second value\r"],
        ["Replace it?", "\r"],
      ],
    );
    expect(kept.code).toBe(2);
    expect((await secrets(home, ["get", "TYPED", "--reveal"])).stdout).toBe("first value\n");
    const replaced = await onTerminal(
      home,
      ["secrets", "set", "TYPED", "--yes"],
      [["Value of TYPED", "second value\r"]],
    );
    expect(replaced.code).toBe(0);
    expect((await secrets(home, ["get", "TYPED", "--reveal"])).stdout).toBe("second value\n");
  });

  test("what is given up stores nothing", async () => {
    await using home = cliHome();
    await secrets(home, ["keygen"]);
    const givenUp = await onTerminal(home, ["secrets", "set", "TYPED"], [["Value of TYPED", "canary\u0003"]]);
    expect(givenUp.code).toBe(2);
    expect(givenUp.output).toContain("Nothing was stored for TYPED");
    expect((await secrets(home, ["list"])).stdout).toBe("");
  });

  test("with --no-input nobody is asked", async () => {
    await using home = cliHome();
    const refused = await onTerminal(home, ["--no-input", "secrets", "set", "TYPED"], []);
    expect(refused.code).toBe(2);
    expect(refused.output).toContain("nobody may be asked");
  });
});

const uid = process.getuid?.() ?? -1;
const place = `/run/user/${uid}`;
const noCron = skipReason("the test of cron's environment", keyringMissing() ?? cronPlaceTaken());

test.skipIf(noCron)("cron's nearly empty environment finds the keychain by the bus at its usual place", async () => {
  await using keyring = await startKeyring();
  await using home = cliHome();
  mkdirSync(place, { recursive: true, mode: 0o700 });
  const bridge = await bridgeTo(keyring.env["DBUS_SESSION_BUS_ADDRESS"]!, join(place, "bus"));
  try {
    const env = { HOME: keyring.env["HOME"] };
    expect((await home.run(["secrets", "set", "NIGHTLY"], { input: "nightly value", env })).code).toBe(0);
    expect(keyring.witness(["lookup", "service", "flowctl", "account", "NIGHTLY"])).toBe("nightly value");
    const cron = await home.run([], {
      program: [
        "env",
        "-i",
        "HOME=/",
        `FLOWCTL_STATE_DIR=${home.state}`,
        process.execPath,
        BIN,
        "secrets",
        "get",
        "NIGHTLY",
        "--reveal",
      ],
    });
    expect(cron.stdout).toBe("nightly value\n");
  } finally {
    await bridge[Symbol.asyncDispose]();
    rmSync(join(place, "bus"), { force: true });
  }
});

/** A desktop's own bus must not be touched. */
function cronPlaceTaken(): string | undefined {
  if (statSync(join(place, "bus"), { throwIfNoEntry: false }) !== undefined)
    return `${place}/bus is somebody's real bus`;
  try {
    mkdirSync(place, { recursive: true, mode: 0o700 });
    return undefined;
  } catch {
    return `${place} cannot be made`;
  }
}

/** Makes a bus reachable at a second place, byte by byte. */
async function bridgeTo(address: string, path: string): Promise<AsyncDisposable> {
  const { createConnection, createServer } = await import("node:net");
  const target = /unix:path=([^,;]+)/.exec(address)![1]!;
  const open = new Set<{ destroy(): void }>();
  const server = createServer((client) => {
    const bus = createConnection(target);
    for (const each of [client, bus]) {
      open.add(each);
      each.on("error", () => undefined);
    }
    client.pipe(bus).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    async [Symbol.asyncDispose]() {
      for (const each of open) each.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
