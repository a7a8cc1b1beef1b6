import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemProcesses } from "../../src/host/process.ts";
import { UserError } from "../../src/model/error.ts";
import { projectOf } from "../../src/runs/project.ts";
import { newRunId } from "../../src/runs/run-id.ts";
import { openStateDirectory } from "../../src/runs/state-directory.ts";
import { draft, environment, same, START, storeRig, success } from "./rig.ts";

const DAY = 86_400_000;

async function finished(rig: ReturnType<typeof storeRig>, more: { flow?: string; state?: "Success" | "Failed" } = {}) {
  const run = await rig.store.begin(draft({ flow: more.flow ?? "etl" }), same);
  rig.clock.at += 1000;
  run.end({ state: more.state ?? "Success", message: null, ...success });
  run.settle();
  return run.id;
}

describe("an id", () => {
  it("is short, sorts by time, and has no letter that is mistaken for another", () => {
    const ids = [0, 40, 1000, 60_000, 9e10].map((later) => newRunId(START + later, () => 0.999));
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{10}$/);
  });

  it("is taken only once, also by two runs of one moment with equal luck", async () => {
    using rig = storeRig();
    let luck = 0;
    const options = { ...rig.store.options, random: () => [0, 0, 0, 0, 0, 0, 0.5][luck++] ?? 0.9 };
    const { openRunStore } = await import("../../src/runs/run-store.ts");
    const store = openRunStore(options);
    const first = await store.begin(draft(), same);
    const second = await store.begin(draft(), same);
    expect(second.id).not.toBe(first.id);
    first.settle();
    second.settle();
  });
});

describe("a run whose start the disk refuses", () => {
  const refuse = (): never => {
    throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
  };
  const ending = { state: "Failed", message: null, ...success } as const;

  for (const [what, isRefused] of [
    ["directory", (call: string, path: string) => call === "makeDirectory" && /runs.\w+$/.test(path)],
    ["lock", (call: string) => call === "tryLock"],
    ["marker", (call: string, path: string) => call === "create" && path.includes("live")],
    ["manifest", (call: string, path: string) => path.endsWith("will.json")],
  ] as const)
    it(`goes on without its ${what}, says so once, and is on record as soon as the disk takes it`, async () => {
      using rig = storeRig();
      let isBad = true;
      const { files, locks } = rig.store.options;
      const guard = (call: string, path: string): void => {
        if (isBad && isRefused(call, path)) refuse();
      };
      const { openRunStore } = await import("../../src/runs/run-store.ts");
      const store = openRunStore({
        ...rig.store.options,
        files: {
          ...files,
          makeDirectory: (path, how) => {
            guard("makeDirectory", path);
            files.makeDirectory(path, how);
          },
          create: (path, text, how) => {
            guard("create", path);
            return files.create(path, text, how);
          },
          replace: (path, text, how) => {
            guard("replace", path);
            files.replace(path, text, how);
          },
        },
        locks: {
          tryLock: async (path, options) => {
            guard("tryLock", path);
            return locks.tryLock(path, options);
          },
        },
      });
      const run = await store.begin(draft(), same);
      run.identify({ flow: "nightly" });
      run.end(ending);
      isBad = false;
      run.leave({ isReported: false });
      expect(run.troubles).toEqual([expect.stringMatching(/refuses a part of its record: .*input\/output error/)]);
      expect(store.read(run.id)).toMatchObject({ will: { flow: "nightly" }, end: { state: "Failed" } });
      // Its notifications are pending: a reaper finds it.
      const { reap } = await import("../../src/runs/reap.ts");
      const found = await reap({ store: rig.store.options, processes: systemProcesses(), redact: same });
      expect(found.map(({ will }) => will.runId)).toEqual([run.id]);
      for (const each of found) each.leave();
    });

  it("goes on where the file system says of each lock that another process holds it", async () => {
    using rig = storeRig();
    const { openRunStore } = await import("../../src/runs/run-store.ts");
    const locks = { tryLock: () => Promise.resolve(undefined) };
    const run = await openRunStore({ ...rig.store.options, locks }).begin(draft(), same);
    run.end(ending);
    run.settle();
    expect(run.troubles).toEqual([expect.stringContaining("says of each lock that another process holds it")]);
    expect(rig.store.read(run.id)).toMatchObject({ end: { state: "Failed" } });
  });

  it.each([
    [{ isReported: true }, ".reported"],
    [{ isReported: false }, ""],
  ])("has one marker, which says how it ended, where the disk takes no record either: %o", async (how, word) => {
    using rig = storeRig();
    const { files } = rig.store.options;
    const create: typeof files.create = (path, text, durability) => {
      if (path.endsWith(".json")) refuse();
      return files.create(path, text, durability);
    };
    const { openRunStore } = await import("../../src/runs/run-store.ts");
    const replace: typeof files.replace = (path) => {
      if (path.endsWith("will.json")) refuse();
    };
    const run = await openRunStore({ ...rig.store.options, files: { ...files, create, replace } }).begin(draft(), same);
    run.end(ending);
    run.leave(how);
    expect(files.list(join(rig.state, "live"))).toEqual([`${run.id}.Failed${word}`]);
  });

  it("says that it is not on record where the disk never takes it", async () => {
    using rig = storeRig();
    const { files } = rig.store.options;
    const { openRunStore } = await import("../../src/runs/run-store.ts");
    const makeDirectory = (path: string): void => {
      if (path.includes("runs")) refuse();
      files.makeDirectory(path);
    };
    const store = openRunStore({ ...rig.store.options, files: { ...files, makeDirectory } });
    const run = await store.begin(draft(), same);
    run.end(ending);
    run.settle();
    expect(run.troubles).toEqual([expect.stringMatching(/its end is not on record: .*input\/output error/)]);
    expect(rig.files.list(join(rig.state, "live"))).toEqual([]);
  });
});

