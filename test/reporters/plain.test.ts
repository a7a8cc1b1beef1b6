import { describe, expect, it } from "vitest";
import { state } from "../../src/model/state.ts";
import { failureText, retryText } from "../../src/reporters/wording.ts";
import { PlainReporter } from "../../src/reporters/plain.ts";
import { QuietReporter } from "../../src/reporters/quiet.ts";
import { paletteOf, glyphsOf } from "../../src/reporters/palette.ts";
import { cliHome } from "../rig/cli.ts";
import { failingRun, keptScreen, Play, view } from "./rig.ts";

const FAILING = `flowctl 1.0.0  run 7k2q9d  flows/etl.ts  4 tasks  config: none
[00:00.0] start   extract
[00:04.1] ok      extract            4.1s
[00:04.1] start   load
[00:06.4] retry   load               attempt 1 failed: exit code 1; next in 2s
[00:08.4] start   load               attempt 2
[00:16.5] FAIL    load               12.4s  exit code 1 after 2 attempts
[00:16.5] skip    report             because load failed
[00:16.5] start   alert
[00:16.6] ok      alert              0.1s

 ✖ load › exit code 1 after 2 attempts (12.4s)  flows/etl.ts:42
   │ … 2 earlier lines
   │ line 3
   │ line 4
   │ line 5
   │ line 6
   │ line 7
   │ line 8
   │ line 9
   │ line 10
   │ line 11
   │ line 12
 ○ report skipped because load failed

 ✖ nightly-etl failed in 16.6s   2 ok · 1 failed · 1 skipped   run 7k2q9d
   notified: slack #data
   log:     flowctl runs logs 7k2q9d load
   again:   flowctl runs retry 7k2q9d
`;

