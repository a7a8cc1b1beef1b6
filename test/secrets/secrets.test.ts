import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Files } from "../../src/host/files.ts";
import { UserError } from "../../src/model/error.ts";
import { openAgeFile, recipientsOf } from "../../src/secrets/age-file.ts";
import { missingSecretsError } from "../../src/secrets/missing-secrets.ts";
import { openSecretStore } from "../../src/secrets/secret-store.ts";
import type { SecretsConfig } from "../../src/secrets/secret-settings.ts";
import { createSecrets } from "../../src/secrets/secrets.ts";
import { isProgram } from "../rig/keyring.ts";
import { secretsRig, started, type Rig } from "./fake-host.ts";
import { skipReason } from "../rig/skip.ts";

/** A key of age's own documentation style, made for these tests only. */
async function key(): Promise<string> {
  const { generateX25519Identity } = await import("age-encryption");
  return generateX25519Identity();
}

async function inFile(rig: Rig, values: Readonly<Record<string, string>>, identity: string): Promise<string> {
  const path = join(rig.directory, "secrets.json");
  await openAgeFile(path, rig.options).write(values, await recipientsOf([identity]));
  return path;
}

describe("the chain of providers", () => {
  test("asks context, environment, keychain, file, command and dotenv, and the first that has it wins", async () => {
    const identity = await key();
    using rig = secretsRig("echo", { FLOWCTL_SECRET_B: "from env", FLOWCTL_SECRET_A: "from env" });
    const secrets = createSecrets({ ...rig.options, context: { A: "from context" } });
    const { found, origins, missing } = await secrets.resolve(["A", "B", "C"]);
    expect(Object.fromEntries(found)).toEqual({ A: "from context", B: "from env", C: "flowctl/C" });
    expect(Object.fromEntries(origins)).toEqual({ A: "context", B: "env", C: "keychain" });
    expect(missing).toEqual([]);

    using second = secretsRig("empty", { FLOWCTL_SECRETS_KEY: identity });
    const file = await inFile(second, { D: "from file" }, identity);
    writeFileSync(join(second.directory, ".env"), "D=from dotenv\nE=from dotenv\nF='from dotenv'\n");
    const config = { file, dotenv: ".env", exec: { E: ["printf", "%s\\n", "from {name}"] } };
    const rest = await createSecrets({ ...second.options, config }).resolve(["D", "E", "F"]);
    expect(Object.fromEntries(rest.found)).toEqual({ D: "from file", E: "from E", F: "from dotenv" });
    expect(Object.fromEntries(rest.origins)).toEqual({ D: "file", E: "exec", F: "dotenv" });
  });

  test("starts no keychain where the environment has everything", async () => {
    using rig = secretsRig("never", { FLOWCTL_SECRET_A: "value-a" });
    expect(await createSecrets(rig.options).get("A")).toBe("value-a");
    expect((await createSecrets(rig.options).resolve([])).missing).toEqual([]);
  });

  test("starts one keychain for all names of a run, in all namespaces, and none for what is known by then", async () => {
    using rig = secretsRig("echo", { FLOWCTL_SECRET_N0: "from env" });
    const secrets = createSecrets({ ...rig.options, namespace: "team.prod" });
    const names = Array.from({ length: 20 }, (_, index) => `N${index}`);
    expect((await secrets.resolve(names)).found.size).toBe(20);
    await secrets.resolve(names);
    await secrets.get("N7");
    expect(rig.starts()).toHaveLength(1);
  });

  test("starts the keychain ahead where a name is left to it, and asks it in the same child", async () => {
    using rig = secretsRig("echo", { FLOWCTL_SECRET_A: "value-a" });
    const secrets = createSecrets(rig.options);
    await secrets.warm(["A", "B"]);
    await started(rig);
    expect((await secrets.resolve(["A", "B", "C"])).found.size).toBe(3);
    secrets.close();
    expect(rig.starts()).toHaveLength(1);
  });

  test("starts no keychain ahead that may not have to be asked", async () => {
    using rig = secretsRig("echo", { FLOWCTL_SECRET_A: "value-a" });
    let looks = 0;
    // Before it is started its bus is looked for.
    const stat: Files["stat"] = (path) => {
      looks += 1;
      return rig.options.files.stat(path);
    };
    const warm = async (names: readonly string[], config: SecretsConfig): Promise<void> => {
      const secrets = createSecrets({ ...rig.options, files: { ...rig.options.files, stat }, config });
      await secrets.warm(names);
      secrets.close();
    };
    await warm(["A", "not-a-name"], {});
    await warm(["A", "B"], { pins: { B: "file" } });
    await warm(["A", "B"], { order: ["env", "exec", "keychain"], exec: { B: "echo from exec" } });
    await warm(["A", "B"], { order: ["env", "file"] });
    expect(looks).toBe(0);
    await warm(["A", "B"], {});
    expect(looks).toBe(1);
  });

  test("a dotenv file that may not be read, and a command that prints without end, are reasons and no crash", async () => {
    using rig = secretsRig("empty", {});
    mkdirSync(join(rig.directory, "dir.env"));
    const config = { dotenv: "dir.env", exec: { A: "yes canary-value" } };
    const { missing } = await createSecrets({ ...rig.options, config }).resolve(["A", "constructor"]);
    const told = JSON.stringify(missing);
    expect(told).toContain("printed more than the 65536 bytes that a secret can have");
    expect(told).toContain("dir.env cannot be read");
    expect(told).not.toContain("canary-value");
  });

  test("a program that a command leaves in the background is not waited for, and ended; an agent that calls setsid is not", async () => {
    using rig = secretsRig("empty", {});
    const config = {
      exec: { A: "sleep 500 & echo $! > left; setsid sleep 500 & echo $! > agent; sleep 0.1; echo value of a" },
    };
    expect(await createSecrets({ ...rig.options, config }).get("A")).toBe("value of a");
    const pid = (name: string): number => Number(readFileSync(join(rig.directory, name), "utf8"));
    while (isRunning(pid("left"))) await new Promise((resolve) => setImmediate(resolve));
    expect(isRunning(pid("agent"))).toBe(true);
    process.kill(pid("agent"));
  });

  test("an empty variable counts as unset, and a bare one counts only where config names it", async () => {
    using rig = secretsRig("empty", { FLOWCTL_SECRET_A: "", A: "bare", B_URL: "named" });
    const secrets = createSecrets({ ...rig.options, config: { env: { B: "B_URL" } } });
    const { found, missing } = await secrets.resolve(["A", "B"]);
    expect(Object.fromEntries(found)).toEqual({ B: "named" });
    expect(missing.map((each) => each.name)).toEqual(["A"]);
  });

  test("config can change the order and pin a secret to one provider", async () => {
    using rig = secretsRig("echo", { FLOWCTL_SECRET_A: "from env", FLOWCTL_SECRET_B: "from env" });
    const secrets = createSecrets({ ...rig.options, config: { order: ["keychain", "env"], pins: { B: "env" } } });
    expect(Object.fromEntries((await secrets.resolve(["A", "B"])).found)).toEqual({ A: "flowctl/A", B: "from env" });
  });

  test("FLOWCTL_SECRETS_BACKEND leaves one store, and is checked", async () => {
    using rig = secretsRig("never", { FLOWCTL_SECRETS_BACKEND: "env" });
    const { missing } = await createSecrets(rig.options).resolve(["A"]);
    expect(missing[0]?.tried.map((each) => each.provider)).toEqual(["env"]);
    using wrong = secretsRig("never", { FLOWCTL_SECRETS_BACKEND: "vault" });
    expect(() => createSecrets(wrong.options)).toThrow(/it can be env, keychain or file/);
  });

  test("each value is known to the redactor before it is announced", async () => {
    using rig = secretsRig("echo", { FLOWCTL_SECRET_A: "value of a" });
    const seen: string[] = [];
    const { redactor } = rig.options;
    const onFound = (name: string, value: string) => seen.push(`${name} ${redactor.redact(value)}`);
    const secrets = createSecrets({ ...rig.options, onFound });
    await secrets.resolve(["A", "B"]);
    await secrets.resolve(["A", "B"]);
    expect(seen).toEqual(["A ***A***", "B ***B***"]);
  });

  test("an error of a command tells its exit code, not what it printed", async () => {
    using rig = secretsRig("empty", {});
    const config = { exec: { "*": "echo canary-value; echo canary-value >&2; exit 3" } };
    const { missing } = await createSecrets({ ...rig.options, config }).resolve(["A"]);
    expect(JSON.stringify(missing)).toContain("failed (exit code 3)");
    expect(JSON.stringify(missing)).not.toContain("canary-value");
  });

  test("a command gets none of the run's secrets in its environment", async () => {
    using rig = secretsRig("empty", { FLOWCTL_SECRET_OTHER: "canary-value", FLOWCTL_SECRETS_KEY: "canary-value" });
    expect(await createSecrets({ ...rig.options, config: { exec: { A: "env" } } }).get("A")).not.toContain(
      "canary-value",
    );
  });
});

