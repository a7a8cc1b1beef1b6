import type { Environment, Screen, Terminal } from "../host/host.ts";

/** How a run is shown. */
export type Ui = "live" | "plain" | "json" | "quiet";

/** How many colours a stream takes: none, 16, 256 or all. */
export type ColorLevel = 0 | 1 | 2 | 3;

/** What the person asked for. */
export interface ModeRequest {
  /** `--ui`. @default "auto" */
  readonly ui?: string | undefined;
  readonly color: "auto" | "always" | "never";
  readonly quiet: boolean;
  /** Standard output is taken by data, such as one JSON document or `--events -`. */
  readonly stdoutIsData: boolean;
  readonly input: boolean;
  readonly ascii?: boolean | undefined;
  /** False with `--no-annotations`. @default true */
  readonly annotations?: boolean | undefined;
}

/** All that is decided about output, once. */
export interface Mode {
  readonly ui: Ui;
  /** The stream the run's log goes to. */
  readonly log: "stdout" | "stderr";
  /** Of the run's log. */
  readonly color: ColorLevel;
  /** Of messages and errors on standard error. */
  readonly errorColor: ColorLevel;
  /** Of data on standard output, such as tables. */
  readonly dataColor: ColorLevel;
  readonly unicode: boolean;
  /** Whether a person can be asked. */
  readonly prompts: boolean;
  /** Whether GitHub Actions reads the log: groups, annotations, job summary. */
  readonly github: boolean;
  readonly ci: boolean;
}

type Variables = Environment["variables"];

/**
 * Decides how output looks from what was asked for, the environment and the two streams.
 * Moving things need a terminal that knows its width: some report none, and a painter that
 * divides by it never ends.
 */
export function decideMode(request: ModeRequest, environment: Environment, terminal: Terminal): Mode {
  const { variables } = environment;
  const ci = isCi(variables);
  const log = request.stdoutIsData ? "stderr" : "stdout";
  const github = variables["GITHUB_ACTIONS"] === "true" && request.annotations !== false;
  const rendersLog = variables["GITHUB_ACTIONS"] === "true" || variables["GITLAB_CI"] === "true";
  const color = (screen: Screen, isRendered: boolean): ColorLevel =>
    colorLevel(request.color, variables, screen.isTTY || isRendered);
  return {
    ui: chooseUi(request, variables, terminal[log], ci),
    log,
    color: color(terminal[log], rendersLog),
    errorColor: color(terminal.stderr, rendersLog),
    dataColor: color(terminal.stdout, false),
    unicode: request.ascii !== true && hasUnicode(environment),
    prompts: request.input && terminal.stdinIsTTY && terminal.stderr.isTTY && !ci,
    github,
    ci,
  };
}

function chooseUi(request: ModeRequest, variables: Variables, screen: Screen, ci: boolean): Ui {
  for (const wish of [request.ui, variables["FLOWCTL_UI"]]) {
    // A live view needs its terminal, whatever was asked for.
    if (wish === "live") return canMove(screen, variables) ? "live" : "plain";
    if (wish === "plain" || wish === "json") return request.quiet && wish === "plain" ? "quiet" : wish;
  }
  if (request.quiet) return "quiet";
  return canMove(screen, variables) && !ci ? "live" : "plain";
}

function canMove(screen: Screen, variables: Variables): boolean {
  return screen.isTTY && screen.columns > 0 && variables["TERM"] !== "dumb";
}

/** What those CIs set that do not set `CI`: Azure Pipelines, TeamCity, older Jenkins. */
const CI_SIGNS = ["GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION", "JENKINS_URL"];

/** `CI` decides where it is set, unless to a word that says no; else what some CIs set in its place. */
export function isCi(variables: Variables): boolean {
  const isSaid = (name: string): boolean => !["", "0", "false", undefined].includes(variables[name]?.toLowerCase());
  return variables["CI"] === undefined ? CI_SIGNS.some(isSaid) : isSaid("CI");
}

function colorLevel(wish: ModeRequest["color"], variables: Variables, byDefault: boolean): ColorLevel {
  const forced = variables["FORCE_COLOR"] ?? variables["CLICOLOR_FORCE"];
  if (wish === "always") return depth(variables, forced);
  if (wish === "never" || (variables["NO_COLOR"] ?? "") !== "") return 0;
  if (forced !== undefined) return forced === "0" || forced === "false" ? 0 : depth(variables, forced);
  if (variables["TERM"] === "dumb" || !byDefault) return 0;
  return depth(variables, undefined);
}

function depth(variables: Variables, forced: string | undefined): ColorLevel {
  if (forced === "2" || forced === "3") return forced === "2" ? 2 : 3;
  if (/^(truecolor|24bit)$/i.test(variables["COLORTERM"] ?? "")) return 3;
  return (variables["TERM"] ?? "").includes("256") ? 2 : 1;
}

function hasUnicode({ variables, platform }: Environment): boolean {
  if (platform !== "win32") return variables["TERM"] !== "linux";
  const isModern = ["WT_SESSION", "TERMINUS_SUBLIME", "ConEmuTask"].some((name) => variables[name] !== undefined);
  return (
    isModern || /vscode|JetBrains/i.test(`${variables["TERM_PROGRAM"] ?? ""}${variables["TERMINAL_EMULATOR"] ?? ""}`)
  );
}
