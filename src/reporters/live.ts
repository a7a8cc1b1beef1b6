import { formatDuration } from "../model/duration.ts";
import type { RunEvent, TaskState } from "../model/event.ts";
import { state, type State } from "../model/state.ts";
import { labelOf, Tally } from "../model/tally.ts";
import type { Verdict } from "../model/verdict.ts";
import { cleanText, logLine } from "./clean-text.ts";
import { NO_COLOR } from "./palette.ts";
import { liveRows, type LiveTask } from "./live-rows.ts";
import { OutputTail } from "./output-tail.ts";
import { Painter } from "./painter.ts";
import type { ViewOptions } from "./plain.ts";
import type { Reporter, RunReport } from "./reporter.ts";
import { headerLine } from "./run-header.ts";
import { summaryLines } from "./summary.ts";
import { failureText, retryText, skipReason } from "./wording.ts";

/** From so many tasks on, a task that simply went well leaves no line of its own. */
const MANY = 50;

/**
 * Shows a run on a terminal: what has ended scrolls up as lines that stay, what runs is
 * painted below them. All children of a mapped task share one row.
 */
export class LiveReporter implements Reporter {
  readonly #options: ViewOptions;
  readonly #painter: Painter;
  readonly #tally = new Tally();
  readonly #tail: OutputTail;
  readonly #errors = new Map<string, unknown>();
  readonly #failed = new Map<string, TaskState>();
  readonly #rows = new Map<string, LiveTask>();
  /** Of mapped tasks, how many children they have. */
  readonly #widths = new Map<string, number>();
  /** Tasks of the flow. */
  #tasks = 0;
  /** The same with every mapped task's children in its place. */
  #total = 0;
  #startedAt = 0;
  #now = 0;
  #frame = 0;
  #state: State = state("Pending");

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#painter = new Painter(options.screen);
    this.#tail = new OutputTail(options.logs === "none" ? 0 : 10);
  }

  onEvent(event: RunEvent): void {
    this.#now = Math.max(this.#now, event.at);
    switch (event.type) {
      case "run-started":
        this.#startedAt = event.at;
        this.#tasks = event.taskCount;
        this.#total = event.taskCount;
        this.#painter.above(this.#options.palette.dim(headerLine(this.#options.header, event)));
        break;
      case "run-state":
        this.#state = event.to;
        break;
      case "task-mapped":
        this.#widths.set(event.task, event.width);
        // Its children are counted, and it is not.
        this.#total += event.width - 1;
        break;
      case "task-output":
        this.#tail.add(event);
        if (
          event.task === undefined ||
          event.stream === "warn" ||
          event.stream === "error" ||
          this.#options.logs === "full"
        ) {
          if (event.stream !== "debug" || this.#options.debug === true)
            this.#above(
              `${event.task === undefined ? "" : `${labelOf({ ...event, task: event.task })} | `}${logLine(event.text, { colours: this.#options.palette !== NO_COLOR })}`,
            );
        }
        break;
      case "task-state":
        this.#task(event);
        break;
    }
    this.#painter.changed(event.at, this.#render);
  }

  /** Turns the spinner and the clocks. @param now epoch milliseconds */
  tick(now: number): void {
    this.#now = Math.max(this.#now, now);
    this.#frame += 1;
    this.#painter.paint(now, this.#render);
  }

  /** Shows what somebody else wrote, above what is painted. */
  print(text: string): void {
    for (const line of text.replace(/\n$/, "").split("\n"))
      this.#above(logLine(line, { colours: this.#options.palette !== NO_COLOR }));
    this.#painter.changed(this.#now, this.#render);
  }

  /** Takes away what is painted until it is called back. */
  hold(): () => void {
    return this.#painter.hold();
  }

  /** Takes away what is painted and shows the cursor. */
  restore(): void {
    this.#painter.end();
  }

  onEnd(report: RunReport): void {
    this.#painter.end();
    const { screen, palette, glyphs, cwd } = this.#options;
    const { columns } = screen;
    const common = { state: this.#state, tally: this.#tally, tail: this.#tail, errors: this.#errors, report };
    const lines = summaryLines({ ...common, palette, glyphs, width: columns, cwd });
    screen.write(`\n${lines.join("\n")}\n`);
  }

  readonly #render = (columns: number, height: number): readonly string[] => {
    const { palette, glyphs } = this.#options;
    return liveRows({
      rows: [...this.#rows.values()],
      counts: this.#tally.counts,
      total: this.#total,
      elapsedMs: this.#now - this.#startedAt,
      now: this.#now,
      frame: this.#frame,
      columns,
      height,
      palette,
      glyphs,
    });
  };

  #task(event: TaskState): void {
    const label = labelOf(event);
    if (event.willRetry === true) this.#failed.set(label, event);
    const seen = this.#tally.add(event);
    if (seen === undefined) return;
    this.#tail.ended(event, seen.verdict);
    if (seen.verdict === "fail" && this.#errors.size < 50) this.#errors.set(label, event.to.result);
    const line = this.#line(event, seen.verdict, seen.durationMs);
    if (line !== undefined) this.#above(line);
    this.#row(event, seen.verdict);
    this.#failed.delete(label);
  }

  /** Keeps one row a task; the children of a mapped one are counted in it. */
  #row(event: TaskState, verdict: Verdict): void {
    const known = this.#rows.get(event.task);
    const isChild = event.mapIndex !== undefined;
    if (verdict === "start") {
      if (known === undefined)
        this.#rows.set(event.task, {
          name: event.task,
          since: event.at,
          children: isChild ? (this.#widths.get(event.task) ?? 0) : undefined,
          running: 1,
          done: 0,
          failed: 0,
        });
      else known.running += 1;
      return;
    }
    if (known === undefined) return;
    if (verdict === "retry" || verdict === "paused") {
      known.running -= 1;
      return;
    }
    if (!isChild) {
      this.#rows.delete(event.task);
      return;
    }
    known.running -= 1;
    known.done += 1;
    if (verdict === "fail") known.failed += 1;
    if (known.done === known.children) this.#mapEnded(known, event.at);
  }

  /** Children that went well leave no lines of their own; what they were children of leaves one. */
  #mapEnded({ name, since, done, failed }: LiveTask, at: number): void {
    const { palette, glyphs } = this.#options;
    this.#rows.delete(name);
    if (this.#tasks > MANY) return;
    const sign = failed > 0 ? palette.red(glyphs.fail) : palette.green(glyphs.ok);
    const counts = failed > 0 ? `${done} done, ${failed} failed` : `${done} done`;
    this.#above(` ${sign} ${name} ${palette.dim(formatDuration(at - since))}   ${counts}`);
  }

  #line(event: TaskState, verdict: Verdict, durationMs: number): string | undefined {
    const { palette, glyphs } = this.#options;
    const label = labelOf(event);
    const took = palette.dim(formatDuration(durationMs));
    const isOne = event.mapIndex !== undefined || this.#tasks > MANY;
    switch (verdict) {
      case "start":
      case "kept":
        return undefined;
      case "ok":
        return isOne ? undefined : ` ${palette.green(glyphs.ok)} ${label} ${took}`;
      case "cached":
        return isOne ? undefined : ` ${palette.green(glyphs.ok)} ${label} ${palette.dim("from the cache")}`;
      case "fail":
        return ` ${palette.red(glyphs.fail)} ${label} ${took}   ${failureText({ ...event.to, attempts: event.attempt })}`;
      case "retry":
        return ` ${palette.yellow(glyphs.retry)} ${label} ${took}   ${retryText(this.#failed.get(label), event)}`;
      case "skip":
        return isOne
          ? undefined
          : ` ${palette.dim(glyphs.skip)} ${label} ${palette.dim(`skipped ${skipReason(event)}`.trim())}`;
      case "not-needed":
        return ` ${palette.dim(glyphs.skip)} ${label} ${palette.dim("not needed")}`;
      case "paused":
        return ` ${palette.yellow(glyphs.skip)} ${label} ${palette.dim("paused")}   ${cleanText(event.to.message ?? "")}`.trimEnd();
      case "cancelled":
        return isOne ? undefined : ` ${palette.yellow(glyphs.skip)} ${label} ${palette.dim(verdict)}`;
    }
  }

  #above(text: string): void {
    this.#painter.above(text);
  }
}
