import { expect, test } from "vitest";
import { ciLinks } from "../../src/coordinator/started-by.ts";

const GITHUB = { GITHUB_SERVER_URL: "https://github.com", GITHUB_REPOSITORY: "o/r", GITHUB_RUN_ID: "42" };

test.each<[string, Readonly<Record<string, string>>, string | undefined]>([
  ["GitHub", { ...GITHUB, GITHUB_RUN_ATTEMPT: "2" }, "https://github.com/o/r/actions/runs/42/attempts/2"],
  [
    "GitLab",
    { CI_JOB_URL: "https://gitlab.test/j/1", CI_PIPELINE_URL: "https://gitlab.test/p/1" },
    "https://gitlab.test/j/1",
  ],
  [
    "Buildkite",
    { BUILDKITE_BUILD_URL: "https://buildkite.test/b/7", BUILDKITE_JOB_ID: "j-1" },
    "https://buildkite.test/b/7#j-1",
  ],
  [
    "Azure",
    {
      SYSTEM_TEAMFOUNDATIONCOLLECTIONURI: "https://dev.azure.com/org/",
      SYSTEM_TEAMPROJECT: "my project",
      BUILD_BUILDID: "9",
    },
    "https://dev.azure.com/org/my%20project/_build/results?buildId=9",
  ],
  [
    "Bitbucket",
    { BITBUCKET_GIT_HTTP_ORIGIN: "http://bitbucket.org/o/r", BITBUCKET_BUILD_NUMBER: "5" },
    "https://bitbucket.org/o/r/pipelines/results/5",
  ],
  ["Jenkins", { BUILD_URL: "https://jenkins.test/job/1/" }, "https://jenkins.test/job/1/"],
  ["a machine", { BUILD_URL: "no url" }, undefined],
])("the page of a run on %s is put together of its variables", (_, variables, url) => {
  expect(ciLinks(variables)).toEqual(url === undefined ? [] : [{ label: "CI run", url }]);
});
