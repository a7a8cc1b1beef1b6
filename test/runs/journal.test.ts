import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/model/event.ts";
import { state, type State } from "../../src/model/state.ts";
import { Journal } from "../../src/runs/journal.ts";
import { readJournal } from "../../src/runs/read-journal.ts";
import { same, START, taskEvent } from "./rig.ts";

function rig(redact: (text: string) => string = same) {
  const written: string[] = [];
  const turns: (() => void)[] = [];
  const errors: unknown[] = [];
  let isFull = false;
  const journal = new Journal({
    file: {
      write: (text) => {
        if (isFull) throw new Error("disk full");
        written.push(Buffer.from(text).toString());
      },
      sync: () => undefined,
      close: () => void written.push("closed"),
    },
    redact,
    schedule: (callback) => turns.push(callback),
    onError: (error) => errors.push(error),
  });
  return { journal, written, turns, errors, fill: () => void (isFull = true) };
}

const output = (text: string): RunEvent => ({
  seq: 2,
  runId: "r1",
  at: START,
  type: "task-output",
  task: "a",
  stream: "stdout",
  text,
});

describe("a journal", () => {
  it("writes all events of one turn of the event loop at once, in order", () => {
    const { journal, written, turns } = rig();
    for (const text of ["one", "two", "three"]) journal.record(output(text));
    expect(written).toEqual([]);
    expect(turns).toHaveLength(1);
    turns[0]?.();
    expect(written).toHaveLength(1);
    expect(written[0]?.trim().split("\n")).toHaveLength(3);
    journal.record(output("four"));
    expect(turns).toHaveLength(2);
  });

  it("tells apart tasks that differ in one thing only", () => {
    const { journal, written } = rig();
    const done = state("Success", { message: "Done." });
    const running = { from: state("Running") };
    const events = [
      taskEvent("a", done, running),
      taskEvent("b", done, running),
      taskEvent("b", done, { ...running, attempt: 2 }),
      taskEvent("b", done, { ...running, kind: "secret" }),
      taskEvent("b", done),
      taskEvent("b", state("Success", { message: "Other." })),
      taskEvent("b", state("Success", { message: "Other.", result: new Error("returned") })),
      taskEvent("b", state("Success", { message: "Other." }), { causedBy: "a" }),
      taskEvent("b", state("Success", { message: "Other." }), { mapIndex: 0 }),
    ];
    for (const event of events) journal.record(event);
    journal.close();
    const read = readJournal("r1", written[0] ?? "");
    const told = ({ result, ...to }: State) => ({ ...to, error: result instanceof Error });
    const plain = (event: RunEvent) =>
      event.type === "task-state" ? { ...event, from: event.from.type, to: told(event.to) } : event;
    expect(read.map(plain)).toEqual(events.map(plain));
  });

  it("writes out what is left when it is closed, and nothing after that", () => {
    const { journal, written, turns } = rig();
    journal.record(output("one"));
    journal.close();
    journal.close();
    journal.record(output("two"));
    turns[0]?.();
    expect(written).toEqual([expect.stringContaining("one"), "closed"]);
  });

  it("waits for no further turn of the event loop once the disk failed or it is closed", () => {
    const full = rig();
    full.journal.record(output("one"));
    full.fill();
    full.turns[0]?.();
    full.journal.record(output("two"));
    expect(full.errors).toHaveLength(1);
    expect(full.turns).toHaveLength(1);
    const closed = rig();
    closed.journal.close();
    closed.journal.record(output("one"));
    expect(closed.turns).toEqual([]);
  });

  it("comes back as the events that were recorded, without results and with errors as text", () => {
    const { journal, written } = rig();
    const failed = state("Failed", {
      message: "no\nrows",
      result: new Error("no\nrows", { cause: new Error("deep") }),
    });
    const events: RunEvent[] = [
      {
        seq: 1,
        runId: "r1",
        at: START,
        type: "run-started",
        flow: 'a "b"',
        params: { day: "x", big: 5n },
        taskCount: 2,
      },
      taskEvent("load", failed, { attempt: 2, willRetry: true, mapIndex: 3 }),
      taskEvent("load", state("Retrying", { startTime: START + 2000, runCount: 2 })),
      taskEvent("after", "TriggerFailed", { causedBy: "load" }),
      output('line "with" \u2028 odd \\ letters'),
      {
        seq: 9,
        runId: "r1",
        at: START + 5,
        type: "run-state",
        from: state("Running"),
        to: state("Success", { result: { secret: 1 } }),
      },
    ];
    for (const event of events) journal.record(event);
    journal.flush();
    const back = readJournal("r1", written.join(""));
    expect(back).toHaveLength(events.length);
    expect(back[0]).toEqual({ ...events[0], params: { day: "x", big: "5" } });
    expect(back[1]).toMatchObject({
      task: "load",
      mapIndex: 3,
      attempt: 2,
      willRetry: true,
      to: { type: "Failed", message: "no\nrows" },
    });
    const { result } = (back[1] as { to: { result: Error } }).to;
    expect(result.stack).toMatch(/caused by Error: deep/);
    expect(back[2]).toMatchObject({ to: { type: "Retrying", startTime: START + 2000, runCount: 2 } });
    expect(back[3]).toMatchObject({ causedBy: "load" });
    expect(back[4]).toEqual(events[4]);
    expect(back[5]).toMatchObject({ at: START + 5, to: { type: "Success", result: null } });
  });

  it("takes secrets out before it escapes, in lines, messages, errors and parameters", () => {
    const secret = 'pa"ss\\word';
    const { journal, written } = rig((text) => text.replaceAll(secret, "***"));
    journal.record(output(`is ${secret}`));
    journal.record(taskEvent("a", state("Failed", { message: secret, result: new Error(secret) })));
    journal.record({
      seq: 1,
      runId: "r1",
      at: START,
      type: "run-started",
      flow: "f",
      params: { deep: [{ x: secret }] },
      taskCount: 1,
    });
    journal.flush();
    expect(written.join("")).not.toMatch(/pa\\?"ss/);
    expect(written.join("").match(/\*\*\*/g)?.length).toBeGreaterThanOrEqual(4);
  });

  it("reports a disk that fails once, and the run goes on", () => {
    const { journal, errors, fill } = rig();
    fill();
    for (let round = 0; round < 3; round += 1) {
      journal.record(output("x"));
      journal.flush();
    }
    expect(errors).toEqual([new Error("disk full")]);
  });

  it("leaves out what tasks write beyond a limit, but no state", () => {
    const { journal, written } = rig();
    const line = "x".repeat(1024 * 1024);
    for (let round = 0; round < 70; round += 1) journal.record(output(line));
    journal.record(taskEvent("a", "Success"));
    journal.flush();
    const back = readJournal("r1", written.join(""));
    expect(back).toHaveLength(65);
    expect(back.at(-1)).toMatchObject({ type: "task-state" });
    expect(written.join("")).toContain('"output-cut"');
  });
});

describe("reading a journal", () => {
  it("leaves out a last line that is not whole and lines it does not know", () => {
    const text =
      '{"seq":1,"at":"2026-11-24T02:15:00.000Z","type":"task-output","stream":"info","text":"a"}\n{"type":"from-later"}\n{"seq":2,"at"';
    expect(readJournal("r1", text)).toEqual([
      { seq: 1, runId: "r1", at: START, type: "task-output", stream: "info", text: "a" },
    ]);
  });
});