it("runs of one moment are listed in the order in which they began, a part after the run that it is part of", async () => {
  using rig = storeRig();
  const { openRunStore } = await import("../../src/runs/run-store.ts");
  // Ids of one moment differ by chance only: these come in the wrong order.
  let luck = 0.9;
  const store = openRunStore({ ...rig.store.options, random: () => (luck -= 0.05) });
  const outer = await store.begin(draft({ flow: "outer" }), same);
  const inner = await store.begin(draft({ flow: "inner", parent: { runId: outer.id, task: "inner" } }), same);
  rig.clock.at += 1;
  const later = await store.begin(draft({ flow: "later" }), same);
  expect(store.list().map(({ will }) => will.flow)).toEqual(["later", "inner", "outer"]);
  for (const run of [outer, inner, later]) run.settle();
});

describe("a run on disk", () => {
  it("leaves its will before anything else, and its terminal record only once", async () => {
    using rig = storeRig();
    const run = await rig.store.begin(draft({ file: "/repo/etl.ts" }), same);
    expect(rig.store.read(run.id)).toMatchObject({ will: { flow: "etl", project: "shop" }, end: undefined });
    run.identify({ flow: "nightly-etl", tags: ["night"] });
    const ours = run.end({ state: "Failed", message: "no rows", ...success });
    expect(ours.isOurs).toBe(true);
    const again = run.end({ state: "Success", message: null, ...success });
    expect(again).toMatchObject({ isOurs: false, record: { state: "Failed", flow: "nightly-etl" } });
    run.settle();
    expect(rig.files.list(join(rig.state, "live"))).toEqual([]);
  });

  it("shows secrets in no file", async () => {
    using rig = storeRig();
    const hide = (text: string): string => text.replaceAll("s3cret", "***");
    const run = await rig.store.begin(draft(), hide);
    run.journal.record({
      seq: 1,
      runId: run.id,
      at: START,
      type: "task-output",
      task: "a",
      stream: "stdout",
      text: "is s3cret",
    });
    const failure = { task: "a", type: "Failed", message: "s3cret!", attempts: 1, durationMs: 1 } as const;
    run.end({ state: "Failed", message: "it was s3cret", counts: success.counts, failures: [failure] });
    run.settle();
    for (const name of ["will.json", "journal.jsonl", "end.json"])
      expect(readFileSync(join(run.directory, name), "utf8")).not.toContain("s3cret");
    expect(rig.store.read(run.id)?.end?.message).toBe("it was ***");
  });

  it("is readable for its owner only", async () => {
    using rig = storeRig();
    const run = await rig.store.begin(draft(), same);
    run.settle();
    expect(rig.files.stat(rig.state)?.mode.toString(8)).toMatch(/700$/);
    expect(rig.files.stat(join(run.directory, "will.json"))?.mode.toString(8)).toMatch(/600$/);
  });
});

