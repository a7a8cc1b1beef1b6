import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import approval from "../../flows/approval.ts";
import caching from "../../flows/caching.ts";
import controlFlow from "../../flows/control-flow.ts";
import failureAlert from "../../flows/failure-alert.ts";
import failureSms from "../../flows/failure-sms.ts";
import hello from "../../flows/hello.ts";
import mapping from "../../flows/mapping.ts";
import parameters from "../../flows/parameters.ts";
import retries from "../../flows/retries.ts";
import slackTest from "../../flows/slack-test.ts";
import { LIBRARY } from "../../src/coordinator/library.ts";
import { importModule } from "../../src/load/import-module.ts";
import { withoutMarks } from "../../src/model/value-marks.ts";
import type { Flow } from "../../src/model/flow.ts";
import { drawGraph } from "../../src/reporters/draw-graph.ts";
import { load, run } from "./rig.ts";

const flows = join(import.meta.dirname, "../../flows");
const spec = async (name: string) => {
  const file = join(flows, `${name}.yaml`);
  const library = { ...LIBRARY, importModule: (path: string) => importModule(path) };
  return (await load(readFileSync(file, "utf8"), { ...library, file })).flow;
};

/** Examples that YAML can say in the same way, with the parameters of a run. */
const TWINS: readonly (readonly [string, Flow, Record<string, unknown>])[] = [
  ["hello", hello, {}],
  ["slack-test", slackTest, {}],
  ["failure-alert", failureAlert, { fail: true }],
  ["failure-sms", failureSms, {}],
  ["mapping", mapping, {}],
  ["parameters", parameters, { version: "1.10", limit: 5, since: new Date("2026-01-01") }],
  ["retries", retries, {}],
  ["caching", caching, {}],
  ["approval", approval, {}],
];
/** Examples that YAML cannot say, or not in the same way; why. */
const ALONE: Readonly<Record<string, string>> = {
  "control-flow": "a branch is an if: of each task, and no task of its own",
  loop: "a loop is thrown by a body, which is code",
  resource: "a resource is made by code",
  "sub-flow": "a flow that is run as a task is a value of code",
  "slack-test-imperative": "the same flow as slack-test",
};

/** Notification tasks have other names where a spec gives them none. */
const names = (text: string): string => text.replaceAll(/"(alert|notify|slack)(?:-task)?"/g, '"$1"');

/** A script that fails says its exit code, and a function its error. */
const inOneWord = (text: string): string => text.replace(/ failed: .*/, " failed");

/** What each task that a person would count went through. */
async function histories(flow: Flow, params: Record<string, unknown>) {
  const told: unknown[] = [];
  const { events, state } = await run(flow, {
    params,
    notify: ({ to, message }) =>
      void told.push(["task", to, message.kind === "text" ? inOneWord(withoutMarks(message.text)) : message]),
  });
  const tasks: Record<string, string[]> = {};
  for (const event of events) {
    if (event.type !== "run-state" && event.type !== "task-state") continue;
    const key = event.type === "run-state" ? "the run" : names(`"${event.task}"`);
    if (event.type === "task-state" && !["task", "notification"].includes(event.kind)) continue;
    const child = event.type === "task-state" && event.mapIndex !== undefined ? `[${event.mapIndex}]` : "";
    (tasks[key + child] ??= []).push(`${event.from.type}->${event.to.type}`);
    for (const notifier of event.notifiers ?? []) told.push(["notifier", key, notifier.to]);
  }
  return { state: state.type, tasks, told };
}

describe("an example in YAML", () => {
  it("is there for each in TypeScript, or there is a reason", () => {
    const stems = (ending: string) =>
      readdirSync(flows)
        .filter((name) => name.endsWith(ending))
        .map((name) => name.slice(0, -ending.length));
    const twins = TWINS.map(([name]) => name);
    expect([...twins, ...Object.keys(ALONE)].sort()).toEqual(stems(".ts").sort());
    expect(stems(".yaml")).toEqual(expect.arrayContaining(twins));
    for (const [name, why] of Object.entries(ALONE)) process.stdout.write(`not the same in YAML: ${name}: ${why}\n`);
  });

  it.each(TWINS)("%s has the same graph as in TypeScript", async (name, flow) => {
    expect(names(drawGraph(await spec(name), "json"))).toBe(names(drawGraph(flow, "json")));
  });

  it.each(TWINS)("%s goes through the same states as in TypeScript, and tells the same", async (name, flow, params) => {
    expect(await histories(await spec(name), params)).toEqual(await histories(flow, params));
  });

  it("control-flow comes to the same states, whichever branch is taken", async () => {
    const ends = async (flow: Flow, mode: string) => {
      const { events } = await run(flow, { params: { mode } });
      const last = new Map<string, string>();
      for (const event of events) if (event.type === "task-state") last.set(event.task, event.to.type);
      return ["full-backup", "quick-backup", "announce", "is-disk-full", "clean"].map((task) => [task, last.get(task)]);
    };
    for (const mode of ["full", "quick"])
      expect(await ends(await spec("control-flow"), mode)).toEqual(await ends(controlFlow, mode));
  });
});
