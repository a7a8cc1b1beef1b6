import type { Screen } from "../host/host.ts";
import type { RunEvent, TaskOutput, TaskState } from "../model/event.ts";
import { formatDuration } from "../model/duration.ts";
import { state, type State } from "../model/state.ts";
import { labelOf, Tally } from "../model/tally.ts";
import type { Verdict } from "../model/verdict.ts";
import { cleanText, logLine } from "./clean-text.ts";
import { OutputTail } from "./output-tail.ts";
import { NO_COLOR, type Glyphs, type Palette } from "./palette.ts";
import type { Reporter, RunReport } from "./reporter.ts";
import { headerLine, type RunHeader } from "./run-header.ts";
import { summaryLines } from "./summary.ts";
import { clockText, failureText, retryText, skipReason } from "./wording.ts";

/** Which output of tasks is shown: all as it comes, the end of what failed, none. */
export type Logs = "full" | "failed" | "none";

/** What the reporters that people read are made of. */
export interface ViewOptions {
  readonly screen: Screen;
  readonly palette: Palette;
  readonly glyphs: Glyphs;
  readonly header: RunHeader;
  readonly cwd: string;
  /** @default "failed" */
  readonly logs?: Logs | undefined;
  /** Lines logged with `debug` are shown, too. */
  readonly debug?: boolean | undefined;
}

/** Milliseconds without a line after which tasks that still run are named. */
const SILENCE = 30_000;
const WORD = 8;
const NAME = 19;

/** Writes one line an event, with the time since the run began: for CI, files and cron. Nothing is painted over. */
export class PlainReporter implements Reporter {
  readonly #options: ViewOptions;
  readonly #tally = new Tally();
  readonly #tail: OutputTail;
  readonly #errors = new Map<string, unknown>();
  readonly #failed = new Map<string, TaskState>();
  #startedAt = 0;
  #lastLineAt = 0;
  #state: State = state("Pending");

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#tail = new OutputTail(options.logs === "none" ? 0 : 10);
  }

  onEvent(event: RunEvent): void {
    switch (event.type) {
      case "run-started":
        this.#tally.add(event);
        this.#errors.clear();
        this.#startedAt = event.at;
        this.#lastLineAt = event.at;
        this.#write(headerLine(this.#options.header, event));
        break;
      case "run-state":
        this.#state = event.to;
        break;
      case "task-mapped":
        break;
      case "task-output":
        this.#tail.add(event);
        this.#output(event);
        break;
      case "task-state":
        this.#task(event);
        break;
    }
  }

  /** Names what runs when nothing was written for a while, so that the log does not look dead. @param now epoch milliseconds */
  tick(now: number): void {
    if (now - this.#lastLineAt < SILENCE) return;
    const { underway } = this.#tally;
    if (underway.length === 0) return;
    const names = underway.slice(0, 5).map((each) => `${labelOf(each)} ${Math.round((now - each.since) / 1000)}s`);
    const more = underway.length > names.length ? ` and ${underway.length - names.length} more` : "";
    this.#line(now, `still running: ${names.join(", ")}${more}`);
  }

  onEnd(report: RunReport): void {
    const { palette, glyphs, cwd } = this.#options;
    const lines = summaryLines({
      state: this.#state,
      tally: this.#tally,
      tail: this.#tail,
      errors: this.#errors,
      report,
      palette,
      glyphs,
      width: 0,
      cwd,
    });
    this.#write(`\n${lines.join("\n")}`);
  }

  #task(event: TaskState): void {
    const label = labelOf(event);
    if (event.willRetry === true) this.#failed.set(label, event);
    const seen = this.#tally.add(event);
    if (seen === undefined) return;
    this.#tail.ended(event, seen.verdict);
    if (seen.verdict === "fail" && this.#errors.size < 50) this.#errors.set(label, event.to.result);
    // The command that goes on with a run has said what is kept.
    if (seen.verdict === "kept") return;
    const detail = this.#detail(event, seen.verdict, seen.durationMs);
    this.#failed.delete(label);
    this.#event(event.at, seen.verdict, label, detail);
  }

  #detail(event: TaskState, verdict: Verdict, durationMs: number): string {
    switch (verdict) {
      case "kept":
        return "";
      case "start":
        return event.attempt > 1 ? `attempt ${event.attempt}` : "";
      case "ok":
        return formatDuration(durationMs);
      case "cached":
        return "from the cache";
      case "fail":
        return `${formatDuration(durationMs)}  ${failureText({ ...event.to, attempts: event.attempt })}`;
      case "retry":
        return retryText(this.#failed.get(labelOf(event)), event);
      case "skip":
        return skipReason(event);
      case "not-needed":
        return "not needed";
      case "cancelled":
      case "paused":
        return event.to.message === null ? "" : cleanText(event.to.message);
    }
  }

  #event(at: number, verdict: Verdict, label: string, detail: string): void {
    const word = WORDS[verdict];
    const tint = TINTS[verdict];
    const { palette } = this.#options;
    const first = tint === undefined ? word.padEnd(WORD) : palette[tint](word) + " ".repeat(WORD - word.length);
    this.#line(at, detail === "" ? `${first}${label}` : `${first}${label.padEnd(NAME)}${detail}`);
  }

  #output(event: TaskOutput): void {
    const { logs, debug, palette } = this.#options;
    if (event.stream === "debug" && debug !== true) return;
    const label = event.task === undefined ? "" : labelOf({ ...event, task: event.task });
    const text = logLine(event.text, { colours: palette !== NO_COLOR });
    if (event.task !== undefined && logs === "full") this.#write(`${palette.dim(`${label} |`)} ${text}`);
    else if (event.task === undefined || event.stream === "warn" || event.stream === "error") {
      const word = event.stream === "warn" || event.stream === "error" ? event.stream : "log";
      const name = label === "" ? "" : `${label.padEnd(NAME - 1)} `;
      this.#line(event.at, `${palette.yellow(word.padEnd(WORD))}${name}${text}`);
    }
  }

  #line(at: number, text: string): void {
    this.#lastLineAt = at;
    this.#write(`${this.#options.palette.dim(clockText(at - this.#startedAt))} ${text}`);
  }

  #write(text: string): void {
    this.#options.screen.write(`${text}\n`);
  }
}

const WORDS: Readonly<Record<Verdict, string>> = {
  start: "start",
  ok: "ok",
  cached: "cached",
  kept: "kept",
  fail: "FAIL",
  retry: "retry",
  skip: "skip",
  "not-needed": "-",
  cancelled: "cancel",
  paused: "pause",
};

const TINTS: Readonly<Partial<Record<Verdict, keyof Palette>>> = {
  ok: "green",
  cached: "green",
  fail: "red",
  retry: "yellow",
  skip: "dim",
  "not-needed": "dim",
  cancelled: "yellow",
  paused: "yellow",
};
