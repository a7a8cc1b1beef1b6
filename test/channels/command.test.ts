import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { command } from "../../src/channels/command.ts";
import type { Delivery } from "../../src/outbox/channel.ts";
import { alertOf, deliveryOf, expectNoSecret } from "./delivery.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "flowctl-command-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function run(program: string | string[], more: object = {}, options: object = {}): Promise<Delivery> {
  const definition = { type: "command", run: program, cwd: directory, timeout: "10s", ...options };
  return command.send(
    deliveryOf({ definition, environment: { PATH: process.env["PATH"] }, message: alertOf(), ...more }),
  );
}

describe("command", () => {
  it("gives a program the message on standard input", async () => {
    expect(
      await run(
        "cat > got.json; echo $FLOWCTL_NOTIFY_ID $TOKEN > env",
        { values: { T: "s3cret" } },
        { env: { TOKEN: { secret: "T" } } },
      ),
    ).toEqual({
      outcome: "delivered",
    });
    const got = JSON.parse(readFileSync(join(directory, "got.json"), "utf8")) as Record<string, unknown>;
    expect(got).toMatchObject({
      id: "n_7qk2mzx4c5v6b7n8m9k0j1h2g3",
      attempt: 1,
      repeat: false,
      title: "Flow failed: nightly-etl",
      message: { kind: "alert", alert: { flow: "nightly-etl", to: "Failed" } },
    });
    expect(readFileSync(join(directory, "env"), "utf8")).toBe("n_7qk2mzx4c5v6b7n8m9k0j1h2g3 s3cret\n");
  });

  it("keeps from a program the secrets that it was not given", async () => {
    const environment = { PATH: process.env["PATH"], FLOWCTL_SECRET_SMTP_URL: "s3cret", CI_TOKEN: "s3cret", LANG: "C" };
    await run("env > env", { environment, secretVariables: ["CI_TOKEN"] });
    const seen = readFileSync(join(directory, "env"), "utf8");
    expect(seen).toContain("LANG=C");
    expect(seen).not.toContain("s3cret");
  });

  it("runs a list without a shell", async () => {
    expect(await run(["sh", "-c", 'test "$1" = "a b; c"', "sh", "a b; c"])).toEqual({ outcome: "delivered" });
  });

  it.each<[string | string[], object]>([
    ["exit 75", { outcome: "transient", code: "EXIT_75" }],
    [
      "echo one >&2; echo curl: could not resolve >&2; exit 6",
      { outcome: "transient", code: "EXIT_6", note: "the program ended with exit code 6: curl: could not resolve" },
    ],
    ["exit 78", { outcome: "permanent", code: "EXIT_78" }],
    ["no-such-program-here", { outcome: "permanent", code: "EXIT_127" }],
    [["no-such-program-here"], { outcome: "permanent", code: "ENOENT" }],
    ["kill -9 $$", { outcome: "ambiguous", code: "SIGKILL" }],
  ])("judges %j", async (program, expected) => {
    expect(await run(program)).toMatchObject(expected);
  });

  it("ends a program that takes too long, and one that is told to stop", async () => {
    expect(await run(["sleep", "600"], {}, { timeout: "50ms" })).toMatchObject({
      outcome: "ambiguous",
      code: "TIMEOUT",
    });
    const stop = new AbortController();
    const running = run(["sleep", "600"], { signal: stop.signal });
    stop.abort();
    expect(await running).toMatchObject({ outcome: "ambiguous" });
  });

  it("does not wait for what a program leaves running, nor need its input to be read", async () => {
    expect(await run("sleep 5 & exit 0", { message: alertOf({ detail: "x\n".repeat(500_000) }) })).toEqual({
      outcome: "delivered",
    });
  });

  it.skipIf(process.platform !== "linux")("ends all that a program has started, in time or late", async () => {
    const isRunning = (name: string): boolean => {
      try {
        const pid = readFileSync(join(directory, name), "utf8").trim();
        return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
      } catch {
        return false;
      }
    };
    expect(await run("sleep 500 & echo $! > left; exit 0")).toEqual({ outcome: "delivered" });
    const late = run("sleep 500 & echo $! > late; wait", {}, { timeout: "300ms" });
    expect(await late).toMatchObject({ outcome: "ambiguous", code: "TIMEOUT" });
    while (isRunning("left") || isRunning("late")) await new Promise((resolve) => setImmediate(resolve));
    expect(readFileSync(join(directory, "late"), "utf8")).toMatch(/^\d+\n$/);
  });

  it("shows no secret that a program prints", async () => {
    const outcome = await run(
      "echo failed with $TOKEN >&2; exit 1",
      { values: { T: "s3cret-value" } },
      { env: { TOKEN: { secret: "T" } } },
    );
    expect(outcome).toMatchObject({ note: "the program ended with exit code 1: failed with ***T***" });
    expectNoSecret(outcome, ["s3cret-value"]);
  });
});