describe("the plain view", () => {
  it("writes one line an event, and what failed last", async () => {
    const screen = keptScreen();
    await failingRun(new Play(new PlainReporter(view(screen)))).end({ notifications: ["notified: slack #data"] });
    expect(screen.text).toBe(FAILING);
  });

  it("says of a task that waits for failures what kept it, which is no failure", async () => {
    await using home = cliHome();
    home.write(
      "f.yaml",
      `tasks:
  ok: { run: "true" }
  bad: { run: "false" }
  after: { needs: [bad], run: "true" }
  all: { needs: [ok, bad], trigger: all_failed, run: "true" }
`,
    );
    const { output } = await home.run(["run", "f.yaml", "--ui", "plain"]);
    const why = "The trigger is all_failed, but some upstream tasks succeeded.";
    expect(output).toMatch(new RegExp(`skip +all +${why}`));
    expect(output).toContain(` ○ all skipped: ${why}`);
    expect(output).toContain(" ○ after skipped because bad failed");
  });

  it("ends a run that went well with two lines at most", async () => {
    const screen = keptScreen();
    const play = new Play(new PlainReporter(view(screen))).started(2).task("load", "Running").later(1200);
    play.task("load", "Success").task({ task: "alert", kind: "notification" }, "TriggerFailed", { causedBy: "load" });
    await play.ended("Success").end({ notifications: ["notified: a", "notified: b"] });
    expect(screen.text.split("\n").slice(3)).toEqual([
      "[00:01.2] -       alert              not needed",
      "",
      " ✔ nightly-etl succeeded in 1.2s   1 ok · 1 not needed   run 7k2q9d",
      "   notified: a   notified: b",
      "",
    ]);
  });

  it("cuts a message that would bury all that stands around it", () => {
    const failure = { message: "z".repeat(50_000), type: "Failed", attempts: 2 } as const;
    expect(failureText(failure)).toBe(`${"z".repeat(500)} (50000 characters in all) after 2 attempts`);
  });

  it("tells the delay of a retry that was asked for, though a millisecond of it has gone by", () => {
    const retrying = (startTime: number): Parameters<typeof retryText>[1] => ({
      ...{ type: "task-state", seq: 1, runId: "r", at: 1, task: "a", kind: "task", attempt: 1 },
      from: state("Failed"),
      to: state("Retrying", { startTime }),
    });
    expect(retryText(undefined, retrying(10))).toMatch(/; next in 10ms$/);
    expect(retryText(undefined, retrying(500))).toMatch(/; next in 500ms$/);
    expect(retryText(undefined, retrying(2001))).toMatch(/; next in 2s$/);
  });

  it("leaves parameters, constants and collections out", () => {
    const screen = keptScreen();
    const play = new Play(new PlainReporter(view(screen))).started(1);
    const before = screen.text;
    for (const kind of ["parameter", "constant", "collection", "secret"])
      play.task({ task: "x", kind }, "Running").task({ task: "x", kind }, "Success");
    expect(screen.text).toBe(before);
  });

  it("tells children of a mapped task apart, and the mapped task itself only by them", () => {
    const screen = keptScreen();
    const play = new Play(new PlainReporter(view(screen))).started(1).task("load", "Mapped");
    play.task({ task: "load", mapIndex: 0 }, "Running").task({ task: "load", mapIndex: 0 }, "Cached");
    expect(screen.text.split("\n").slice(1)).toEqual([
      "[00:00.0] start   load[0]",
      "[00:00.0] cached  load[0]            from the cache",
      "",
    ]);
  });

  it("names what still runs after thirty seconds of silence, and not before", () => {
    const screen = keptScreen();
    const reporter = new PlainReporter(view(screen));
    const play = new Play(reporter).started(1).task("backup", "Running").later(29_000);
    reporter.tick(play.now);
    expect(screen.text).not.toContain("still running");
    reporter.tick(play.later(1000).now);
    reporter.tick(play.later(1000).now);
    expect(screen.text.split("\n").slice(2)).toEqual(["[00:30.0] still running: backup 30s", ""]);
  });

  it("shows all output of tasks, only that of failed ones, or none", async () => {
    const shown = async (logs: "full" | "failed" | "none"): Promise<string> => {
      const screen = keptScreen();
      await failingRun(new Play(new PlainReporter(view(screen, { logs })))).end();
      return screen.text;
    };
    expect(await shown("full")).toContain("\nload | line 1\n");
    expect(await shown("failed")).not.toContain("line 1\n");
    expect(await shown("failed")).toContain("│ line 12");
    expect(await shown("none")).not.toContain("line 12");
  });

  it("shows warnings and errors that were logged, the run's own lines, and debugging only when asked", () => {
    const screen = keptScreen();
    const play = new Play(new PlainReporter(view(screen))).started(1);
    play.said("a", "careful", "warn").said(undefined, "hello").said("a", "detail", "debug").said("a", "info", "info");
    expect(screen.text.split("\n").slice(1)).toEqual([
      "[00:00.0] warn    a                  careful",
      "[00:00.0] log     hello",
      "",
    ]);
    const loud = keptScreen();
    new Play(new PlainReporter(view(loud, { debug: true, logs: "full" }))).said("a", "detail", "debug");
    expect(loud.text).toContain("a | detail");
  });

  it("writes nothing that a terminal obeys unless it has colours, and only colours then", async () => {
    const nasty = "\u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link \u0007bell\rover";
    const screen = keptScreen();
    const play = new Play(new PlainReporter(view(screen, { logs: "full" })))
      .started(1)
      .task("a", "Running")
      .said("a", nasty);
    await play
      .task("a", state("Failed", { message: nasty }))
      .ended("Failed")
      .end();

    expect(screen.text.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    const colours = keptScreen();
    const palette = await paletteOf(1);
    await failingRun(new Play(new PlainReporter(view(colours, { palette })))).end();
    expect(colours.text).toContain("\u001b[31mFAIL\u001b[39m");
  });

  it("can do without characters beyond ASCII", async () => {
    const screen = keptScreen();
    await failingRun(new Play(new PlainReporter(view(screen, { glyphs: glyphsOf(false) })))).end();

    expect(screen.text).toMatch(/^[\u0000-\u007f]*$/);
  });

  it("shows five failures in full and counts the others", async () => {
    const screen = keptScreen();
    const play = new Play(new PlainReporter(view(screen))).started(12);
    for (let at = 0; at < 12; at += 1)
      play
        .task({ task: "shard", mapIndex: at }, "Running")
        .task({ task: "shard", mapIndex: at }, state("Failed", { message: "no" }));
    await play.ended("Failed").end();
    expect(screen.text.match(/ ✖ shard\[/g)).toHaveLength(5);
    expect(screen.text).toContain("… and 7 more: flowctl runs show 7k2q9d");
    expect(screen.text).not.toContain("runs logs");
  });

  it.each([
    [["shard[0]"], "shard[0]", "flowctl runs logs 7k2q9d 'shard[0]'\n"],
    [["shard[0]", "load"], "load", "flowctl runs logs 7k2q9d --failed\n"],
  ])("when %j failed and %s wrote something, points to %s", async (failed, wrote, command) => {
    const screen = keptScreen();
    const play = new Play(new PlainReporter(view(screen))).started(2);
    for (const task of failed) {
      play.task(task, "Running");
      if (task === wrote) play.said(task, "what it wrote");
      play.task(task, state("Failed", { message: "no" }));
    }
    await play.ended("Failed").end();
    expect(screen.text).toContain(command);
  });

  it.each([
    ["Paused", "is paused after 0.0s"],
    ["Cancelled", "was cancelled after 0.0s"],
    ["Failed", "failed in 0.0s"],
  ] as const)("says that a run that is %s %s", async (type, outcome) => {
    const screen = keptScreen();
    await new Play(new PlainReporter(view(screen))).started(1).ended(type).end();
    expect(screen.text).toContain(` nightly-etl ${outcome}  `);
  });

  it("says why a run failed in which no task did", async () => {
    const screen = keptScreen();
    await new Play(new PlainReporter(view(screen)))
      .started(0)
      .ended(state("Failed", { message: "a handler said no" }))
      .end();
    expect(screen.text).toContain("✖ nightly-etl failed");
    expect(screen.text).toContain("   a handler said no");
  });
});

describe("the quiet view", () => {
  it("says nothing of a run that goes well", async () => {
    const screen = keptScreen();
    const play = new Play(new QuietReporter(view(screen)))
      .started(1)
      .task("a", "Running")
      .said("a", "x")
      .task("a", "Success");
    await play.ended("Success").end({ notifications: ["notified: a"], undelivered: true });
    expect(screen.text).toBe("");
  });

  it("says of a run that goes well what nobody will be told unless a person does something", async () => {
    const screen = keptScreen();
    const play = new Play(new QuietReporter(view(screen))).started(1);
    await play.ended("Success").end({ notifications: ["notifications: 1 held (team)", "  fix: x"], needsPerson: true });
    expect(screen.text).toBe("nightly-etl: notifications: 1 held (team)\nnightly-etl:   fix: x\n");
  });

  it("says everything of one that fails, with all output of its tasks", async () => {
    const screen = keptScreen();
    await failingRun(new Play(new QuietReporter(view(screen)))).end();
    expect(screen.text).toContain("flowctl 1.0.0  run 7k2q9d");
    expect(screen.text).toContain("load | line 1\n");
    expect(screen.text).toContain("✖ nightly-etl failed");
  });

  it("keeps the end of a log that is too long", async () => {
    const screen = keptScreen();
    const play = new Play(new QuietReporter(view(screen))).started(1).task("a", "Running");
    for (let line = 0; line < 120; line += 1) play.said("a", `${line} ${"x".repeat(100_000)}`);
    await play.task("a", "Failed").ended("Failed").end();
    expect(screen.text.startsWith("(the beginning of the log is left out)\n")).toBe(true);
    expect(screen.text).toContain("a | 119 ");
    expect(screen.text.length).toBeLessThan(9 * 1024 * 1024);
  });
});

it("a message that is a sentence goes on without its full stop", () => {
  const failed = { type: "TimedOut", message: "The task did not end within 5s.", attempts: 2 } as const;
  expect(failureText(failed)).toBe("The task did not end within 5s after 2 attempts");
  expect(failureText({ ...failed, attempts: 1 })).toBe("The task did not end within 5s.");
});
