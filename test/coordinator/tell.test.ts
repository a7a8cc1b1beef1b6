import { expect, test, vi } from "vitest";
import type { CommandContext } from "../../src/coordinator/context.ts";
import type { Services } from "../../src/coordinator/services.ts";
import { BESIDE_RUN, telling } from "../../src/coordinator/tell.ts";
import { ENVIRONMENT, newItem, outboxRig, scriptedChannel } from "../outbox/outbox-rig.ts";

test("a run that goes on for hours lets the fallback tell what a channel does not take meanwhile", async () => {
  using rig = outboxRig();
  const asksForHours = {
    outcome: "transient",
    code: "503",
    note: "the service is busy",
    retryAfterMs: 7_200_000,
  } as const;
  const main = scriptedChannel([asksForHours]);
  const spare = scriptedChannel([], { type: "spare" });
  const outbox = rig.open({ fake: main.channel, spare: spare.channel });
  const services = { outbox: () => Promise.resolve(outbox), config: { delivery: { waitAtEnd: 1 } } };
  const stream = { isTTY: false };
  const terminal = { stdinIsTTY: false, stdout: stream, stderr: stream };
  const host = { terminal, clock: rig.clock, environment: ENVIRONMENT, random: () => 0.5 };
  using told = telling(
    services as unknown as Services,
    { host, stop: { signal: new AbortController().signal } } as unknown as CommandContext,
    BESIDE_RUN,
  );
  const item = newItem();
  const fallback = { ...item, definition: { type: "spare" }, channelName: "spare", key: "run/fallback" };
  await told.enqueue([{ ...item, fallback }]);
  await vi.waitUntil(() => spare.seen.length > 0, { timeout: 30_000 });
  expect(await told.deliver()).toMatchObject({ outcomes: [{ state: "waiting", instead: true }, { state: "sent" }] });
});