describe("missing secrets", () => {
  test("one error names all of them, who needs them, what each provider said, and the command that sets them", async () => {
    using rig = secretsRig("segfault", {});
    const { missing } = await createSecrets(rig.options).resolve(["A", "B"]);
    const error = missingSecretsError(missing, new Map([["A", ['task "load"', 'task "save"']]]));
    expect(error.kind).toBe("secret");
    expect(error.diagnostics).toHaveLength(2);
    expect(error.diagnostics[0]?.message).toMatch(
      /^The secret A, which task "load" and task "save" need, was not found\. Looked in the environment \(FLOWCTL_SECRET_A is not set\), the OS keychain \(its helper ended without an answer \(SIGSEGV\)\), the encrypted file \(there is none\)\.$/,
    );
    expect(error.diagnostics[1]?.help).toContain("flowctl secrets set B");
  });

  test("get throws it", async () => {
    using rig = secretsRig("empty", {});
    await expect(createSecrets(rig.options).get("A")).rejects.toThrow(UserError);
  });

  test("a name that cannot exist is said to be one, and is looked for nowhere", async () => {
    using rig = secretsRig("never", {});
    const { missing } = await createSecrets(rig.options).resolve(["a-b"]);
    expect(missingSecretsError(missing).message).toContain('The secret "a-b" cannot exist');
  });
});

