import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cliHome, type CliHome } from "../rig/cli.ts";
import { keyringMissing, startKeyring, type Keyring } from "../rig/keyring.ts";
import { skipReason } from "../rig/skip.ts";

const skip = skipReason("tests against a real Secret Service", keyringMissing());

describe.skipIf(skip)("with a keychain", () => {
  let keyring: Keyring;
  let home: CliHome;
  const run = (args: readonly string[], input = "", env: Readonly<Record<string, string>> = {}) =>
    home.run(["secrets", ...args], { input, env: { ...keyring.env, ...env } });

  beforeAll(async () => {
    keyring = await startKeyring();
    home = cliHome();
  });
  afterAll(async () => {
    await home[Symbol.asyncDispose]();
    await keyring[Symbol.asyncDispose]();
  });

  test("set stores what is piped in, says where, and secret-tool reads it", async () => {
    const set = await run(["set", "PIPED"], "correct horse\n");
    expect(set).toMatchObject({ code: 0, stdout: "", stderr: "Stored PIPED in the OS keychain (flowctl).\n" });
    expect(keyring.witness(["lookup", "service", "flowctl", "account", "PIPED"])).toBe("correct horse");
  });

  test("what keeps its last line break with --raw comes back with it", async () => {
    expect((await run(["set", "RAW", "--raw"], "line\n")).code).toBe(0);
    expect(keyring.witness(["lookup", "service", "flowctl", "account", "RAW"])).toBe("line\n");
  });

  test("get says where a secret is, and shows it only with --reveal", async () => {
    await run(["set", "SHOWN"], "battery staple");
    expect((await run(["get", "SHOWN"])).stdout).toBe("********  (keychain)\n");
    expect((await run(["get", "SHOWN", "--reveal"])).stdout).toBe("battery staple\n");
  });

  test("values of many bytes, lines and languages come back as they were", async () => {
    const value = `-----BEGIN X-----\n${"é😀\\\"'$`".repeat(2000)}\n-----END X-----`;
    expect((await run(["set", "BIG"], value)).code).toBe(0);
    expect((await run(["get", "BIG", "--reveal"])).stdout).toBe(`${value}\n`);
  });

  test("list shows names and places, and as JSON no more than that", async () => {
    await run(["set", "LISTED"], "listed-value");
    const listed = await run(["list"], "", { FLOWCTL_SECRET_LISTED: "other-value" });
    expect(listed.stdout).toMatch(/^LISTED +keychain +\d{4}-\d\d-\d\d +overridden by the environment$/m);
    expect(listed.output).not.toContain("value");
    const json = JSON.parse((await run(["list", "--json"])).stdout) as { name: string }[];
    expect(json.find((each) => each.name === "LISTED")).toEqual({
      name: "LISTED",
      provider: "keychain",
      namespace: "",
      updatedAt: expect.stringMatching(/Z$/) as string,
      envOverride: false,
    });
  });

  test("delete removes a secret from keychain and list; a second time it exits with 1, or 0 with --if-exists", async () => {
    await run(["set", "GONE"], "gone-value");
    expect((await run(["delete", "GONE"])).stderr).toBe("Deleted GONE from the OS keychain.\n");
    expect(keyring.witness(["lookup", "service", "flowctl", "account", "GONE"])).toBeUndefined();
    expect((await run(["list"])).stdout).not.toContain("GONE");
    expect((await run(["delete", "GONE"])).code).toBe(1);
    expect((await run(["delete", "GONE", "--if-exists"])).code).toBe(0);
    const get = await run(["get", "GONE"]);
    expect(get.code).toBe(3);
    expect(get.stderr).toContain("it is not in flowctl");
  });

  test("import of 50 stores all of them in one child and does not replace without --overwrite", async () => {
    const lines = Array.from({ length: 50 }, (_, index) => `BULK_${index}="value number ${index}"`);
    const file = home.write("all.env", lines.join("\n"));
    expect((await run(["import", file, "--dry-run"])).stdout.split("\n")).toHaveLength(51);
    expect((await run(["get", "BULK_0"])).code).toBe(3);
    const first = await run(["import", file]);
    expect(first).toMatchObject({ code: 0, stderr: "Stored 50 of 50 secrets in the OS keychain (flowctl).\n" });
    expect(keyring.witness(["lookup", "service", "flowctl", "account", "BULK_49"])).toBe("value number 49");
    const again = await run(["import", "-"], '{"BULK_7":"another"}');
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("already stored: BULK_7");
    expect((await run(["import", "-", "--overwrite"], '{"BULK_7":"another"}')).code).toBe(0);
    expect(keyring.witness(["lookup", "service", "flowctl", "account", "BULK_7"])).toBe("another");
  });

  test("a namespace keeps secrets apart, and falls back to the default one", async () => {
    await run(["set", "SHARED"], "default-value");
    await run(["set", "OWN", "--namespace", "team.prod"], "team-value");
    expect(keyring.witness(["lookup", "service", "flowctl:team.prod", "account", "OWN"])).toBe("team-value");
    expect((await run(["get", "OWN", "--reveal"])).code).toBe(3);
    expect((await run(["get", "OWN", "--reveal", "--namespace", "team.prod"])).stdout).toBe("team-value\n");
    expect((await run(["get", "SHARED", "--reveal", "--namespace", "team.prod"])).stdout).toBe("default-value\n");
    expect((await run(["get", "X", "--namespace", "a/b"])).code).toBe(2);
  });

  test("the environment wins over the keychain, and set warns of it", async () => {
    const env = { FLOWCTL_SECRET_BOTH: "from the environment" };
    const set = await run(["set", "BOTH"], "from the keychain", env);
    expect(set.stderr).toContain("warning: FLOWCTL_SECRET_BOTH is set here, and wins");
    expect((await run(["get", "BOTH", "--reveal"], "", env)).stdout).toBe("from the environment\n");
    expect((await run(["get", "BOTH", "--reveal"])).stdout).toBe("from the keychain\n");
  });

  test("a name that differs only in case from a stored one is refused", async () => {
    await run(["set", "CASED"], "some value");
    const set = await run(["set", "Cased"], "some value");
    expect(set.code).toBe(2);
    expect(set.stderr).toContain("Cased differs from the stored CASED only in case");
  });

  test("test names the provider of each secret, and without names tries the stores", async () => {
    await run(["set", "TESTED"], "tested-value");
    const named = await run(["test", "TESTED", "ABSENT"]);
    expect(named.code).toBe(3);
    expect(named.stdout).toBe("ok  TESTED  (keychain)\n");
    expect(named.stderr).toContain("The secret ABSENT was not found");
    const probe = await run(["test"]);
    expect(probe.code).toBe(0);
    expect(probe.stdout).toMatch(/^ok +keychain +written, read and deleted/m);
    expect(keyring.witness(["search", "--all", "service", "flowctl"])).not.toContain("FLOWCTL_PROBE");
  });

  test("doctor reports what the keychain has lost, and how to mend it", async () => {
    await run(["set", "LOST"], "lost-value");
    keyring.witness(["clear", "service", "flowctl", "account", "LOST"]);
    const doctor = await run(["doctor"]);
    expect(doctor.code).toBe(3);
    expect(doctor.stdout).toMatch(/✖ LOST .*is not there any more/);
    expect((await run(["delete", "LOST", "--if-exists"])).code).toBe(0);
    expect((await run(["doctor"])).code).toBe(0);
  });

  test("entries of other programs with our service name do no harm", async () => {
    keyring.witness(["store", "--label", "other", "service", "flowctl", "username", "OTHER"], "another program's");
    keyring.witness(["store", "--label", "no account", "service", "flowctl"], "another program's");
    await run(["set", "MINE"], "mine-value");
    expect((await run(["get", "MINE", "--reveal"])).stdout).toBe("mine-value\n");
    expect((await run(["get", "OTHER"])).code).toBe(3);
    expect((await run(["list"])).code).toBe(0);
    expect((await run(["doctor"])).code).toBe(0);
  });
});

