import type * as fs from "node:fs";
import { expect, test, vi } from "vitest";
import { UserError } from "../../src/model/error.ts";
import { judge, machine, performs } from "./durable-rig.ts";
import { DISK_ROOT, type Call } from "../rig/simulated-disk.ts";

vi.mock("node:fs", async (original) => {
  const { withSimulatedDisk } = await import("../rig/simulated-disk.ts");
  return withSimulatedDisk(await original<typeof fs>());
});

const ERRNOS = "ENOSPC EIO EDQUOT EROFS ESTALE ENOTCONN ENOMEM ETIMEDOUT EUCLEAN EBUSY ENFILE EFBIG".split(" ");

/** A path without what differs from run to run: `runs/ID/end.json`. */
function placeOf(path: string): string {
  return path
    .slice(DISK_ROOT.length + 1)
    .replace(/\/\.\d+-\d+-\d+\.tmp$/, "/DRAFT")
    .replace(/(?<=^(?:runs|live)\/)[^/.]+/, "ID")
    .replace(/(?<=^outbox\/\w+\/|^channels\/)[^/]+(?=\.json$)/, "ID");
}

test("a disk error of any kind, in any call, on any file keeps nobody from being notified, once", async () => {
  const places = new Set<string>();
  const whole = machine();
  whole.disk.fault = (call, path) => void places.add(`${call} ${placeOf(path)}`);
  await performs(whole);
  expect(places.size).toBeGreaterThan(40);
  const wrong: string[] = [];
  let refused = 0;
  for (const place of places)
    for (const errno of ERRNOS) {
      const on = machine();
      on.disk.fault = (call: Call, path) => (`${call} ${placeOf(path)}` === place ? errno : undefined);
      try {
        await performs(on);
      } catch (error) {
        // The state directory cannot be used at all: exit code 2, and nothing has run.
        if (!(error instanceof UserError) || on.owed.size > 0) wrong.push(`${errno} in ${place}: ${String(error)}`);
        refused += 1;
        continue;
      } finally {
        on.disk.fault = () => undefined;
      }
      await on.finishOff();
      on.clock.advance(3_600_000);
      await on.finishOff();
      const { lost, contradicting } = judge(on);
      // Where the outbox itself does not take that a message was delivered, it is repeated under the same id.
      const isRepeated = !/ (?:outbox|channels)/.test(place) && on.delivered.length > 2;
      if (lost.length + contradicting.length > 0 || isRepeated)
        wrong.push(`${errno} in ${place}: ${[...lost, "|", ...contradicting, "|", on.delivered.length].join(" ")}`);
    }
  expect(wrong).toEqual([]);
  expect(refused).toBeLessThan((places.size * ERRNOS.length) / 4);
}, 120_000);

test("a run whose end a full disk does not take has one end, whenever its process dies afterwards", async () => {
  const begin = () => {
    const on = machine();
    return { on, fill: () => void (on.disk.fault = (call) => (call === "write" ? "ENOSPC" : undefined)) };
  };
  const whole = begin();
  await performs(whole.on, whole.fill);
  for (let cutAt = 1; cutAt <= whole.on.disk.writes + 1; cutAt += 1) {
    const { on, fill } = begin();
    on.disk.cutAt = cutAt;
    await performs(on, fill).catch(() => undefined);
    on.disk.fault = () => undefined;
    on.disk.restart("all");
    await on.finishOff();
    expect({ cutAt, ...judge(on) }).toEqual({ cutAt, lost: [], contradicting: [] });
  }
}, 60_000);
