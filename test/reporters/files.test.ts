import { describe, expect, it } from "vitest";
import { state } from "../../src/model/state.ts";
import { GithubReporter } from "../../src/reporters/github.ts";
import { JsonlReporter } from "../../src/reporters/jsonl.ts";
import { JunitReporter } from "../../src/reporters/junit.ts";
import { multiplex } from "../../src/reporters/multiplexer.ts";
import { failingRun, keptScreen, Play } from "./rig.ts";

describe("JSON lines", () => {
  it("are one versioned object a line, and end with the run's end", async () => {
    const screen = keptScreen();
    await failingRun(new Play(new JsonlReporter(screen))).end();
    const lines = screen.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map((line) => line["seq"])).toEqual(lines.map((_, index) => index + 1));
    expect(lines.filter((line) => line["type"] !== "task.log").map((line) => [line["type"], line["task"]])).toEqual([
      ["run.started", undefined],
      ["task.started", "extract"],
      ["task.finished", "extract"],
      ["task.started", "load"],
      ["task.retrying", "load"],
      ["task.started", "load"],
      ["task.finished", "load"],
      ["task.skipped", "report"],
      ["task.started", "alert"],
      ["task.finished", "alert"],
      ["run.finished", undefined],
    ]);
    expect(lines.find((line) => line["type"] === "task.finished" && line["task"] === "load")).toEqual({
      v: 1,
      seq: 19,
      ts: "2026-11-24T02:15:16.500Z",
      run: "7k2q9d",
      type: "task.finished",
      task: "load",
      attempt: 2,
      state: "Failed",
      ms: 12400,
      error: { name: "Error", message: "exit code 1" },
    });
    expect(lines.at(-1)).toMatchObject({ state: "Failed", counts: { ok: 2, failed: 1, skipped: 1 } });
  });
});

describe("the JUnit file", () => {
  it("has one case a task, and holds any text", async () => {
    let file = "";
    const play = failingRun(new Play(new JunitReporter((text) => (file = text))));
    play.task('odd <"&> name', "Running").said('odd <"&> name', "\u0000]]>\u001b[31m\ud800");
    play.task('odd <"&> name', state("Failed", { message: "a < b & c" }));
    await play.end();
    expect(file).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="flowctl" tests="5" failures="2" skipped="1"/,
    );
    expect(file).toContain('<testcase classname="nightly-etl" name="extract" time="4.100"/>');
    expect(file).toContain('<skipped message="because load failed"/>');
    expect(file).toContain('name="odd &lt;&quot;&amp;&gt; name"');
    expect(file).toContain("<system-out>]]&gt;\ufffd</system-out>");

    expect(file).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
  });
});

