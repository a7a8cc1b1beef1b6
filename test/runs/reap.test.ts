import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemProcesses, type Processes } from "../../src/host/process.ts";
import { state } from "../../src/model/state.ts";
import { DEFAULT_STOP_POLICY } from "../../src/model/stop-policy.ts";
import { processLedger } from "../../src/runs/process-ledger.ts";
import { reap } from "../../src/runs/reap.ts";
import type { Will } from "../../src/runs/will.ts";
import type { ActiveRun } from "../../src/runs/active-run.ts";
import { draft, same, START, storeRig, success, taskEvent, type StoreRig } from "./rig.ts";
import { onWindows } from "../rig/skip.ts";

/** What a process that dies does: its lock is free, and nothing is tidied up. */
function dies(run: ActiveRun): void {
  run.journal.close();
  lockOf(run).release();
}

function lockOf(run: ActiveRun): { release(): void } {
  return locks.get(run) ?? { release: () => undefined };
}
const locks = new WeakMap<ActiveRun, { release(): void }>();

async function begin(rig: StoreRig, more: Parameters<typeof draft>[0] = {}): Promise<ActiveRun> {
  let held: { release(): void } | undefined;
  const { locks: real } = rig.store.options;
  const { openRunStore } = await import("../../src/runs/run-store.ts");
  const store = openRunStore({
    ...rig.store.options,
    locks: { tryLock: async (path, options) => (held = await real.tryLock(path, options)) },
  });
  const run = await store.begin(draft(more), same);
  if (held !== undefined) locks.set(run, held);
  return run;
}

const look = (rig: StoreRig, processes: Processes = systemProcesses()) =>
  reap({ store: rig.store.options, processes, redact: same });

describe("a run whose record is written while its process still exits", () => {
  it("is reaped by the caller that asks for it as soon as its lock is free", async () => {
    using rig = storeRig();
    const run = await begin(rig);
    run.crash("The process ended before the run did.");
    const looking = reap({ store: rig.store.options, processes: systemProcesses(), redact: same, runId: run.id });
    const others = await reap({ store: rig.store.options, processes: systemProcesses(), redact: same });
    expect(others).toEqual([]);
    dies(run);
    expect((await looking).map(({ record }) => record.runId)).toEqual([run.id]);
  });
});

