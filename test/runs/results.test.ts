import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/model/event.ts";
import { state } from "../../src/model/state.ts";
import { Results } from "../../src/runs/results.ts";
import { graph, node } from "../engine/rig.ts";

const ended = (task: string, result: unknown): RunEvent => ({
  type: "task-state",
  seq: 1,
  runId: "r",
  at: 0,
  task,
  kind: "task",
  attempt: 1,
  from: state("Running"),
  to: state("Success", { result }),
});

describe("the results of a run, on disk", () => {
  it("end with the error of a full disk, which is kept, and the run goes on", () => {
    let written = "";
    let isFull = false;
    const flow = graph([node("a"), node("b"), node("c")]);
    const results = new Results({
      flow,
      params: {},
      open: () => ({
        write: (text) => {
          if (isFull) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
          written += Buffer.from(text).toString();
        },
        sync: () => undefined,
        close: () => undefined,
      }),
      redact: (text) => text,
    });
    void results.record(ended("a", 1));
    void results.flush();
    isFull = true;
    void results.record(ended("b", 2));
    void results.flush();
    isFull = false;
    void results.record(ended("c", 3));
    results.close();
    expect(results.error).toMatchObject({ code: "ENOSPC" });
    // Nothing after a gap: what went on would look like all there was.
    expect(written).toContain('"task":"a"');
    expect(written).not.toMatch(/"task":"[bc]"/);
  });
});
