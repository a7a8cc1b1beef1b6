import { describe, expect, it } from "vitest";
import { simulate, type Simulation } from "flowctl/testing";
import approval from "../../flows/approval.ts";
import caching from "../../flows/caching.ts";
import controlFlow from "../../flows/control-flow.ts";
import failureAlert from "../../flows/failure-alert.ts";
import failureSms from "../../flows/failure-sms.ts";
import hello from "../../flows/hello.ts";
import loop from "../../flows/loop.ts";
import mapping from "../../flows/mapping.ts";
import parameters from "../../flows/parameters.ts";
import resource from "../../flows/resource.ts";
import retries from "../../flows/retries.ts";
import slackImperative from "../../flows/slack-test-imperative.ts";
import slack from "../../flows/slack-test.ts";
import subFlow from "../../flows/sub-flow.ts";
import { memoryCache } from "../../src/engine/cache-store.ts";

const lines = (run: Simulation): readonly string[] => run.output.map((each) => each.text);
const texts = (run: Simulation): readonly (string | undefined)[] =>
  run.notifications.map((each) => each.text ?? (each.notifier && `notifier of ${each.from.task ?? "the flow"}`));

describe("the examples do what their headers say", () => {
  it("hello greets, retries and tells the inbox", async () => {
    const run = await simulate(hello);
    expect(run.state.type).toBe("Success");
    expect(lines(run)).toEqual(["Hello, Oslo!", "Hello, Lagos!", "Hello, Lima!"]);
    expect(run.transitionsOf("fetch-weather")).toContain("Failed->Retrying");
    expect(texts(run)).toEqual(["Greeted Oslo, Lagos, Lima. It is sunny."]);
    expect(run.elapsedMs).toBe(500);
  });

  it.each([
    ["slack-test", slack],
    ["slack-test-imperative", slackImperative],
  ])("%s posts one text", async (_name, flow) => {
    const run = await simulate(flow);
    expect(run.state.type).toBe("Success");
    expect(run.notifications.map((each) => each.request?.message)).toEqual([{ kind: "text", text: "Test SlackTask!" }]);
    expect(run.notifications[0]?.request?.to).toMatchObject({ type: "slack", url: { secret: "SLACK_WEBHOOK_URL" } });
  });

  it("failure-alert tells three times of one failure, and forgives another", async () => {
    const run = await simulate(failureAlert);
    expect(run.state.type).toBe("Failed");
    expect(texts(run)).toEqual(["notifier of load", "load failed: the source sent no rows", "notifier of the flow"]);
    expect(run.stateOf("tidy")).toMatchObject({ type: "Success", message: "forgiven" });
    expect(run.stateOf("alert").type).toBe("Success");
  });

  it("failure-alert says nothing when all is well", async () => {
    const run = await simulate(failureAlert, { params: { fail: false } });
    expect(run.state.type).toBe("Success");
    expect(texts(run)).toEqual([]);
    expect(run.stateOf("alert").type).toBe("TriggerFailed");
  });

  it("failure-sms tells by a task and a notifier", async () => {
    const run = await simulate(failureSms);
    expect(run.state.type).toBe("Failed");
    expect(texts(run)).toEqual(["load failed: the source sent no rows", "notifier of the flow"]);
    expect(run.notifications[0]?.request?.to).toMatchObject({ type: "sms", to: ["+15005550006"] });
  });

  it("mapping goes on with what succeeded", async () => {
    const run = await simulate(mapping);
    expect(run.state.type).toBe("Success");
    expect(lines(run)).toEqual(["Total: 26"]);
  });

  it("control-flow takes one branch and skips the other", async () => {
    const full = await simulate(controlFlow);
    expect(lines(full)).toEqual(["full backup of 3 files"]);
    expect(full.stateOf("quick-backup").type).toBe("Skipped");
    expect(full.stateOf("clean").type).toBe("Skipped");
    const quick = await simulate(controlFlow, { params: { mode: "quick" } });
    expect(lines(quick)).toEqual(["quick backup of 1 file"]);
    expect(quick.stateOf("full-backup").type).toBe("Skipped");
  });

  it("retries grows its delays and knows its errors", async () => {
    const run = await simulate(retries);
    expect(run.state.type).toBe("Success");
    const count = (name: string, what: string): number =>
      run.transitionsOf(name).filter((each) => each === what).length;
    expect(count("download", "Failed->Retrying")).toBe(2);
    expect(count("slow", "Running->TimedOut")).toBe(1);
    expect(count("parse", "Failed->Retrying")).toBe(0);
    expect(run.stateOf("slow").type).toBe("Success");
    expect(lines(run)).toEqual(["all tried"]);
    expect(run.elapsedMs).toBe(300);
  });

  it("parameters are typed, and missing ones stop the run", async () => {
    const run = await simulate(parameters, { params: { version: "1.10" } });
    expect(lines(run)).toEqual(["release 1.10 of 5 rows since 2026-01-01"]);
    await expect(simulate(parameters)).rejects.toThrow('Parameter "version" is missing');
  });

  it("resource sets up and cleans up", async () => {
    const run = await simulate(resource);
    expect(run.state.type).toBe("Success");
    expect(lines(run)).toEqual(["hello"]);
    expect(run.stateOf("directory.cleanup").type).toBe("Success");
  });

  it("loop goes round three times", async () => {
    const run = await simulate(loop);
    expect(run.transitionsOf("pages").filter((each) => each === "Running->Looped")).toHaveLength(2);
    expect(lines(run)).toEqual(["6 rows"]);
  });

  it("caching fetches once for each day", async () => {
    const cache = memoryCache();
    expect(lines(await simulate(caching, { cache }))).toEqual(["fetching the rows of monday", "3 rows"]);
    // Another run: a run does not use what it has cached itself.
    const again = await simulate(caching, { cache, runId: "later" });
    expect(lines(again)).toEqual(["3 rows"]);
    expect(again.transitionsOf("fetch")).toEqual(["Pending->Cached"]);
    const friday = await simulate(caching, { cache, runId: "friday", params: { day: "friday" } });
    expect(lines(friday)).toEqual(["fetching the rows of friday", "3 rows"]);
  });

  it("approval waits for a person, and keeps what was built", async () => {
    const run = await simulate(approval);
    expect(run.state.type).toBe("Paused");
    expect(run.stateOf("build").type).toBe("Success");
    expect(run.stateOf("approve")).toMatchObject({ type: "Paused", message: "Publish it?" });
    expect(run.stateOf("publish").type).toBe("Pending");
  });

  it("sub-flow runs a flow for each region", async () => {
    const run = await simulate(subFlow);
    expect(run.state.type).toBe("Success");
    expect(run.resultOf("region")).toEqual(["Success", "Success"]);
    expect(lines(run)).toEqual(["all regions are loaded"]);
  });
});