describe("the encrypted file", () => {
  test("gives back what was written, needs only the public key to write, and shows names only", async () => {
    const identity = await key();
    using rig = secretsRig("never", { FLOWCTL_SECRETS_BACKEND: "file" });
    const options = { ...rig.options, config: { file: "s.json", recipients: await recipientsOf([identity]) } };
    const written = await openSecretStore(options).write({ A: "value of a", B: "é😀\n" });
    expect(written).toMatchObject({ store: "file", stored: ["A", "B"] });
    const text = readFileSync(join(rig.directory, "s.json"), "utf8");
    expect(text).toContain('"A"');
    expect(text).not.toContain("value of a");
    const withKey = { ...rig.options.environment.variables, FLOWCTL_SECRETS_KEY: identity };
    const environment = { ...rig.options.environment, variables: withKey };
    expect(Object.fromEntries((await createSecrets({ ...options, environment }).resolve(["A", "B"])).found)).toEqual({
      A: "value of a",
      B: "é😀\n",
    });
  });

  test("values of two names cannot be swapped, and a foreign key is told as one", async () => {
    const [mine, other] = [await key(), await key()];
    using rig = secretsRig("never", {});
    const path = await inFile(rig, { A: "value-a", B: "value-b" }, mine);
    const document = JSON.parse(readFileSync(path, "utf8")) as { secrets: Record<string, unknown> };
    writeFileSync(path, JSON.stringify({ ...document, secrets: { A: document.secrets["B"] } }));
    const file = openAgeFile(path, rig.options);
    await expect(file.decrypt("A", [mine])).rejects.toThrow("belongs to another name");
    await expect(file.decrypt("A", [other])).rejects.toThrow("encrypted for another key");
  });

  test("a damaged file is an error that names it, and stays as it is", async () => {
    using rig = secretsRig("never", { FLOWCTL_SECRETS_BACKEND: "file" });
    writeFileSync(join(rig.directory, "s.json"), "{ not json");
    const options = { ...rig.options, config: { file: "s.json", recipients: await recipientsOf([await key()]) } };
    await expect(openSecretStore(options).write({ A: "value of a" })).rejects.toThrow(/s\.json is no file of secrets/);
    expect(readFileSync(join(rig.directory, "s.json"), "utf8")).toBe("{ not json");
    const { missing } = await createSecrets(options).resolve(["A"]);
    expect(missing[0]?.tried[0]?.why).toContain("is no file of secrets");
  });

  test("a key file that others can read is refused", async () => {
    const identity = await key();
    using rig = secretsRig("never", { FLOWCTL_SECRETS_BACKEND: "file", FLOWCTL_SECRETS_KEY_FILE: "" });
    const file = await inFile(rig, { A: "value of a" }, identity);
    const place = join(rig.directory, ".config", "flowctl");
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "secrets.key"), `# public key: …\n${identity}\n`, { mode: 0o600 });
    const options = { ...rig.options, config: { file } };
    expect(await createSecrets(options).get("A")).toBe("value of a");
    chmodSync(join(place, "secrets.key"), 0o644);
    const { missing } = await createSecrets(options).resolve(["A"]);
    expect(missing[0]?.tried[0]).toMatchObject({ help: `chmod 600 ${join(place, "secrets.key")}` });
  });

  test("20 writers at once lose nothing", async () => {
    const identity = await key();
    using rig = secretsRig("never", {});
    const recipients = await recipientsOf([identity]);
    const path = join(rig.directory, "s.json");
    const names = Array.from({ length: 20 }, (_, index) => `N${index}`);
    await Promise.all(names.map((name) => openAgeFile(path, rig.options).write({ [name]: name }, recipients)));
    const file = openAgeFile(path, rig.options);
    expect(Object.keys(file.read()?.secrets ?? {}).sort()).toEqual([...names].sort());
  });

  const noAge = skipReason("exchange with the age program", isProgram("age") ? undefined : "age is not installed");
  test.skipIf(noAge)("age itself reads what we wrote, and we read what age wrote", async () => {
    const identity = await key();
    using rig = secretsRig("never", {});
    const path = await inFile(rig, { A: "value of a" }, identity);
    const keyFile = join(rig.directory, "key.txt");
    writeFileSync(keyFile, `${identity}\n`, { mode: 0o600 });
    type Document = { recipients: string[]; secrets: Record<string, { age: string; updatedAt: string }> };
    const document = JSON.parse(readFileSync(path, "utf8")) as Document;
    const theirs = execFileSync("age", ["-d", "-i", keyFile], {
      input: Buffer.from(document.secrets["A"]!.age, "base64"),
    });
    expect(JSON.parse(theirs.toString())).toEqual({ name: "A", value: "value of a" });
    const plain = JSON.stringify({ name: "B", value: "from age" });
    const age = execFileSync("age", ["-r", document.recipients[0]!], { input: plain }).toString("base64");
    document.secrets["B"] = { age, updatedAt: "2026-01-01T00:00:00.000Z" };
    writeFileSync(path, JSON.stringify(document));
    expect(await openAgeFile(path, rig.options).decrypt("B", [identity])).toBe("from age");
  });
});

