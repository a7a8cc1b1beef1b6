import type * as fs from "node:fs";
import { expect, test, vi } from "vitest";
import { seeded } from "./chaos.ts";
import { DRAFT, endOf, HOOK, judge, machine, performs, text, type Machine } from "./durable-rig.ts";
import { newItem } from "../outbox/outbox-rig.ts";
import { same, success } from "../runs/rig.ts";
import type { Survival } from "../rig/simulated-disk.ts";

vi.mock("node:fs", async (original) => {
  const { withSimulatedDisk } = await import("../rig/simulated-disk.ts");
  return withSimulatedDisk(await original<typeof fs>());
});

/** A run that has ended. @returns its id */
async function endsOn(on: Machine): Promise<string> {
  const runId = await performs(on);
  if (!on.disk.isOff) on.ended.add(runId);
  return runId;
}

/** The same; as it is resumed, the disk is full once. */
async function failsToResume(on: Machine): Promise<void> {
  const runId = await endsOn(on);
  const { store } = on.start();
  on.disk.fault = (call, path) => {
    if (call !== "rename" || !path.endsWith("/will.json")) return undefined;
    on.disk.fault = () => undefined;
    return "ENOSPC";
  };
  await expect(store.reopen(store.find(runId), { ...DRAFT }, same)).rejects.toThrow("ENOSPC");
}

/** The same, resumed after its end; `givenBack`: it cannot be, and is left as it was. */
async function resumes(on: Machine, givenBack = false): Promise<void> {
  const runId = await endsOn(on);
  const { store, outbox } = on.start();
  const run = await store.reopen(store.find(runId), { ...DRAFT }, same);
  if (givenBack) {
    run.giveBack();
    return;
  }
  on.owe(runId, 2);
  run.identify({ isLoaded: true, hooks: [HOOK] });
  const end = endOf(runId, "Success", 2);
  run.end({ ...{ state: "Success", message: null, ...success }, told: [end] });
  const ids = outbox.enqueue(end);
  if (outbox.areSafe(ids)) run.settle();
  await outbox.deliver({ ids, deadlineMs: 1000 });
  run.settle();
}

/** Cuts the power before each call that changes the disk, of the run and, by chance, of what finishes it off. */
async function cutEverywhere(
  sequence: (on: Machine) => Promise<unknown>,
  check: (on: Machine, what: string) => void = () => undefined,
  make: () => Machine = () => machine(),
): Promise<void> {
  const whole = make();
  await sequence(whole);
  await whole.finishOff();
  expect(judge(whole)).toEqual({ lost: [], contradicting: [] });
  const total = whole.disk.writes;
  expect(total).toBeGreaterThan(20);
  for (let cutAt = 1; cutAt <= total + 1; cutAt += 1) {
    const draws = ["nothing", "all", ...[1, 2].map((seed) => seeded(seed * 7919 + cutAt))] as const;
    for (const [draw, survival] of draws.entries()) {
      const on = make();
      on.disk.cutAt = cutAt;
      await sequence(on).catch(() => undefined);
      await outlive(on, survival, draw);
      const what = `cut before call ${String(cutAt)} of ${String(total)}, draw ${String(draw)}`;
      expect({ what, ...judge(on) }).toEqual({ what, lost: [], contradicting: [] });
      check(on, what);
    }
  }
}

/** The machine is started again, and the power is cut once more while what is left is finished. */
async function outlive(on: Machine, survival: Survival, draw: number): Promise<void> {
  on.disk.restart(survival);
  if (draw > 1) {
    on.disk.cutAt = 1 + Math.floor(seeded(draw)() * 40);
    await on.finishOff().catch(() => undefined);
    on.disk.restart(survival);
  }
  // A message that was being sent as the power went is tried again after a while.
  for (const round of [0, 1]) {
    on.clock.advance(round * 3_600_000);
    await on.finishOff();
  }
}

test("no notification is lost and no run has two ends, whenever the power is cut in a run", async () => {
  await cutEverywhere((on) => performs(on));
}, 60_000);

test("no notification is lost and no run has two ends, whenever the power is cut as a run is resumed", async () => {
  await cutEverywhere((on) => resumes(on));
}, 60_000);

test.each([
  ["is undone", (on: Machine) => resumes(on, true)],
  ["fails on a full disk", failsToResume],
])(
  "a run whose resuming %s keeps the end that it had, whenever the power is cut",
  async (_, sequence) => {
    await cutEverywhere(sequence, (on, what) => {
      const records = on.start().store.list();
      for (const { runId, will, end } of records) {
        // Its later part is a run of its own: it may have crashed.
        if (on.ended.has(runId) && will.part === undefined) expect(end?.state, what).toBe("Failed");
        if (on.ended.has(runId)) expect(end, what).toBeDefined();
      }
    });
  },
  60_000,
);

test("a message that is refused goes to its fallback, whenever the power is cut", async () => {
  const refused = { outcome: "permanent", code: "404", note: "no such service" } as const;
  const channels = { fake: { send: () => Promise.resolve(refused) } };
  await cutEverywhere(
    async (on) => {
      const { outbox } = on.start();
      const fallback = newItem({
        definition: { type: "other" },
        key: "run/fallback",
        message: text("r1 part 1: Failed"),
      });
      const ids = outbox.enqueue(newItem({ fallback, message: text("r1 part 1: Failed") }));
      on.owe("r1");
      await outbox.deliver({ ids, deadlineMs: 1000 });
    },
    undefined,
    () => machine(channels),
  );
}, 60_000);

test("a digest whose messages are marked as delivered is not sent again, whenever the process dies", async () => {
  const digest = (items: readonly unknown[]) => text(`digest of ${String(items.length)}`);
  const make = (): Machine => machine({ fake: { isForPeople: true } }, { digest });
  const sends = async (on: Machine): Promise<void> => {
    const { outbox } = on.start();
    for (let i = 0; i < 6; i += 1) outbox.enqueue(newItem({ runId: `r${String(i)}`, message: text(`m${String(i)}`) }));
    on.clock.advance(20 * 60_000);
    await outbox.deliver({ deadlineMs: 1000 });
  };
  const whole = make();
  await sends(whole);
  expect(whole.delivered.map(({ message }) => message)).toEqual([text("digest of 6")]);
  let cuts = 0;
  for (let cutAt = 1; cutAt <= whole.disk.writes; cutAt += 1) {
    const on = make();
    on.disk.cutAt = cutAt;
    await sends(on).catch(() => undefined);
    on.disk.restart("all");
    if (on.start().outbox.list("sent").length === 0) continue;
    cuts += 1;
    await on.finishOff();
    expect(on.delivered, `the process dies before call ${String(cutAt)}`).toHaveLength(1);
  }
  expect(cuts).toBeGreaterThan(6);
}, 60_000);