describe("GitHub Actions", () => {
  const play = (more: Partial<ConstructorParameters<typeof GithubReporter>[0]> = {}) => {
    const screen = keptScreen();
    const summaries: string[] = [];
    const reporter = new GithubReporter({
      screen,
      workspace: "/repo",
      token: "t0ken",
      appendSummary: (text) => summaries.push(text),
      ...more,
    });
    return { screen, summaries, play: new Play(reporter) };
  };

  it("gets one error annotation for each failure, with its place and escapes", async () => {
    const { screen, play: run } = play();
    await failingRun(run).end();
    expect(screen.text.split("\n").filter((line) => line.startsWith("::error"))).toEqual([
      "::error file=flows/etl.ts,line=42,title=load failed::exit code 1 after 2 attempts",
    ]);
    const other = play();
    other.play
      .started(1)
      .task("a:b, c", "Running")
      .task("a:b, c", state("Failed", { message: "50% done\nsecond\r\n::warning::x" }));
    await other.play.ended("Failed").end();
    expect(other.screen.text).toBe("::error title=a%3Ab%2C c failed::50%25 done%0Asecond%0A::warning::x\n");
  });

  it("gets a warning where something that was to be told waits, and none where it was sent", async () => {
    const waiting = { notifications: ["notifications: 1 waiting (team: 100% busy)", "in CI"] };
    const one = play();
    await one.play.ended("Success").end({ ...waiting, undelivered: true });
    expect(one.screen.text).toBe("::warning title=flowctl::notifications: 1 waiting (team: 100%25 busy)%0Ain CI\n");
    const other = play();
    await other.play.ended("Success").end({ ...waiting, undelivered: false });
    expect(other.screen.text).toBe("");
  });

  it("gets ten annotations at most, the last of which counts the others", async () => {
    const { screen, play: run } = play();
    for (let at = 0; at < 25; at += 1)
      run.task({ task: "s", mapIndex: at }, "Running").task({ task: "s", mapIndex: at }, "Failed");
    await run.ended("Failed").end();
    const lines = screen.text.trim().split("\n");
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe("::error title=flowctl::16 more tasks failed: see the log");
  });

  it("gets output of tasks in groups, with commands stopped around it; that of a failed one is open", async () => {
    const { screen, play: run } = play();
    run.started(2).task("good", "Running").said("good", "::error::forged").later(4100).task("good", "Success");
    run
      .task("bad", "Running")
      .said("bad", "::add-mask::x")
      .task("bad", "Failed")
      .task("silent", "Running")
      .task("silent", "Success");
    await run.ended("Failed").end();
    expect(screen.text.split("\n")).toEqual([
      "::group::ok good (4.1s)",
      "::stop-commands::t0ken",
      "::error::forged",
      "::t0ken::",
      "::endgroup::",
      "::stop-commands::t0ken",
      "::add-mask::x",
      "::t0ken::",
      "::error title=bad failed::Failed",
      "",
    ]);
  });

  it("stops commands by a word that no task can know", () => {
    const words = [1, 2].map(() => {
      const screen = keptScreen();
      new Play(new GithubReporter({ screen, workspace: undefined }))
        .task("a", "Running")
        .said("a", "x")
        .task("a", "Success");
      return /::stop-commands::(\S+)/.exec(screen.text)?.[1];
    });
    expect(words[0]).toMatch(/^flowctl-[\da-f-]{36}$/);
    expect(words[0]).not.toBe(words[1]);
  });

  it("gets a job summary that no text can break out of", async () => {
    const { summaries, play: run } = play();
    run.said("load", "```` fence");
    await failingRun(run).end();
    expect(summaries).toHaveLength(1);
    const [text = ""] = summaries;
    expect(text).toContain("### ❌ nightly-etl failed in 16.6s");
    expect(text).toContain("| load | Failed | 12.4s | 2 |");
    expect(text).toContain("\n`````\n```` fence\nline 1\n");
  });
});

describe("several reporters", () => {
  it("do not hear of what one of them throws, and a person does at the end", async () => {
    const heard: string[] = [];
    const many = multiplex(
      [
        {
          name: "broken",
          reporter: {
            onEvent: () => {
              throw new Error("disk is full");
            },
          },
        },
        { name: "late", reporter: { onEvent: () => undefined, onEnd: () => Promise.reject(new Error("no place")) } },
        { name: "good", reporter: { onEvent: (event) => heard.push(event.type), onEnd: () => void heard.push("end") } },
      ],
      (text) => text.replaceAll("s3cret", "***"),
    );
    await new Play(many).started().task("a", "Running").end();
    expect(heard).toEqual(["run-started", "task-state", "end"]);
    expect(many.problems).toEqual([
      'The reporter "broken" failed: disk is full',
      'The reporter "late" failed: no place',
    ]);
  });

  it("see no secret: not in lines, messages, errors or notes", async () => {
    const screen = keptScreen();
    const many = multiplex([{ name: "json", reporter: new JsonlReporter(screen) }], (text) =>
      text.replaceAll("s3cret", "***"),
    );
    const error = Object.assign(new TypeError("s3cret"), { stack: "TypeError: s3cret\n at s3cret" });
    const play = new Play(many).started(1).task("a", "Running").said("a", "it is s3cret");
    play.task("a", state("Failed", { message: "s3cret", result: error })).ended(state("Failed", { message: "s3cret" }));
    await play.end({ notifications: ["to s3cret"] });
    expect(screen.text).not.toContain("s3cret");
    expect(screen.text).toContain('"name":"TypeError"');
  });
});
