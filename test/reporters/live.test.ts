import { describe, expect, it } from "vitest";
import { Terminal } from "@xterm/headless";
import type { Screen } from "../../src/host/host.ts";
import { state } from "../../src/model/state.ts";
import { LiveReporter } from "../../src/reporters/live.ts";
import { Play, view } from "./rig.ts";

/** A real terminal emulator: what a person would see. */
function emulator(columns = 60, rows = 12) {
  const terminal = new Terminal({ cols: columns, rows, scrollback: 5000, allowProposedApi: true });
  let bytes = 0;
  let writes = 0;
  let raw = "";
  const screen: Screen = {
    isTTY: true,
    columns,
    rows,
    write(text) {
      writes += 1;
      bytes += text.length;
      raw += text;
      terminal.write(text.replaceAll("\n", "\r\n"));
    },
  };
  return {
    screen,
    resize(to: number) {
      terminal.resize(to, rows);
      Object.assign(screen, { columns: to });
    },
    get cost() {
      return { bytes, writes };
    },
    get raw() {
      return raw;
    },
    /** All lines, also those that have scrolled by. */
    async lines(): Promise<string[]> {
      await new Promise<void>((resolve) => {
        terminal.write("", resolve);
      });
      const { active } = terminal.buffer;
      const lines = Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString(true) ?? "");
      while (lines.at(-1) === "") lines.pop();
      return lines;
    },
  };
}

const HEADER = "flowctl 1.0.0  run 7k2q9d  flows/etl.ts  2 tasks  config: no";

describe("the live view", () => {
  it("paints what runs below what has ended, and repaints it in place", async () => {
    const see = emulator();
    const reporter = new LiveReporter(view(see.screen));
    const play = new Play(reporter).started(2).task("checkout", "Running").task("build", "Running").later(600);
    reporter.tick(play.now);
    play.task("checkout", "Success").later(400);
    reporter.tick(play.now);
    const lines = await see.lines();
    expect(lines.slice(0, 3)).toEqual([HEADER, "ne", " ✔ checkout 0.6s"]);
    expect(lines[3]).toMatch(/^ \S build +1\.0s$/);
    expect(lines[4]).toMatch(/^ ━+ 1\/2 {2}1 running {2}1\.0s$/);
    expect(lines).toHaveLength(5);
  });

  it("leaves only what stays when it ends, and the cursor shown", async () => {
    const see = emulator(80);
    const play = new Play(new LiveReporter(view(see.screen)))
      .started(2)
      .task("a", "Running")
      .later(1000)
      .task("a", "Success");
    await play.ended("Success").end({ notifications: ["notified: slack"] });
    expect(await see.lines()).toEqual([
      "flowctl 1.0.0  run 7k2q9d  flows/etl.ts  2 tasks  config: none",
      " ✔ a 1.0s",
      "",
      " ✔ nightly-etl succeeded in 1.0s   1 ok   run 7k2q9d",
      "   notified: slack",
    ]);
    expect(see.raw.lastIndexOf("\u001b[?25h")).toBeGreaterThan(see.raw.lastIndexOf("\u001b[?25l"));
    expect(see.raw).not.toContain("\u001b[?1049h");
  });

  it("prints what others write above what is painted, and tears nothing", async () => {
    const see = emulator(80);
    const reporter = new LiveReporter(view(see.screen));
    const play = new Play(reporter).started(1).task("a", "Running").later(200);
    reporter.tick(play.now);
    reporter.print("\u001b[2Ja warning\nof two lines\n");
    reporter.tick(play.later(200).now);
    const lines = await see.lines();
    expect(lines.slice(1, 3)).toEqual(["a warning", "of two lines"]);
    expect(lines[3]).toMatch(/^ \S a +0\.4s$/);
    expect(lines).toHaveLength(5);
  });

  it("gives a mapped task one row, and only its failures lines that stay", async () => {
    const see = emulator(80);
    const reporter = new LiveReporter(view(see.screen));
    const play = new Play(reporter).started(1).task("shard", "Mapped").mapped("shard", 2000);
    for (let at = 0; at < 1000; at += 1) play.task({ task: "shard", mapIndex: at }, "Running");
    for (let at = 0; at < 400; at += 1)
      play.task({ task: "shard", mapIndex: at }, at === 7 ? state("Failed", { message: "bad row" }) : "Success");
    reporter.tick(play.later(1000).now);
    const lines = await see.lines();
    expect(lines).toHaveLength(4);
    expect(lines[1]).toBe(" ✖ shard[7] 0.0s   bad row");
    expect(lines[2]).toMatch(/^ \S shard {2}400\/2000 done {2}1 failed {2}600 running/);
    expect(lines[3]).toMatch(/ 400\/2000 {2}1 failed {2}600 running/);
  });

  it("leaves one line of a mapped task, after those of its children that failed", async () => {
    const see = emulator(80);
    const play = new Play(new LiveReporter(view(see.screen))).started(2).task("a", "Mapped").mapped("a", 2);
    for (const mapIndex of [0, 1]) play.task({ task: "a", mapIndex }, "Running");
    play.later(1000);
    for (const mapIndex of [0, 1]) play.task({ task: "a", mapIndex }, "Success");
    play.task("b", "Mapped").mapped("b", 1);
    play
      .task({ task: "b", mapIndex: 0 }, "Running")
      .task({ task: "b", mapIndex: 0 }, state("Failed", { message: "no" }));
    await play.ended("Failed").end();
    const lines = await see.lines();
    expect(lines.slice(1, 4)).toEqual([" ✔ a 1.0s   2 done", " ✖ b[0] 0.0s   no", " ✖ b 0.0s   1 done, 1 failed"]);
    expect(lines[4]).toBe("");
  });

  it("is never taller than the screen, and loses no line of a thousand tasks", async () => {
    const see = emulator(60, 10);
    const reporter = new LiveReporter(view(see.screen));
    const play = new Play(reporter).started(40);
    for (let at = 0; at < 40; at += 1) play.task(`task-${at}`, "Running").later(10);
    reporter.tick(play.later(100).now);
    const full = await see.lines();
    expect(full.at(-2)).toBe("   … 33 more running");
    expect(full.length).toBeLessThanOrEqual(2 + 9);
    for (let at = 0; at < 40; at += 1) play.task(`task-${at}`, "Success").later(50);
    await play.ended("Success").end();
    const kept = (await see.lines()).filter((line) => line.startsWith(" ✔ task-"));
    expect(kept).toHaveLength(40);
  });

  it("paints ten times a second at most, however much happens", () => {
    const see = emulator();
    const reporter = new LiveReporter(view(see.screen));
    const play = new Play(reporter).started(1000);
    for (let at = 0; at < 1000; at += 1) play.task(`t${at}`, "Running").task(`t${at}`, "Success").later(1);
    expect(see.cost.writes).toBeLessThanOrEqual(12);
  });

  it("takes a window that is made narrower, wide letters, and a screen of no size", async () => {
    const see = emulator(40, 10);
    const reporter = new LiveReporter(view(see.screen));
    const play = new Play(reporter).started(1).task("日本語の長い名前のタスクです、とても長い", "Running").later(100);
    reporter.tick(play.now);
    for (const line of await see.lines()) expect(line.length).toBeLessThanOrEqual(40);
    see.resize(20);
    reporter.tick(play.later(100).now);
    expect((await see.lines()).filter((line) => line.includes("0/1"))).toHaveLength(1);
    const none = { ...see.screen, columns: 0, rows: 0 };
    const blind = new LiveReporter(view(none));
    new Play(blind).started(1).task("a", "Running");
    blind.tick(0);
    blind.restore();
  });
});
