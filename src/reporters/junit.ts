import { cleanText } from "./clean-text.ts";
import { OutputTail } from "./output-tail.ts";
import { labelOf, Tally } from "../model/tally.ts";
import type { RunEvent, TaskState } from "../model/event.ts";
import type { Reporter, RunReport } from "./reporter.ts";
import { failureText, skipReason } from "./wording.ts";

/** Writes a run as a JUnit file: the flow is a test suite, its tasks are its test cases. */
export class JunitReporter implements Reporter {
  readonly #write: (text: string) => void;
  readonly #tally = new Tally();
  readonly #tail = new OutputTail(200);
  readonly #cases: string[] = [];
  #flow = "";

  /** @param write puts the whole file where it belongs */
  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  onEvent(event: RunEvent): void {
    if (event.type === "run-started") this.#flow = event.flow;
    if (event.type === "task-output") this.#tail.add(event);
    if (event.type !== "task-state") return;
    const seen = this.#tally.add(event);
    if (seen === undefined) return;
    const label = labelOf(event);
    const body = this.#body(event, seen.verdict);
    if (body !== undefined) {
      const time = (seen.durationMs / 1000).toFixed(3);
      const open = `<testcase classname="${xml(this.#flow)}" name="${xml(label)}" time="${time}"`;
      this.#cases.push(body === "" ? `    ${open}/>` : `    ${open}>${body}</testcase>`);
    }
    this.#tail.ended(event, seen.verdict);
  }

  onEnd(report: RunReport): void {
    const { ok, failed, skipped, cancelled } = this.#tally.counts;
    const counts = `tests="${ok + failed + skipped + cancelled}" failures="${failed}" skipped="${skipped + cancelled}"`;
    const time = `time="${(report.durationMs / 1000).toFixed(3)}"`;
    this.#write(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        `<testsuites name="flowctl" ${counts} ${time}>`,
        `  <testsuite name="${xml(report.flow)}" ${counts} errors="0" ${time}>`,
        ...this.#cases,
        "  </testsuite>",
        "</testsuites>",
        "",
      ].join("\n"),
    );
  }

  #body(event: TaskState, verdict: string): string | undefined {
    switch (verdict) {
      case "ok":
      case "cached":
      case "kept":
        return "";
      case "skip":
        return `<skipped message="${xml(skipReason(event))}"/>`;
      case "cancelled":
        return '<skipped message="cancelled"/>';
      case "fail": {
        const { result, type } = event.to;
        const detail = result instanceof Error ? (result.stack ?? result.message) : (event.to.message ?? type);
        const { lines } = this.#tail.of(labelOf(event));
        const output = lines.length === 0 ? "" : `<system-out>${xml(lines.join("\n"))}</system-out>`;
        const message = xml(failureText({ ...event.to, attempts: event.attempt }));
        return `<failure message="${message}" type="${type}">${xml(detail)}</failure>${output}`;
      }
      default:
        return undefined;
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Text for XML 1.0, without the characters that it cannot hold. */
function xml(text: string): string {
  return text
    .split("\n")
    .map(cleanText)
    .join("\n")
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|[\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"']/g, (letter) => ESCAPES[letter] ?? letter);
}