describe("the record of runs", () => {
  it("lists the newest first, of this project, by flow and by family of state", async () => {
    using rig = storeRig();
    const first = await finished(rig, { state: "Failed" });
    const second = await finished(rig, { flow: "report" });
    const other = await rig.open("other").begin(draft(), same);
    expect(rig.store.list().map((run) => run.runId)).toEqual([second, first]);
    expect(rig.store.list({ all: true }).map((run) => run.runId)).toEqual([other.id, second, first]);
    expect(rig.store.list({ states: ["Failed"] }).map((run) => run.runId)).toEqual([first]);
    expect(rig.store.list({ flow: (name) => name.startsWith("rep") }).map((run) => run.runId)).toEqual([second]);
    expect(rig.store.list({ since: START + 500 }).map((run) => run.runId)).toEqual([second]);
    expect(rig.store.list({ limit: 1 })).toHaveLength(1);
    expect(rig.open("other").list({ states: ["Running"] })).toHaveLength(1);
    other.settle();
  });

  it("finds one by its beginning, as last, or as last-failed", async () => {
    using rig = storeRig();
    const failed = await finished(rig, { state: "Failed" });
    const last = await finished(rig);
    expect(rig.store.find("last").runId).toBe(last);
    expect(rig.store.find("last-failed").runId).toBe(failed);
    expect(rig.store.find(failed.slice(0, 7)).runId).toBe(failed);
    expect(rig.store.find(failed.toUpperCase()).runId).toBe(failed);
  });

  it("says so when none or several fit", async () => {
    using rig = storeRig();
    expect(() => rig.store.find("last")).toThrow("There is no run of this project.");
    const id = await finished(rig);
    rig.clock.at += 100;
    await finished(rig);
    expect(() => rig.store.find("last-failed")).toThrow("There is no failed run of this project.");
    expect(() => rig.store.find("zzz")).toThrow('There is no run "zzz".');
    expect(() => rig.store.find(id.slice(0, 4))).toThrow(/is the beginning of 2 runs/);
  });

  it("knows how the flow's latest run ended, and how many failed in a row", async () => {
    using rig = storeRig();
    expect(rig.store.lastState("etl")).toBeUndefined();
    await finished(rig, { state: "Failed" });
    await finished(rig, { state: "Failed" });
    expect(rig.store.lastState("etl")).toMatchObject({ state: "Failed", failedInARow: 2 });
    await finished(rig);
    expect(rig.store.lastState("etl")).toMatchObject({ state: "Success", failedInARow: 0 });
    expect(rig.open("other").lastState("etl")).toBeUndefined();
    const last = rig.store.find("last").runId;
    expect(rig.store.lastState("etl", { runId: last })).toMatchObject({ state: "Failed", failedInARow: 2 });
    expect(rig.store.lastState("etl", { runId: "another" })).toMatchObject({ state: "Success", failedInARow: 0 });
  });
});

