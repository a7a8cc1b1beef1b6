import { describe, expect, it } from "vitest";
import { itemFromText, itemToText } from "../../src/outbox/item-text.ts";
import { newItem, outboxRig, scriptedChannel } from "./outbox-rig.ts";

const alert = { subject: "flow" as const, flow: "nightly", runId: "r1", from: "Running", to: "Failed", at: 5 } as const;
const failures = [{ task: "load", type: "Failed" as const, message: "no rows" }];

/** An item with all that it may have, as its file has it. */
function whole(): Record<string, unknown> {
  using rig = outboxRig();
  const item = newItem({ message: { kind: "alert", alert: { ...alert, summary: "no rows", failures } } });
  const outbox = rig.open(scriptedChannel().channel);
  const [id = ""] = outbox.enqueue({ ...item, fallback: { ...item, key: "run/fallback" } });
  const stored = outbox.read(id)!.item;
  const more = { digestOf: ["n_other"], reason: { code: "held", note: "no_service" } };
  return JSON.parse(itemToText({ ...stored, ...more, attempts: [{ at: 5, outcome: "started" }] })) as never;
}

/** The same text with another value at a path. */
function withOther(path: string, value: unknown): string {
  const copy = whole();
  const keys = path.split(".");
  const holder = keys.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, copy);
  holder[keys.at(-1)!] = value;
  return JSON.stringify(copy);
}

describe("a file that is JSON and no item", () => {
  for (const path of [
    ...["id", "channelId", "recipient", "runId", "flow", "event", "key", "origin", "names", "needs", "digestOf"],
    ...["created", "due", "expires", "attempts", "attempts.0", "attempts.0.at", "attempts.0.outcome"],
    ...["definition", "definition.type", "message", "message.kind", "message.alert", "message.alert.to"],
    ...["message.alert.at", "message.alert.failures", "message.alert.failures.0", "reason", "reason.note"],
    ...["fallback", "fallback.key", "fallback.definition", "fallback.message"],
  ])
    it(`for what stands at ${path} is taken for none`, () => {
      expect(itemFromText(JSON.stringify(whole()))).toBeDefined();
      for (const value of [null, true, {}, [null]]) expect(itemFromText(withOther(path, value))).toBeUndefined();
    });
});
