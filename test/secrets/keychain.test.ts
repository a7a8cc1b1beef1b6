import { describe, expect, test } from "vitest";
import { createKeychain } from "../../src/secrets/keychain.ts";
import { gone, secretsRig, started, type Behaviour } from "./fake-host.ts";

const ENTRY = { service: "flowctl", account: "NAME" };

async function ask(
  behaviour: Behaviour,
  variables: Readonly<Record<string, string | undefined>> = {},
  timeoutMs = 10_000,
) {
  using rig = secretsRig(behaviour, variables);
  return await createKeychain({ ...rig.options, timeoutMs }).ask({ action: "get", entries: [ENTRY] });
}

describe("the keychain's child process", () => {
  test("answers for each entry", async () => {
    expect(await ask("echo")).toEqual({ ok: true, answers: [{ ok: true, found: true, value: "flowctl/NAME" }] });
  });

  test("is told nothing of variables that a keychain does not need", async () => {
    const reply = await ask("environment", {
      FLOWCTL_SECRET_OTHER: "canary-value",
      AWS_SECRET_ACCESS_KEY: "canary-value",
      NODE_OPTIONS: "",
    });
    expect(JSON.stringify(reply)).toContain("DBUS_SESSION_BUS_ADDRESS");
    expect(JSON.stringify(reply)).not.toContain("canary-value");
  });

  test("need not end once it has answered", async () => {
    expect(await ask("answers-and-hangs")).toMatchObject({ ok: true });
  });

  const TROUBLES: readonly (readonly [Behaviour, string, RegExp])[] = [
    ["locked", "LOCKED", /locked/],
    ["no-module", "NO_MODULE", /libsecret/],
    ["garbage", "CRASH", /makes no sense/],
    ["silent", "CRASH", /exit 0/],
    ["segfault", "CRASH", /SIGSEGV/],
    ["never", "CRASH", /ended without an answer/],
  ];
  test.each(TROUBLES)("that is %s is reported as %s", async (behaviour, code, message) => {
    expect(await ask(behaviour)).toEqual({
      ok: false,
      trouble: expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as object,
    });
  });

  test("that hangs is killed after the limit", async () => {
    expect(await ask("hang", {}, 300)).toMatchObject({ ok: false, trouble: { code: "TIMEOUT" } });
  });

  test("tells once that somebody is waited for", async () => {
    using rig = secretsRig("hang");
    let told = 0;
    await createKeychain({ ...rig.options, timeoutMs: 1300, interactive: true, onWaiting: () => (told += 1) }).ask({
      action: "get",
      entries: [ENTRY],
    });
    expect(told).toBe(1);
  });

  test("is not started where there is no bus, nor where the named bus has ended", async () => {
    const gone = await ask("never", { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent/bus,guid=1" });
    expect(gone).toMatchObject({
      ok: false,
      trouble: { code: "NO_BUS", message: expect.stringContaining("has ended") as string },
    });
  });

  test("is not started for no entries", async () => {
    using rig = secretsRig("never");
    const keychain = createKeychain({ ...rig.options, timeoutMs: 1000 });
    expect(await keychain.ask({ action: "get", entries: [] })).toEqual({ ok: true, answers: [] });
  });
});

describe("a child that is started ahead of its request", () => {
  const GET = { action: "get", entries: [ENTRY] } as const;

  test("takes that request, and is the only one", async () => {
    using rig = secretsRig("echo");
    const keychain = createKeychain({ ...rig.options, timeoutMs: 10_000 });
    keychain.warm();
    keychain.warm();
    await started(rig);
    expect(await keychain.ask(GET)).toMatchObject({ ok: true, answers: [{ value: "flowctl/NAME" }] });
    expect(rig.starts()).toHaveLength(1);
  });

  test("has all of its time from the request on, and is killed when that is over", async () => {
    using rig = secretsRig("hang");
    let timers = 0;
    const setTimeout = (callback: () => void, ms: number): unknown => {
      timers += 1;
      return rig.options.clock.setTimeout(callback, ms);
    };
    const keychain = createKeychain({ ...rig.options, clock: { ...rig.options.clock, setTimeout }, timeoutMs: 50 });
    keychain.warm();
    const child = await started(rig);
    expect(timers).toBe(0);
    expect(await keychain.ask(GET)).toMatchObject({ ok: false, trouble: { code: "TIMEOUT" } });
    await gone(child);
  });

  test("is killed where no request comes", async () => {
    using rig = secretsRig("hang");
    const keychain = createKeychain({ ...rig.options, timeoutMs: 10_000 });
    keychain.warm();
    const child = await started(rig);
    keychain.close();
    await gone(child);
    keychain.close();
  });

  test("and has died by then is told of as one that dies of its request", async () => {
    using rig = secretsRig("never");
    const keychain = createKeychain({ ...rig.options, timeoutMs: 10_000 });
    keychain.warm();
    expect(await keychain.ask(GET)).toMatchObject({ ok: false, trouble: { code: "CRASH" } });
  });

  test("is none where there is no bus", async () => {
    using rig = secretsRig("echo", { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent/bus" });
    const keychain = createKeychain({ ...rig.options, timeoutMs: 10_000 });
    keychain.warm();
    expect(await keychain.ask(GET)).toMatchObject({ ok: false, trouble: { code: "NO_BUS" } });
    expect(rig.starts()).toEqual([]);
  });
});
