import { expect, it } from "vitest";
import { draft, same, storeRig } from "./rig.ts";

it("a run that wants to be the only one waits for runs of the same flow in its own project, and for no other", async () => {
  using rig = storeRig();
  const mine = await rig.store.begin(draft(), same);
  const elsewhere = await rig.open("another project").begin(draft(), same);
  const other = await rig.store.begin(draft({ flow: "another flow" }), same);
  // Each of these runs goes on, and none of them asked to be the only one.
  const free = await rig.store.lockFlow("etl", mine.id);
  expect(free).toHaveProperty("held");
  if ("held" in free) free.held.release();
  const second = await rig.store.begin(draft(), same);
  expect(await rig.store.lockFlow("etl", second.id)).toEqual({ by: mine.id });
  for (const run of [mine, elsewhere, other, second]) run.settle();
});

it("the locks of two projects for the same flow name are two", async () => {
  using rig = storeRig();
  const theirs = rig.open("another project");
  const [a, b] = [
    await rig.store.begin(draft({ isAlone: true }), same),
    await theirs.begin(draft({ isAlone: true }), same),
  ];
  const locks = [await rig.store.lockFlow("etl", a.id), await theirs.lockFlow("etl", b.id)];
  expect(locks.map((each) => "held" in each)).toEqual([true, true]);
  for (const each of locks) if ("held" in each) each.held.release();
  for (const run of [a, b]) run.settle();
});
