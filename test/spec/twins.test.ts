import { readFileSync } from "node:fs";
import { join } from "node:path";
import { simulate } from "flowctl/testing";
import { describe, expect, it } from "vitest";
import approval from "../../flows/approval.ts";
import caching from "../../flows/caching.ts";
import failureSms from "../../flows/failure-sms.ts";
import hello from "../../flows/hello.ts";
import slackTest from "../../flows/slack-test.ts";
import { LIBRARY } from "../../src/commands/library.ts";
import { drawGraph } from "../../src/reporters/draw-graph.ts";
import { load } from "./rig.ts";

const flows = join(import.meta.dirname, "../../flows");
const spec = async (name: string) => {
  const file = join(flows, `${name}.yaml`);
  return (await load(readFileSync(file, "utf8"), { ...LIBRARY, file })).flow;
};

describe("an example in YAML", () => {
  it.each([
    ["hello", hello],
    ["slack-test", slackTest],
    ["failure-sms", failureSms],
    ["caching", caching],
    ["approval", approval],
  ] as const)("%s has the same graph as in TypeScript", async (name, flow) => {
    const names = (text: string): string => text.replaceAll(/"(alert|notify|slack)(?:-task)?"/g, '"$1"');
    expect(names(drawGraph(await spec(name), "json"))).toBe(names(drawGraph(flow, "json")));
  });

  it.each([
    ["hello", hello],
    ["slack-test", slackTest],
    ["failure-sms", failureSms],
    ["caching", caching],
    ["approval", approval],
  ] as const)("%s goes through the same states as in TypeScript, and says as much", async (name, flow) => {
    const [yaml, typescript] = [await simulate(await spec(name)), await simulate(flow)];
    expect(yaml.state.type).toBe(typescript.state.type);
    expect(yaml.notifications.map(({ notifier, request }) => notifier?.to ?? request?.to)).toEqual(
      typescript.notifications.map(({ notifier, request }) => notifier?.to ?? request?.to),
    );
    for (const { name: task } of flow.tasks.filter((each) => each.kind === "task"))
      expect([task, yaml.transitionsOf(task)]).toEqual([task, typescript.transitionsOf(task)]);
  });
});
