import type { RunEvent } from "../model/event.ts";
import { clean, cleanLine } from "../model/clean.ts";
import { redactEvent } from "./redact-event.ts";
import type { Reporter, RunReport } from "./reporter.ts";

/** One reporter that stands for several, and keeps what they do wrong away from the run. */
export interface Multiplexer extends Reporter {
  onEnd(report: RunReport): Promise<void>;
  /** What reporters threw, one sentence each: shown once the run is over. */
  readonly problems: readonly string[];
}

/** One reporter by its name, such as `junit`. */
export interface NamedReporter {
  readonly name: string;
  readonly reporter: Reporter;
}

/**
 * Hands events on to several reporters, without secrets. One that throws is heard no more
 * until the end; the others, and the run, do not notice.
 *
 * @param redact takes secrets out of a text
 */
export function multiplex(reporters: readonly NamedReporter[], redact: (text: string) => string): Multiplexer {
  const problems: string[] = [];
  const broken = new Set<Reporter>();
  const report = ({ name, reporter }: NamedReporter, error: unknown): void => {
    broken.add(reporter);
    problems.push(`The reporter "${name}" failed: ${error instanceof Error ? error.message : String(error)}`);
  };
  return {
    problems,
    onEvent(event: RunEvent) {
      const safe = redactEvent(event, redact);
      for (const each of reporters) {
        if (broken.has(each.reporter)) continue;
        try {
          each.reporter.onEvent(safe);
        } catch (error) {
          report(each, error);
        }
      }
    },
    async onEnd(end) {
      const safe = {
        ...end,
        flow: redact(cleanLine(end.flow)),
        notifications: end.notifications.map((each) => redact(clean(each))),
      };
      for (const each of reporters) {
        try {
          await each.reporter.onEnd?.(safe);
        } catch (error) {
          if (!broken.has(each.reporter)) report(each, error);
        }
      }
    },
  };
}