it("a run that failed and was gone on with to a success is no failure that still stands", async () => {
  using rig = storeRig();
  const id = await finished(rig, { state: "Failed" });
  const again = await rig.store.reopen(rig.store.find(id), draft(), same);
  expect(rig.store.lastState("etl", again.will)).toMatchObject({ runId: id, state: "Failed", failedInARow: 1 });
  rig.clock.at += 1000;
  again.end({ state: "Success", message: null, ...success });
  again.settle();
  expect(rig.store.lastState("etl")).toMatchObject({ runId: id, part: 2, state: "Success", failedInARow: 0 });
  expect(rig.store.lastState("etl", again.will)).toMatchObject({ state: "Failed", failedInARow: 1 });
});

it("a flow's last state says which hooks heard of it, and is not that of a run that was skipped", async () => {
  using rig = storeRig();
  const hooks = [{ name: "told", states: ["Failed"], to: ["team"] }] as const;
  const end = async (state: "Failed" | "Skipped", told: readonly unknown[]) => {
    const run = await rig.store.begin(draft({ hooks }), same);
    run.end({ state, message: null, ...success, told });
    run.settle();
    return rig.store.lastState("etl");
  };
  expect(await end("Failed", [])).toMatchObject({ heardBy: [] });
  const news = [
    { origin: "hook", names: ["told", "also"] },
    { origin: "hook", names: ["told"], suppressed: "it told it an hour ago" },
    { origin: "notifier", names: ["load"] },
  ];
  expect(await end("Failed", news)).toMatchObject({ heardBy: ["told", "also"], failedInARow: 2 });
  expect(await end("Skipped", [])).toMatchObject({ state: "Failed", failedInARow: 2 });
  // What a crash has to tell follows from the will; before the flow is loaded, nobody knows who is told of it.
  const crash = async (known: { readonly isLoaded?: boolean }) => {
    const run = await rig.store.begin(draft({ hooks }), same);
    run.identify(known);
    run.crash("It broke.");
    run.settle();
    return rig.store.lastState("etl");
  };
  expect(await crash({ isLoaded: true })).toMatchObject({ state: "Crashed", heardBy: ["told"], failedInARow: 3 });
  expect(await crash({})).toMatchObject({ state: "Crashed", heardBy: [], failedInARow: 4 });
});

it("a crash is on record without secrets", async () => {
  using rig = storeRig();
  const run = await rig.store.begin(draft(), (text) => text.replaceAll("hush", "***"));
  expect(run.crash("It broke: hush.").message).toContain("It broke: ***.");
});

describe("the lock of a flow", () => {
  it("is held by one run of it, and says by which", async () => {
    using rig = storeRig();
    const first = await rig.store.lockFlow("etl", "run1");
    expect(first).toHaveProperty("held");
    expect(await rig.store.lockFlow("etl", "run2")).toEqual({ by: "run1" });
    expect(await rig.store.lockFlow("other", "run2")).toHaveProperty("held");
    expect(await rig.open("other").lockFlow("etl", "run2")).toHaveProperty("held");
    if ("held" in first) first.held.release();
    expect(await rig.store.lockFlow("etl", "run2")).toHaveProperty("held");
  });
});

describe("old runs", () => {
  it("go when they are too old or too many, but never one that goes on", async () => {
    using rig = storeRig();
    const old = await finished(rig);
    const going = await rig.store.begin(draft(), same);
    rig.clock.at += 31 * DAY;
    const young = await finished(rig);
    expect(rig.store.prune({ dryRun: true })).toEqual([old]);
    expect(rig.store.prune({})).toEqual([old]);
    expect(rig.store.read(going.id)).toBeDefined();
    const more = [await finished(rig), await finished(rig)];
    expect(rig.store.prune({ limit: 2 })).toEqual([young]);
    expect(rig.store.prune({ olderThanMs: 0, keep: 1 })).toEqual([more[0]]);
    going.settle();
  });

  it("go by themselves, once a day", async () => {
    using rig = storeRig();
    rig.clock.at = Date.now() - 40 * DAY;
    await finished(rig);
    rig.clock.at = Date.now();
    expect(rig.store.prune()).toHaveLength(1);
    rig.clock.at = Date.now() - 40 * DAY;
    await finished(rig);
    rig.clock.at = Date.now();
    expect(rig.store.prune()).toHaveLength(0);
  });
});

