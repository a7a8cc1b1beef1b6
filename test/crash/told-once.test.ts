import { expect, test } from "vitest";
import { bundle, replaced, type Mutation } from "./bundle.ts";
import { count, settle } from "./chaos.ts";
import { crashHome, unreliableService, type CrashHome, type Cut } from "./crash-rig.ts";

/** With `FLOWCTL_CHAOS=full` every cut is tried; else every few, so that the suite stays short. */
const isFull = process.env["FLOWCTL_CHAOS"] === "full";

/** Cuts a run at each of these changes of the disk, then lets later commands find what is left. */
async function cutEverywhere(
  home: CrashHome,
  plan: readonly (readonly Cut[])[],
  service: Awaited<ReturnType<typeof unreliableService>>,
): Promise<ReturnType<typeof count>> {
  const queue = [...plan];
  const worker = async (): Promise<void> => {
    for (let cuts = queue.shift(); cuts !== undefined; cuts = queue.shift()) await home.run(cuts);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  await settle(home, service);
  return count(home, service);
}

test("a run that is killed before any change of the disk is told once: as done or as crashed, never as both", async () => {
  const program = await bundle();
  const service = await unreliableService(7);
  using home = crashHome(program.bin, service.url);
  try {
    const changes = await home.count();
    expect(changes).toBeGreaterThan(40);
    const stride = isFull ? 1 : Math.ceil(changes / 12);
    const runner = Array.from({ length: changes }, (_, at) => [at + 1]).filter((_, at) => at % stride === 0);
    // The reaper dies as well, at different places.
    const both = runner.filter((_, at) => isFull || at % 4 === 0).map(([cut = 1], at) => [cut, 3 + ((at * 5) % 30)]);
    const result = await cutEverywhere(home, [...runner, ...both], service);
    expect(result).toMatchObject({ lost: [], contradicting: [], left: [] });
  } finally {
    await service.close();
    program.remove();
  }
}, 600_000);

test("a notifier's message that is in the outbox only, and not in record and journal, is found to be lost by it", async () => {
  const mutant = await bundle(forgetful);
  try {
    // The task's message, the flow notifier's, the hook's: each in a home where no other run has anything to tell.
    const cuts: readonly Cut[] = ["1 outbox/new", "2 outbox/new", "3 outbox/new"];
    const lost = await Promise.all(
      cuts.map(async (cut) => {
        const service = await unreliableService(7);
        using home = crashHome(mutant.bin, service.url);
        const toll = await cutEverywhere(home, [[cut]], service);
        await service.close();
        return toll.lost.map((each) => each.split(" ")[1]);
      }),
    );
    expect(lost.flat()).toEqual(expect.arrayContaining(["flow", "task"]));
  } finally {
    mutant.remove();
  }
}, 600_000);

test("the old order, in which a run's end was told before it was recorded, is found out by it", async () => {
  const mutant = await bundle(oldOrder);
  const service = await unreliableService(7);
  using home = crashHome(mutant.bin, service.url);
  try {
    const { contradicting } = await cutEverywhere(home, [["1 end.json"]], service);
    expect(contradicting.length).toBeGreaterThan(0);
    expect(contradicting.join()).toContain("Crashed");
  } finally {
    await service.close();
    mutant.remove();
  }
}, 600_000);

/** The messages of a run's end go to the outbox before its terminal record is made. */
const oldOrder: Mutation = {
  file: /src\/recorder\.ts$/,
  change: (text) =>
    replaced(text, [
      ["const isTold = isLast ? end(event, items) : true;", "const isTold = true;"],
      [
        "reporter.onEvent(event);",
        "reporter.onEvent(event); if (isLast) return Promise.resolve(stored).then(() => { end(event, items); });",
      ],
    ]),
};

/** A reaper that knows of hooks only. */
const forgetful: Mutation = {
  file: /src\/coordinator\/bury\.ts$/,
  change: (text) =>
    replaced(text, [
      ["if (record.told !== undefined) return record.told as readonly NewItem[];", ""],
      ["...(each.told as readonly NewItem[])", ""],
    ]),
};
