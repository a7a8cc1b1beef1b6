import { expect, test } from "vitest";
import { cliHome } from "../rig/cli.ts";

test.each([
  ["import { any_failed as x } from 'flowctl'; x;", "write triggers.anyFailed"],
  ["import { all_inputs as x } from 'flowctl'; x;", "write cacheValidators.allInputs"],
  ["import { signals as x } from 'flowctl'; x;", 'signals are thrown: new Skip("…"), Fail, Retry'],
  ["import { PrefectSecret as x } from 'flowctl'; x;", 'write secret("NAME"), or secretTask({ name: "NAME" })'],
  ["import { create_flow_run as x } from 'flowctl'; x;", "write runFlow(flow)"],
  ["import { slack_notifier as x } from 'flowctl'; x;", 'did you mean "slackNotifier"?'],
  ["import { task as x } from 'prefect'; x;", 'write from "flowctl"'],
  ["import { Flow } from 'flowctl'; new Flow('f').set_reference_tasks([]);", "did you mean setReferenceTasks?"],
  ["import { Flow } from 'flowctl'; new Flow('f').register();", "leave it out: flowctl run FILE runs the flow"],
  ["const own = {}; own.do_it();", ""],
])("what a person who knows Prefect writes is answered with what is written here: %s", async (source, help) => {
  await using home = cliHome();
  home.write("a.ts", source);
  const { code, output } = await home.run(["validate", "a.ts"]);
  expect(code).toBe(2);
  expect(output.includes("help:")).toBe(help !== "");
  expect(output).toContain(help);
});
