import type { Screen } from "../host/host.ts";
import type { RunEvent } from "../model/event.ts";
import { isSuccessful, state, type State } from "../model/state.ts";
import { cleanText } from "./clean-text.ts";
import { PlainReporter, type ViewOptions } from "./plain.ts";
import type { Reporter, RunReport } from "./reporter.ts";

/** What is kept of a run's log, in characters; of a longer one the beginning goes. */
const LIMIT = 8 * 1024 * 1024;

/**
 * Says nothing when the run goes well and all it has to tell can be told, and everything when it does not: what cron wants,
 * which sends a mail for every word.
 */
export class QuietReporter implements Reporter {
  readonly #screen: Screen;
  readonly #plain: PlainReporter;
  #kept: string[] = [];
  #size = 0;
  #isCut = false;
  #state: State = state("Pending");

  constructor(options: ViewOptions) {
    this.#screen = options.screen;
    const keep: Screen = {
      isTTY: false,
      columns: 0,
      rows: 0,
      write: (text) => {
        this.#keep(text);
      },
    };
    this.#plain = new PlainReporter({ ...options, screen: keep, logs: options.logs ?? "full" });
  }

  onEvent(event: RunEvent): void {
    if (event.type === "run-state") this.#state = event.to;
    this.#plain.onEvent(event);
  }

  onEnd(report: RunReport): void {
    if (isSuccessful(this.#state)) {
      // Nobody else would say that nobody was told.
      if (report.needsPerson === true)
        for (const line of report.notifications) this.#screen.write(`${report.flow}: ${cleanText(line)}\n`);
      return;
    }
    this.#plain.onEnd(report);
    if (this.#isCut) this.#screen.write("(the beginning of the log is left out)\n");
    for (const text of this.#kept) this.#screen.write(text);
  }

  #keep(text: string): void {
    this.#kept.push(text);
    this.#size += text.length;
    if (this.#size <= LIMIT) return;
    // Half of it at once: to take line by line from the front would cost more with each line.
    this.#kept = this.#kept.slice(Math.ceil(this.#kept.length / 2));
    this.#size = this.#kept.reduce((sum, each) => sum + each.length, 0);
    this.#isCut = true;
  }
}