test.skipIf(skip)(
  "the keychain starts while the flow loads, where a hook needs it, and not where none does",
  async () => {
    await using keyring = await startKeyring();
    await using home = cliHome();
    const FULL = ["--logs", "full"];
    const env = { ...keyring.env };
    expect((await home.run(["secrets", "set", "TOLD_TO"], { input: "told-to-value", env })).code).toBe(0);
    home.write(
      "flowctl.config.yaml",
      `channels: { team: { type: command, run: [cat], env: { TO: { secret: TOLD_TO } } } }
hooks: [{ name: told, match: { flows: ["*watched"] }, states: [Failed], to: [team] }]
`,
    );
    const flow = (name: string): string =>
      home.write(
        `${name}.ts`,
        `import { readFileSync } from "node:fs";
       import { flow, task } from "flowctl";
       const helpers = () => readFileSync(\`/proc/self/task/\${process.pid}/children\`, "utf8").split(" ")
         .filter((pid) => pid !== "" && readFileSync(\`/proc/\${pid}/cmdline\`, "utf8").includes("keychain-host"));
       const loading = helpers().length;
       const look = task("look", () => { console.log(\`loading \${loading}, running \${helpers().length}: told-to-value\`); });
       export default flow("${name}", () => { look(); });`,
      );
    expect((await home.run(["run", flow("watched"), ...FULL], { env })).output).toContain(
      "loading 1, running 0: ***TOLD_TO***",
    );
    expect((await home.run(["run", flow("other"), ...FULL], { env })).output).toContain(
      "loading 0, running 0: told-to-value",
    );
    const given = { ...env, FLOWCTL_SECRET_TOLD_TO: "told-to-value" };
    expect((await home.run(["run", "watched.ts", ...FULL], { env: given })).output).toContain("loading 0, running 0");
    home.write("unwatched.ts", "process.exit(7);");
    expect((await home.run(["run", "unwatched.ts"], { env })).code).toBe(7);
    expect(helpersOf(keyring)).toEqual([]);
  },
);