describe("the state directory", () => {
  const open = (rig: ReturnType<typeof storeRig>, variables: Record<string, string | undefined>, uid?: number) => {
    const base = environment(rig.root, { FLOWCTL_STATE_DIR: undefined, ...variables });
    return openStateDirectory({ environment: uid === undefined ? base : { ...base, uid }, files: rig.files });
  };

  it("is FLOWCTL_STATE_DIR, else the config's, else the user's", () => {
    using rig = storeRig();
    expect(open(rig, { FLOWCTL_STATE_DIR: "mine" })).toBe(join(rig.root, "mine"));
    expect(open(rig, { XDG_STATE_HOME: join(rig.root, "xdg") })).toBe(join(rig.root, "xdg", "flowctl"));
    expect(open(rig, { XDG_STATE_HOME: "relative" })).toBe(join(rig.root, ".local", "state", "flowctl"));
    const configured = { path: "st", relativeTo: join(rig.root, "conf") };
    const environmentOnly = environment(rig.root, { FLOWCTL_STATE_DIR: undefined });
    expect(openStateDirectory({ environment: environmentOnly, files: rig.files, configured })).toBe(
      join(rig.root, "conf", "st"),
    );
  });

  it("is refused when others may write to it, when it is another user's, or when it is no directory", () => {
    using rig = storeRig();
    const path = join(rig.root, "open");
    mkdirSync(path);
    chmodSync(path, 0o777);
    expect(() => open(rig, { FLOWCTL_STATE_DIR: path })).toThrow(/may be written to by others/);
    chmodSync(path, 0o700);
    expect(() => open(rig, { FLOWCTL_STATE_DIR: path }, 12345)).toThrow(/belongs to another user/);
    const file = join(rig.root, "file");
    writeFileSync(file, "");
    expect(() => open(rig, { FLOWCTL_STATE_DIR: file })).toThrow(/is not a directory/);
    expect(() => open(rig, { FLOWCTL_STATE_DIR: join(file, "below") })).toThrow(UserError);
  });

  // Root may write anywhere, so that the disk has to say no by itself.
  it("is refused when it cannot be made, or not be written to", () => {
    using rig = storeRig();
    const refuse = (): never => {
      throw Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
    };
    const at = { environment: environment(rig.root, { FLOWCTL_STATE_DIR: join(rig.root, "new") }) };
    expect(() => openStateDirectory({ ...at, files: { ...rig.files, makeDirectory: refuse } })).toThrow(
      /new \(FLOWCTL_STATE_DIR\) cannot be made: permission denied/,
    );
    expect(() => openStateDirectory({ ...at, files: { ...rig.files, append: refuse } })).toThrow(
      /new \(FLOWCTL_STATE_DIR\) cannot be written to: permission denied/,
    );
  });
});

describe("the project of a run", () => {
  it("is declared, or the repository's root through symbolic links, or the workspace's, or the package's, or the directory", () => {
    using rig = storeRig();
    const { files } = rig;
    const repository = join(rig.root, "repo");
    const deep = join(repository, "packages", "a", "flows");
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(repository, "packages", "a", "package.json"), "{}");
    const name = (directory: string, declared?: string) => projectOf({ directory, files, declared }).name;
    expect(name(deep)).toBe(join(repository, "packages", "a"));
    writeFileSync(join(repository, "package.json"), '{"workspaces":["packages/*"]}');
    expect(name(deep)).toBe(repository);
    mkdirSync(join(rig.root, ".git"));
    expect(name(deep)).toBe(rig.root);
    symlinkSync(deep, join(rig.root, "link"));
    expect(name(join(rig.root, "link"))).toBe(rig.root);
    expect(name(deep, "shop")).toBe("shop");
  });
});
