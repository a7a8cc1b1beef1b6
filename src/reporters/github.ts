import { randomUUID } from "node:crypto";
import { relative } from "node:path";
import type { RunEvent, TaskState } from "../model/event.ts";
import { formatDuration } from "../model/duration.ts";
import { state, type State } from "../model/state.ts";
import { labelOf, Tally, type Failure } from "../model/tally.ts";
import { commandData, commandProperty } from "../model/workflow-commands.ts";
import type { Screen } from "../host/host.ts";
import { cleanText, logLine } from "./clean-text.ts";
import { errorPlace } from "./error-place.ts";
import { jobSummary } from "./job-summary.ts";
import { OutputTail } from "./output-tail.ts";
import { control } from "./screen-before.ts";
import type { Reporter, RunReport } from "./reporter.ts";
import { failureText } from "./wording.ts";

/** What GitHub Actions is told beside the log. */
export interface GithubOptions {
  /** The same stream as the log's. */
  readonly screen: Screen;
  /** `$GITHUB_WORKSPACE`: annotations name files relative to it. */
  readonly workspace: string | undefined;
  /** Adds to the file `$GITHUB_STEP_SUMMARY`. */
  readonly appendSummary?: ((text: string) => void) | undefined;
  /** Whether output of tasks is shown, one group a task. @default true */
  readonly logs?: boolean | undefined;
  readonly token?: string | undefined;
}

/** GitHub shows ten annotations of a kind for one step. */
const ANNOTATIONS = 10;
/** Lines of one task's output that are kept for its group. */
const LINES = 5000;

/**
 * Tells GitHub Actions what it understands: the output of each task that went well in a
 * closed group, that of the others in the open, one error annotation for each failure, and
 * a job summary. Output of tasks can give no commands: they are stopped around it.
 */
export class GithubReporter implements Reporter {
  readonly #options: GithubOptions;
  readonly #token: string;
  readonly #tally = new Tally();
  readonly #tail = new OutputTail(LINES);
  readonly #excerpts = new OutputTail(20);
  readonly #errors = new Map<string, unknown>();
  readonly #ended: { readonly task: string; readonly state: string; readonly ms: number; readonly attempts: number }[] =
    [];
  #state: State = state("Pending");

  constructor(options: GithubOptions) {
    this.#options = options;
    // What a task could guess it could also print.
    this.#token = options.token ?? `flowctl-${randomUUID()}`;
  }

  onEvent(event: RunEvent): void {
    if (event.type === "run-state") this.#state = event.to;
    if (event.type === "task-output") {
      this.#tail.add(event);
      this.#excerpts.add(event);
    }
    if (event.type === "task-state") this.#task(event);
  }

  onEnd(report: RunReport): void {
    const own = this.#tally.failures.filter((each) => each.causedBy === undefined);
    for (const line of this.#annotations(own)) control(this.#options.screen, `${line}\n`);
    if (report.undelivered === true) {
      const left = report.notifications.map(cleanText).join("\n");
      control(this.#options.screen, `::warning title=flowctl::${commandData(left)}\n`);
    }
    this.#options.appendSummary?.(
      jobSummary({
        report,
        state: this.#state,
        counts: this.#tally.counts,
        tasks: this.#ended,
        failures: own,
        tail: this.#excerpts,
      }),
    );
  }

  #task(event: TaskState): void {
    const seen = this.#tally.add(event);
    if (seen === undefined || seen.verdict === "start" || seen.verdict === "retry") return;
    const label = labelOf(event);
    if (seen.verdict === "fail" && this.#errors.size < 50) this.#errors.set(label, event.to.result);
    if (this.#options.logs !== false) this.#group(label, seen.verdict === "fail" ? undefined : seen.durationMs);
    const { type } = event.to;
    if (this.#ended.length < 500)
      this.#ended.push({
        task: label,
        state: seen.verdict === "not-needed" ? "not needed" : type,
        ms: seen.durationMs,
        attempts: event.attempt,
      });
    this.#excerpts.ended(event, seen.verdict);
    // Shown in full by now.
    this.#tail.ended(event, "ok");
  }

  #group(label: string, durationMs: number | undefined): void {
    const { lines, earlier } = this.#tail.of(label);
    if (lines.length === 0) return;
    const { screen } = this.#options;
    const cut = earlier > 0 ? [`… ${earlier} earlier lines`] : [];
    const output = [
      `::stop-commands::${this.#token}`,
      ...[...cut, ...lines].map((each) => logLine(each, { colours: true })),
      `::${this.#token}::`,
    ];
    const title = durationMs === undefined ? undefined : `ok ${commandData(label)} (${formatDuration(durationMs)})`;
    const all = title === undefined ? output : [`::group::${title}`, ...output, "::endgroup::"];
    control(screen, `${all.join("\n")}\n`);
  }

  #annotations(failures: readonly Failure[]): string[] {
    const total = this.#tally.counts.failed;
    const shown = failures.slice(0, total > ANNOTATIONS ? ANNOTATIONS - 1 : ANNOTATIONS);
    const lines = shown.map((each) => this.#annotation(each));
    if (total > shown.length)
      lines.push(`::error title=flowctl::${total - shown.length} more tasks failed: see the log`);
    return lines;
  }

  #annotation(failed: Failure): string {
    const label = labelOf(failed);
    const place = errorPlace(this.#errors.get(label));
    const where = place === undefined ? [] : [`file=${commandProperty(this.#path(place.file))}`, `line=${place.line}`];
    const title = `title=${commandProperty(`${label} failed`)}`;
    const rest =
      failed.message === null
        ? ""
        : failed.message
            .split("\n")
            .slice(1, 20)
            .map((line) => `\n${cleanText(line)}`)
            .join("");
    return `::error ${[...where, title].join(",")}::${commandData(failureText(failed) + rest)}`;
  }

  #path(file: string): string {
    const { workspace } = this.#options;
    if (workspace === undefined) return file;
    const near = relative(workspace, file);
    return near.startsWith("..") ? file : near;
  }
}