describe.skipIf(skip)("with a keychain that does not work", () => {
  test("a locked keyring is told apart from a missing secret", async () => {
    await using keyring = await startKeyring();
    await using home = cliHome();
    const env = (): Record<string, string | undefined> => ({ ...keyring.env });
    expect((await home.run(["secrets", "set", "KEPT"], { input: "kept-value", env: env() })).code).toBe(0);
    await keyring.restartLocked();
    const kept = await home.run(["secrets", "get", "KEPT"], { env: env() });
    expect(kept.code).toBe(3);
    expect(kept.stderr).toContain("it is locked, or the entry was removed");
    const other = await home.run(["secrets", "get", "OTHER"], { env: env() });
    expect(other.code).toBe(3);
    expect(other.stderr).not.toContain("locked");
    const set = await home.run(["secrets", "set", "NEW"], { input: "new-value", env: env() });
    expect(set.code).toBe(3);
    expect(set.stderr).toContain("Cannot store NEW: the OS keychain: it is locked");
    const doctor = await home.run(["secrets", "doctor"], { env: env() });
    expect(doctor.code).toBe(3);
    expect(doctor.stdout).toContain("[LOCKED]");
  });

  test("a service that hangs is given up after the limit, and its helper is gone", async () => {
    await using keyring = await startKeyring();
    await using home = cliHome();
    const env = { ...keyring.env, FLOWCTL_KEYCHAIN_TIMEOUT: "700ms" };
    expect((await home.run(["secrets", "set", "SLOW"], { input: "slow-value", env })).code).toBe(0);
    keyring.freeze();
    const get = await home.run(["secrets", "get", "SLOW"], { env });
    expect(get.code).toBe(3);
    expect(get.stderr).toContain("it did not answer within 0.7 s");
    const set = await home.run(["secrets", "set", "SLOW"], { input: "other-value", env });
    expect(set.code).toBe(3);
    expect(set.stderr).toContain("it did not answer");
    expect(helpersOf(keyring)).toEqual([]);
  });

  test("a helper that dies by SIGSEGV is told as such, and leaves no core file", async () => {
    await using keyring = await startKeyring();
    await using home = cliHome();
    expect((await home.run(["secrets", "set", "DEADLY"], { input: "some value", env: { ...keyring.env } })).code).toBe(
      0,
    );
    keyring.freeze();
    const get = home.start(["secrets", "get", "DEADLY"], { env: { ...keyring.env } });
    let helpers = helpersOf(keyring);
    while (helpers.length === 0 && get.child.exitCode === null) {
      await new Promise(setImmediate);
      helpers = helpersOf(keyring);
    }
    for (const pid of helpers) process.kill(Number(pid), "SIGSEGV");
    const { code, stderr } = await get.finished;
    expect(code).toBe(3);
    expect(stderr).toContain("the OS keychain (its helper ended without an answer (SIGSEGV))");
    expect(readdirSync(home.directory).filter((each) => each.startsWith("core"))).toEqual([]);
  });

  test("a service without a keyring says so", async () => {
    await using keyring = await startKeyring({ unlock: false });
    await using home = cliHome();
    const set = await home.run(["secrets", "set", "X"], { input: "some value", env: { ...keyring.env } });
    expect(set.code).toBe(3);
    expect(set.stderr).toContain("it holds no keyring yet");
  });
});

/** Our helpers that still run against this keyring's bus. */
function helpersOf(keyring: Keyring): readonly string[] {
  const address = `DBUS_SESSION_BUS_ADDRESS=${keyring.env["DBUS_SESSION_BUS_ADDRESS"] ?? ""}`;
  return readdirSync("/proc").filter((pid) => {
    try {
      return (
        readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(address) &&
        readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("keychain-host")
      );
    } catch {
      return false;
    }
  });
}
