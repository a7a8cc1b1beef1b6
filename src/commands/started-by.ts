import type { Environment, Terminal } from "../host/host.ts";
import type { StartedBy } from "../runs/will.ts";

/** Who started this process. Cron gives no terminal, no TERM, and little else. */
export function startedBy({ variables }: Environment, terminal: Terminal): StartedBy {
  if (isCi(variables)) return "ci";
  if (terminal.stdinIsTTY || terminal.stderr.isTTY || terminal.stdout.isTTY) return "terminal";
  return variables["TERM"] === undefined ? "cron" : "other";
}

/** `CI=0`, `CI=false` and an empty CI are not CI. */
export function isCi(variables: Environment["variables"]): boolean {
  const ci = variables["CI"];
  return (ci !== undefined && ci !== "" && ci !== "0" && ci !== "false") || variables["GITHUB_ACTIONS"] === "true";
}

/** Where the CI shows this run; none where it does not say. */
export function ciLinks(
  variables: Environment["variables"],
): readonly { readonly label: string; readonly url: string }[] {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = variables;
  if (server !== undefined && repository !== undefined && id !== undefined)
    return [
      {
        label: "CI run",
        url: `${server}/${repository}/actions/runs/${id}/attempts/${variables["GITHUB_RUN_ATTEMPT"] ?? "1"}`,
      },
    ];
  const url = URL_VARIABLES.map((name) => variables[name]).find((each) => each?.startsWith("http"));
  return url === undefined ? [] : [{ label: "CI run", url }];
}

/** GitLab, Buildkite, CircleCI, Jenkins, Drone, Woodpecker, Travis: each says it in one variable. */
const URL_VARIABLES = [
  "CI_JOB_URL",
  "BUILDKITE_BUILD_URL",
  "CIRCLE_BUILD_URL",
  "BUILD_URL",
  "DRONE_BUILD_LINK",
  "CI_PIPELINE_URL",
  "TRAVIS_JOB_WEB_URL",
];
