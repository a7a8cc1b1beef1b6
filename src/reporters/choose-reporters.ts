import { basename, dirname, extname, resolve } from "node:path";
import type { Files } from "../host/files.ts";
import type { Environment, Terminal } from "../host/host.ts";
import { userError } from "../model/error.ts";
import { gated } from "./gate.ts";
import type { Mode } from "./mode.ts";
import type { NamedReporter } from "./multiplexer.ts";
import { glyphsOf, paletteOf } from "./palette.ts";
import type { Logs, ViewOptions } from "./plain.ts";
import type { RunHeader } from "./run-header.ts";

/** What the reporters of a run are chosen by. */
export interface ReporterChoice {
  readonly mode: Mode;
  readonly terminal: Terminal;
  readonly environment: Environment;
  readonly files: Files;
  readonly header: RunHeader;
  readonly logs?: Logs | undefined;
  readonly debug?: boolean | undefined;
  /** `--report FILE`: the suffix says the form. */
  readonly reports: readonly string[];
  /** `--events FILE`; `-` for standard output. */
  readonly events?: string | undefined;
}

/** The reporters of a run, each loaded only where it is wanted. */
export interface ChosenReporters {
  readonly reporters: readonly NamedReporter[];
  /** To be called about once a second, with epoch milliseconds: spinners turn, silence is broken. */
  tick(now: number): void;
  /** Shows a text that somebody else wrote to the terminal, without tearing what is painted. */
  print(text: string): void;
  /** Keeps the view still, so that a person can be asked. @returns goes on */
  hold(): () => void;
  /** Puts the terminal in order, whatever happened. */
  restore(): void;
}

/**
 * Makes the reporters of a run: what people see, and files for programs.
 * @throws UserError "usage" where a report has a suffix that is not known
 */
export async function chooseReporters(choice: ReporterChoice): Promise<ChosenReporters> {
  const { mode, terminal } = choice;
  const reporters: NamedReporter[] = [];
  const log = terminal[mode.log];
  const gate = gated(log);
  const chosen: Chosen = {
    reporters,
    tick: () => undefined,
    print: (text) => {
      log.write(text);
    },
    restore: () => undefined,
    hold: () => gate.hold(),
  };
  const view: ViewOptions = {
    screen: gate.screen,
    palette: await paletteOf(mode.color),
    glyphs: glyphsOf(mode.unicode),
    header: choice.header,
    cwd: choice.environment.cwd,
    logs: choice.logs,
    debug: choice.debug,
  };
  if (mode.ui === "json") {
    const { JsonlReporter } = await import("./jsonl.ts");
    reporters.push({ name: "json", reporter: new JsonlReporter(log) });
  } else await addView(choice, view, chosen);
  await addFiles(choice, reporters);
  return chosen;
}

type Chosen = { -readonly [K in keyof ChosenReporters]: ChosenReporters[K] } & { readonly reporters: NamedReporter[] };

async function addView(choice: ReporterChoice, view: ViewOptions, chosen: Chosen): Promise<void> {
  const { mode } = choice;
  if (mode.ui === "quiet") {
    const { QuietReporter } = await import("./quiet.ts");
    chosen.reporters.push({ name: "quiet", reporter: new QuietReporter(view) });
  } else if (mode.ui === "live") {
    const { LiveReporter } = await import("./live.ts");
    const live = new LiveReporter(view);
    chosen.reporters.push({ name: "live", reporter: live });
    chosen.tick = (now) => {
      live.tick(now);
    };
    chosen.print = (text) => {
      live.print(text);
    };
    chosen.hold = () => live.hold();
    chosen.restore = () => {
      live.restore();
    };
    return;
  } else {
    const { PlainReporter } = await import("./plain.ts");
    const plain = new PlainReporter({
      ...view,
      ...(mode.github ? { logs: view.logs === "full" ? "failed" : view.logs } : {}),
    });
    chosen.reporters.push({ name: "plain", reporter: plain });
    chosen.tick = (now) => {
      plain.tick(now);
    };
  }
  if (mode.github) await addGithub(choice, view, chosen);
}

async function addGithub(choice: ReporterChoice, view: ViewOptions, chosen: Chosen): Promise<void> {
  const { GithubReporter } = await import("./github.ts");
  const { variables } = choice.environment;
  const path = variables["GITHUB_STEP_SUMMARY"];
  const append = (text: string): void => {
    const file = choice.files.append(path ?? "");
    file.write(text);
    file.close();
  };
  const reporter = new GithubReporter({
    screen: view.screen,
    workspace: variables["GITHUB_WORKSPACE"],
    appendSummary: path === undefined || path === "" ? undefined : append,
    logs: choice.mode.ui !== "quiet" && choice.logs !== "none",
  });
  // After the log's own reporter: annotations stand last.
  chosen.reporters.push({ name: "github", reporter });
}

async function addFiles(choice: ReporterChoice, reporters: NamedReporter[]): Promise<void> {
  const { files, events, terminal } = choice;
  for (const report of choice.reports) {
    if (extname(report) !== ".xml")
      throw userError("usage", "REPORT_FORM", `"${report}" has no suffix that says what to write.`, {
        help: "Reports are .xml (JUnit).",
      });
    const { JunitReporter } = await import("./junit.ts");
    const path = outputPath(report, "--report", choice);
    reporters.push({
      name: "junit",
      reporter: new JunitReporter((text) => {
        files.replace(path, text, "shared");
      }),
    });
  }
  if (events === undefined) return;
  const { JsonlReporter } = await import("./jsonl.ts");
  const sink = events === "-" ? terminal.stdout : files.append(outputPath(events, "--events", choice));
  reporters.push({ name: "events", reporter: new JsonlReporter(sink) });
}

/** Where a file for programs is written; its directory is made. What cannot be written is said before anything runs. */
function outputPath(given: string, option: string, { files, environment }: ReporterChoice): string {
  const path = resolve(environment.cwd, given);
  const wrong = (why: string, cause?: unknown): Error =>
    userError("usage", "OUTPUT_FILE", `${option}: ${given} cannot be written: ${why}`, {
      cause,
      help: `name a file: ${option} ${basename(given)}`,
    });
  if (files.stat(path)?.kind === "directory") throw wrong("it is a directory");
  try {
    files.makeDirectory(dirname(path), "shared");
  } catch (error) {
    throw wrong(`its directory cannot be made (${error instanceof Error ? error.message : String(error)})`, error);
  }
  return path;
}