describe("a look for dead runs", () => {
  it("leaves a run alone that goes on", async () => {
    using rig = storeRig();
    const run = await begin(rig);
    expect(await look(rig)).toEqual([]);
    expect(rig.store.read(run.id)?.end).toBeUndefined();
    run.settle();
  });

  it("leaves a run alone that is settled while it looks, though a full disk has not taken its end", async () => {
    using rig = storeRig();
    const run = await begin(rig);
    const { options } = rig.store;
    const settling: typeof options.locks = {
      tryLock(path, how) {
        run.settle();
        return options.locks.tryLock(path, how);
      },
    };
    expect(await reap({ store: { ...options, locks: settling }, processes: systemProcesses(), redact: same })).toEqual(
      [],
    );
    expect(rig.store.read(run.id)?.end).toBeUndefined();
  });

  it("costs one look into one directory when there are none", async () => {
    using rig = storeRig();
    const run = await begin(rig);
    run.end({ state: "Success", message: null, ...success });
    run.settle();
    const looks: string[] = [];
    const files = new Proxy(rig.files, {
      get: (target, name, receiver): unknown => {
        looks.push(String(name));
        return Reflect.get(target, name, receiver);
      },
    });
    await reap({ store: { ...rig.store.options, files }, processes: systemProcesses(), redact: same });
    expect(looks).toEqual(["list"]);
  });

  it("gives a run that died its terminal record, with what its tasks were doing", async () => {
    using rig = storeRig();
    const run = await begin(rig);
    run.journal.record(taskEvent("extract", "Running"));
    run.journal.record(taskEvent("extract", "Success", { from: state("Running") }));
    run.journal.record(taskEvent("load", "Running"));
    const output = { seq: 9, runId: run.id, at: 0, type: "task-output", stream: "stdout" } as const;
    run.journal.record({ ...output, task: "extract", text: "all extracted" });
    for (let i = 0; i < 14; i += 1) run.journal.record({ ...output, task: "load", text: `row ${String(i)}` });
    dies(run);
    const [dead] = await look(rig);
    expect(dead?.lastLines).toEqual(Array.from({ length: 12 }, (_, i) => `row ${String(i + 2)}`));
    expect(dead?.record).toMatchObject({ state: "Crashed", writtenBy: "reaper", counts: { ok: 1, failed: 0 } });
    expect(dead?.record.message).toMatch(/ended without a word.* Running: load\./);
    expect(rig.store.lastState("etl")).toMatchObject({ state: "Crashed", failedInARow: 1 });
    await dead?.settle();
    expect(await look(rig)).toEqual([]);
    expect(rig.store.read(run.id)?.end?.state).toBe("Crashed");
  });

  it("says that the machine was restarted when it was", async () => {
    using rig = storeRig();
    const run = await begin(rig, { bootId: "another boot", host: "db7" });
    dies(run);
    const [dead] = await look(rig);
    expect(dead?.record.message).toBe(
      "The machine (db7) was restarted while the run was going on. No task was running.",
    );
    await dead?.settle();
  });

  it("takes a run that is found dead long after for ended with its last sign of life, and counts down time from there", async () => {
    using rig = storeRig();
    const run = await begin(rig);
    run.journal.record(taskEvent("load", "Running", { at: START + 90_000 }));
    dies(run);
    rig.clock.at = START + 7 * 3_600_000;
    const [dead] = await look(rig);
    const found = "2026-11-24T09:15:00.000Z";
    expect(dead?.record).toMatchObject({ endedAt: "2026-11-24T02:16:30.000Z", foundAt: found, durationMs: 90_000 });
    expect(dead?.record.message).toMatch(
      /Running: load\. Its last sign of life was at 2026-11-24 02:16:30 UTC, 6h 58m before it was found\.$/,
    );
    expect(rig.store.lastState("etl")).toMatchObject({ at: found, since: dead?.record.endedAt });
    await dead?.settle();
  });

  it("takes a run that its watcher asks for as it dies for ended now, however long it was silent", async () => {
    using rig = storeRig();
    const run = await begin(rig);
    dies(run);
    rig.clock.at = START + 7 * 3_600_000;
    const options = { store: rig.store.options, processes: systemProcesses(), redact: same };
    const [dead] = await reap({ ...options, runId: run.id });
    expect(dead?.record).toMatchObject({ endedAt: "2026-11-24T09:15:00.000Z", durationMs: 7 * 3_600_000 });
    expect(dead?.record.foundAt).toBeUndefined();
    await dead?.settle();
  });

  it("says that the memory's limit was reached where the system has counted a kill since the run began", async () => {
    using rig = storeRig();
    const events = join(rig.state, "memory.events");
    const killed = { end: { code: null, signal: "SIGKILL" } } as const;
    const causes: (string | null | undefined)[] = [];
    for (const [kills, known] of [
      [3, {}],
      [3, killed],
      [4, {}],
      [4, killed],
    ] as const) {
      writeFileSync(events, `low 0\nmax 12\noom 9\noom_kill ${String(kills)}\noom_group_kill 7\n`);
      const run = await begin(rig, { memory: { events, kills: 3 }, pid: 7, host: "db7" });
      dies(run);
      const options = { store: rig.store.options, processes: systemProcesses(), redact: same };
      const [dead] = await reap({ ...options, runId: run.id, ...known });
      causes.push(dead?.record.message);
      await dead?.settle();
    }
    const memory = "its memory limit was reached and the system killed it. No task was running.";
    expect(causes).toEqual([
      "The run's process (7 on db7) ended without a word: it was killed, ran out of memory or broke. No task was running.",
      "The run's process (7 on db7) was killed (SIGKILL): by somebody, or by the system for want of memory. No task was running.",
      `The run's process (7 on db7) ended without a word: ${memory}`,
      `The run's process (7 on db7) was killed (SIGKILL): ${memory}`,
    ]);
  });

  it("keeps the record of a run that died between its end and its last word", async () => {
    using rig = storeRig();
    const run = await begin(rig);
    run.end({ state: "Failed", message: "no rows", ...success });
    dies(run);
    const [dead] = await look(rig);
    expect(dead?.record).toMatchObject({ state: "Failed", message: "no rows", writtenBy: "runner" });
    await dead?.settle();
  });

  it("remembers for the flow how such a run ended, and that of a project that is not its own", async () => {
    using rig = storeRig();
    const run = await begin(rig);
    run.end({ state: "Failed", message: "no rows", ...success });
    rmSync(join(rig.state, "projects"), { recursive: true });
    dies(run);
    const [dead] = await look(rig);
    await dead?.settle();
    expect(rig.store.lastState("etl")).toMatchObject({ runId: run.id, failedInARow: 1 });
    expect(rig.open("other").lastState("etl", undefined, "shop")).toMatchObject({ runId: run.id });
  });

  it("writes a record whose writer died in the middle of it, on a disk without hard links", async () => {
    using rig = storeRig();
    const run = await begin(rig);
    writeFileSync(join(run.directory, "end.json"), '{"version":1,"runId":"');
    dies(run);
    const [dead] = await look(rig);
    expect(dead?.record.state).toBe("Crashed");
    await dead?.settle();
    expect(rig.store.read(run.id)?.end?.state).toBe("Crashed");
  });

  it("is done by one at a time: the second sees a run that is taken care of", async () => {
    using rig = storeRig();
    dies(await begin(rig));
    const [first, second] = await Promise.all([look(rig), look(rig)]);
    expect(first.length + second.length).toBe(1);
    await [...first, ...second][0]?.settle();
  });

  it("tells again what a reaper that died itself has not told", async () => {
    using rig = storeRig();
    dies(await begin(rig));
    const taken: { release(): void }[] = [];
    const store = {
      ...rig.store.options,
      locks: {
        tryLock: async (path: string, options?: { create?: boolean }) => {
          const held = await rig.store.options.locks.tryLock(path, options);
          if (held !== undefined) taken.push(held);
          return held;
        },
      },
    };
    const [told] = await reap({ store, processes: systemProcesses(), redact: same });
    for (const held of taken) held.release();
    const [again] = await look(rig);
    expect(again?.record).toEqual(told?.record);
    await again?.settle();
  });

  it("leaves alone what belongs to another machine", async () => {
    using rig = storeRig();
    const processes = { ...systemProcesses(), machineId: () => "this one" };
    dies(await begin(rig, { machineId: "another" }));
    expect(await look(rig, processes)).toEqual([]);
  });

  it("says of a run of another machine that has been silent for an hour whose it is, and buries it when told to", async () => {
    using rig = storeRig();
    const processes = { ...systemProcesses(), machineId: () => "this one" };
    const run = await begin(rig, { machineId: "another", host: "old-vm" });
    dies(run);
    const heard: string[] = [];
    const options = { store: rig.store.options, processes, redact: same };
    const onElsewhere = ({ host }: Will, silentMs: number) =>
      heard.push(`${host} ${Math.round(silentMs / 60_000)} min`);
    rig.clock.at = Date.now() + 30 * 60_000;
    expect(await reap({ ...options, onElsewhere })).toEqual([]);
    expect(heard).toEqual([]);
    rig.clock.at += 40 * 60_000;
    expect(await reap({ ...options, onElsewhere })).toEqual([]);
    expect(heard).toEqual(["old-vm 70 min"]);
    const [dead] = await reap({ ...options, runId: run.id });
    expect(dead?.record.message).toContain("went on another machine (old-vm)");
    await dead?.settle();
  });

  it("says of which dead run nobody can be told, as its will is damaged, and looks at it no more", async () => {
    using rig = storeRig();
    const run = await begin(rig);
    writeFileSync(join(run.directory, "will.json"), '{"version":1,"runId":');
    dies(run);
    const heard: string[] = [];
    const onDamaged = (runId: string, will: string) => heard.push(`${runId} ${will}`);
    for (let times = 0; times < 2; times += 1)
      expect(await reap({ store: rig.store.options, processes: systemProcesses(), redact: same, onDamaged })).toEqual(
        [],
      );
    expect(heard).toEqual([`${run.id} ${join(run.directory, "will.json")}`]);
  });

  it("forgets at once a run that died between its lock and its will: nothing of it was ever on record", async () => {
    using rig = storeRig();
    rig.files.create(join(rig.state, "live", "0000000000"), "");
    rig.files.makeDirectory(join(rig.state, "runs", "0000000000"));
    rig.files.create(join(rig.state, "runs", "0000000000", "lock"), "");
    expect(await look(rig)).toEqual([]);
    expect(rig.files.list(join(rig.state, "live"))).toHaveLength(0);
    // A machine that lost its power may leave the name of a will and nothing in it.
    const run = await begin(rig);
    writeFileSync(join(run.directory, "will.json"), "");
    dies(run);
    expect(await look(rig)).toEqual([]);
    expect(rig.files.list(join(rig.state, "live"))).toHaveLength(0);
  });

  it("forgets the mark of a run that never got as far as its will, after a while", async () => {
    using rig = storeRig();
    rig.clock.at = Date.now();
    rig.files.create(join(rig.state, "live", "0000000000"), "");
    await look(rig);
    expect(rig.files.list(join(rig.state, "live"))).toHaveLength(1);
    rig.clock.at += 120_000;
    await look(rig);
    expect(rig.files.list(join(rig.state, "live"))).toHaveLength(0);
  });
});

