import type { Environment, Terminal } from "../host/host.ts";
import { isCi } from "../reporters/mode.ts";
import type { StartedBy } from "../runs/will.ts";

/** Who started this process. Cron gives no terminal, no TERM, and little else. */
export function startedBy({ variables }: Environment, terminal: Terminal): StartedBy {
  if (isCi(variables)) return "ci";
  if (terminal.stdinIsTTY || terminal.stderr.isTTY || terminal.stdout.isTTY) return "terminal";
  return variables["TERM"] === undefined ? "cron" : "other";
}

/** Where the CI shows this run; none where it does not say. */
export function ciLinks(
  variables: Environment["variables"],
): readonly { readonly label: string; readonly url: string }[] {
  const url = URLS.map((urlOf) => urlOf(variables)).find((each) => each !== undefined);
  return url === undefined ? [] : [{ label: "CI run", url }];
}

/** Puts a URL together of variables; none where one of them is not set. */
function joined(names: readonly string[], join: (values: readonly string[]) => string) {
  return (variables: Environment["variables"]): string | undefined => {
    const values = names.flatMap((name) => variables[name] ?? []);
    return values.length === names.length ? join(values) : undefined;
  };
}

const whole = (name: string) => (variables: Environment["variables"]) =>
  variables[name]?.startsWith("http") === true ? variables[name] : undefined;

/** GitHub, Buildkite, Azure and Bitbucket say it in pieces; GitLab, CircleCI, Jenkins, Drone, Woodpecker and Travis whole. */
const URLS: readonly ((variables: Environment["variables"]) => string | undefined)[] = [
  (variables) => {
    const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = variables;
    if (server === undefined || repository === undefined || id === undefined) return undefined;
    return `${server}/${repository}/actions/runs/${id}/attempts/${variables["GITHUB_RUN_ATTEMPT"] ?? "1"}`;
  },
  joined(["BUILDKITE_BUILD_URL", "BUILDKITE_JOB_ID"], ([url = "", job = ""]) => `${url}#${job}`),
  joined(
    ["SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID"],
    ([server = "", project = "", id = ""]) =>
      `${server.replace(/\/?$/, "/")}${encodeURIComponent(project)}/_build/results?buildId=${id}`,
  ),
  joined(
    ["BITBUCKET_GIT_HTTP_ORIGIN", "BITBUCKET_BUILD_NUMBER"],
    ([origin = "", build = ""]) => `${origin.replace(/^http:/, "https:")}/pipelines/results/${build}`,
  ),
  ...[
    "CI_JOB_URL",
    "BUILDKITE_BUILD_URL",
    "CIRCLE_BUILD_URL",
    "BUILD_URL",
    "DRONE_BUILD_LINK",
    "CI_PIPELINE_URL",
    "TRAVIS_JOB_WEB_URL",
  ].map(whole),
];
