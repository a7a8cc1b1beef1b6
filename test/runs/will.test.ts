import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseEnd, parseWill } from "../../src/runs/will.ts";
import { draft, storeRig } from "./rig.ts";

/** A will and a terminal record, as their files have them. */
async function files(): Promise<{ readonly will: object; readonly end: object }> {
  using rig = storeRig();
  const hook = { name: "told", states: ["Failed"] as const, to: ["inbox"] };
  const more = { hooks: [hook], deathHooks: [hook], channels: { inbox: { type: "inbox" } } };
  const run = await rig.store.begin({ ...draft(), ...more }, (text) => text);
  const failures = [{ task: "load", type: "Failed" as const, message: "no rows", attempts: 1, durationMs: 5 }];
  run.end({ state: "Failed", message: "no rows", counts: { ok: 0, failed: 1, skipped: 0, cancelled: 0 }, failures });
  const read = (name: string): object =>
    JSON.parse(readFileSync(join(rig.state, "runs", run.id, name), "utf8")) as object;
  return { will: read("will.json"), end: read("end.json") };
}

/** The same with another value at a path, as text. */
function withOther(whole: object, path: string, value: unknown): string {
  const copy = structuredClone(whole) as Record<string, unknown>;
  const keys = path.split(".");
  const holder = keys.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, copy);
  holder[keys.at(-1)!] = value;
  return JSON.stringify(copy);
}

describe("a file that is JSON and no record of a run", () => {
  it.each([
    ...["runId", "flow", "project", "startedAt", "host", "user", "startedBy", "cwd", "tags", "file"],
    ...["hooks", "hooks.0", "hooks.0.states", "hooks.0.to", "deathHooks.0.name", "channels", "channels.inbox"],
  ])("is taken for no will for what stands at %s", async (path) => {
    const { will } = await files();
    expect(parseWill(JSON.stringify(will))).toEqual(will);
    for (const value of [null, 5, [5]]) expect(parseWill(withOther(will, path, value))).toBeUndefined();
  });

  it.each([
    ...["runId", "flow", "project", "state", "startedAt", "endedAt", "durationMs", "counts"],
    ...["failures", "failures.0", "failures.0.task"],
  ])("is taken for no terminal record for what stands at %s", async (path) => {
    const { end } = await files();
    expect(parseEnd(JSON.stringify(end))).toEqual(end);
    for (const value of [null, true, [5]]) expect(parseEnd(withOther(end, path, value))).toBeUndefined();
  });
});