describe.skipIf(onWindows)("task processes that a dead run left behind", () => {
  async function child(script: string) {
    const started = spawn("sh", ["-c", script], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
    await once(started.stdout, "data");
    return started;
  }

  it("are ended, and killed when they do not listen", async () => {
    using rig = storeRig();
    const run = await begin(rig);
    const ledger = processLedger({ files: rig.files, directory: run.directory, processes: systemProcesses() });
    const stubborn = await child("trap '' TERM; echo ready; while :; do sleep 0.05; done");
    const gone = once(stubborn, "close");
    ledger.started(stubborn.pid!, { stopSignal: "SIGTERM", graceMs: 100 });
    dies(run);
    const [dead] = await look(rig);
    expect(dead?.leftBehind).toBe(1);
    await dead?.settle();
    await gone;
    expect(stubborn.signalCode).toBe("SIGKILL");
  });

  it("are not touched when they have ended, when the number is another's, or after a restart", async () => {
    using rig = storeRig();
    const mine = await child("echo ready; sleep 100");
    const gone = once(mine, "close");
    const ended = await begin(rig);
    const first = processLedger({ files: rig.files, directory: ended.directory, processes: systemProcesses() });
    first.started(mine.pid!, DEFAULT_STOP_POLICY);
    first.ended(mine.pid!);
    dies(ended);
    const reused = await begin(rig);
    const earlier = { ...systemProcesses(), startTime: () => "1" };
    processLedger({ files: rig.files, directory: reused.directory, processes: earlier }).started(
      mine.pid!,
      DEFAULT_STOP_POLICY,
    );
    dies(reused);
    const rebooted = await begin(rig, { bootId: "another" });
    processLedger({ files: rig.files, directory: rebooted.directory, processes: systemProcesses() }).started(
      mine.pid!,
      DEFAULT_STOP_POLICY,
    );
    dies(rebooted);
    const dead = await look(rig);
    expect(dead.map((each) => each.leftBehind)).toEqual([0, 0, 0]);
    for (const each of dead) await each.settle();
    expect(mine.signalCode).toBeNull();
    process.kill(-mine.pid!, "SIGKILL");
    await gone;
  });
});

describe("what the scripts of a dead run wrote to", () => {
  it("is taken away with it, and nothing else that its ledger may name", async () => {
    using rig = storeRig();
    const run = await begin(rig);
    const ledger = processLedger({ files: rig.files, directory: run.directory, processes: systemProcesses() });
    const [own, other, linked] = ["flowctl-a1b2c3", "precious", "flowctl-link"].map((name) => join(rig.root, name));
    for (const directory of [own!, other!]) {
      mkdirSync(directory);
      writeFileSync(join(directory, "output-1"), "token=t0ps3cret");
    }
    symlinkSync(other!, linked!);
    for (const each of [own!, other!, linked!, own!]) ledger.uses(each);
    dies(run);
    const [dead] = await look(rig);
    await dead?.settle();
    expect(existsSync(own!)).toBe(false);
    expect(existsSync(join(other!, "output-1"))).toBe(true);
  });
});

it("a run whose end a full disk did not take is not told of as crashed: it may have been told of as what it was", async () => {
  using rig = storeRig();
  const { openRunStore } = await import("../../src/runs/run-store.ts");
  const { files } = rig;
  let isFull = false;
  const create: typeof files.create = (path, text, how) => {
    if (isFull) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    return files.create(path, text, how);
  };
  const store = openRunStore({ ...rig.store.options, files: { ...files, create } });
  const run = await store.begin(draft(), same);
  isFull = true;
  run.end({ state: "Failed", message: null, ...success });
  run.leave();
  expect(run.troubles).toEqual([expect.stringContaining("its end is not on record: the disk is full") as string]);
  expect(await look(rig)).toEqual([]);
});

it("a run whose end the disk did not take, and of which nobody was notified, is reported as what it was", async () => {
  using rig = storeRig();
  const { openRunStore } = await import("../../src/runs/run-store.ts");
  const { files } = rig;
  let isBroken = false;
  const create: typeof files.create = (path, text, how) => {
    if (isBroken) throw Object.assign(new Error("EUCLEAN: structure needs cleaning"), { code: "EUCLEAN" });
    return files.create(path, text, how);
  };
  const store = openRunStore({ ...rig.store.options, files: { ...files, create } });
  const run = await store.begin(draft(), same);
  isBroken = true;
  run.end({ state: "TimedOut", message: null, ...success });
  run.leave({ isReported: false });
  const [found] = await look(rig);
  expect(found?.record).toMatchObject({ state: "TimedOut", writtenBy: "reaper" });
  await found?.settle();
  expect(store.read(run.id)?.end?.state).toBe("TimedOut");
  expect(rig.files.list(join(rig.state, "live"))).toEqual([]);
});

it("a run that the disk does not give keeps its marker, and the others are looked at", async () => {
  using rig = storeRig();
  const [unreadable, other] = [await begin(rig), await begin(rig)];
  dies(unreadable);
  dies(other);
  const { files } = rig;
  const read: typeof files.read = (path) => {
    if (path.startsWith(unreadable.directory)) throw Object.assign(new Error("ESTALE: stale"), { code: "ESTALE" });
    return files.read(path);
  };
  const heard: string[] = [];
  const found = await reap({
    store: { ...rig.store.options, files: { ...files, read } },
    processes: systemProcesses(),
    redact: same,
    onUnreadable: (runId) => heard.push(runId),
  });
  expect(found.map(({ will }) => will.runId)).toEqual([other.id]);
  expect(heard).toEqual([unreadable.id]);
  for (const each of found) await each.settle();
  expect(rig.files.list(join(rig.state, "live"))).toEqual([unreadable.id]);
});
