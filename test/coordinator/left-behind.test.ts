import { expect, test } from "vitest";
import type { Terminal } from "../../src/host/host.ts";
import { mayLeaveBehind } from "../../src/coordinator/left-behind.ts";
import { ENVIRONMENT } from "../outbox/outbox-rig.ts";

test.each<[string, Readonly<Record<string, string>>, string, boolean, boolean]>([
  ["by hand", { TERM: "xterm" }, "systemd", true, true],
  ["by hand in a session that systemd started", { TERM: "xterm", INVOCATION_ID: "9f2c" }, "systemd", true, true],
  ["by hand in a container", { TERM: "xterm" }, "bash", true, true],
  ["from cron", {}, "systemd", false, true],
  ["by a service of systemd's", { INVOCATION_ID: "9f2c" }, "systemd", false, false],
  ["in CI", { CI: "true" }, "systemd", false, false],
  ["in a container with an init of its own", {}, "tini", false, false],
  ["in a container of a program of Node's", {}, "node", false, false],
  ["in a container of a program of a later Node", {}, "node-MainThread", false, false],
  ["in a container of a program of a newer Node", {}, "MainThread", false, false],
  ["in a container of a package's script", {}, "npm run nightly", false, false],
])("what is left behind %s goes on, or does not", (_, variables, initName, isTTY, goesOn) => {
  const terminal = { stdinIsTTY: isTTY, stdout: { isTTY }, stderr: { isTTY } } as Terminal;
  expect(mayLeaveBehind({ environment: { ...ENVIRONMENT, variables }, terminal }, initName)).toBe(goesOn);
});