describe("writing", () => {
  test("goes to the encrypted file where there is no keychain and a key is at hand", async () => {
    using rig = secretsRig("no-module", { FLOWCTL_SECRETS_KEY: await key() });
    expect(await openSecretStore(rig.options).write({ A: "value of a" })).toMatchObject({
      store: "file",
      stored: ["A"],
    });
  });

  test("fails where there is no store, says why, and leaves nothing behind", async () => {
    using rig = secretsRig("no-module", {});
    const store = openSecretStore(rig.options);
    await expect(store.write({ A: "value of a" })).rejects.toMatchObject({
      kind: "secret",
      message: expect.stringMatching(
        /Cannot store A: the OS keychain: keytar cannot be loaded .*; the encrypted file: there is none/,
      ) as string,
    });
    expect(rig.options.files.stat(store.file.path)).toBeUndefined();
    expect(store.index.list()).toEqual([]);
  });

  test("does not evade a locked keychain, whose older value would come back and win", async () => {
    using rig = secretsRig("locked", { FLOWCTL_SECRETS_KEY: await key() });
    await expect(openSecretStore(rig.options).write({ A: "value of a" })).rejects.toThrow("it is locked");
    const chosen = await openSecretStore(rig.options).write({ A: "value of a" }, "file");
    expect(chosen.store).toBe("file");
  });

  test("a delete that cannot reach the keychain which holds the secret is no delete", async () => {
    using rig = secretsRig("segfault", {});
    const store = openSecretStore(rig.options);
    await store.index.add([{ name: "A", namespace: "", store: "keychain", updatedAt: "2026-01-01T00:00:00.000Z" }]);
    await expect(store.remove("A")).rejects.toThrow(/Cannot delete A from the OS keychain/);
    expect(store.index.list()).toHaveLength(1);
    expect(await store.remove("B")).toEqual([]);
  });
});

function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
