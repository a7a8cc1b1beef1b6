import { inspect } from "node:util";
import { expect } from "vitest";
import { createMasker } from "../../src/secrets/masker.ts";
import type { Alert, Message } from "../../src/model/notification.ts";
import type { Delivery, DeliveryRequest } from "../../src/outbox/channel.ts";

/** A delivery with everything set; what a test is about goes on top. */
export function deliveryOf(more: Partial<DeliveryRequest> & Pick<DeliveryRequest, "definition">): DeliveryRequest {
  const masker = createMasker();
  for (const [name, value] of Object.entries(more.values ?? {})) masker.add(name, value);
  return {
    redact: (text) => masker.mask(text),
    id: "n_7qk2mzx4c5v6b7n8m9k0j1h2g3",
    recipient: "",
    message: text("Test SlackTask!"),
    attempt: 1,
    values: {},
    signal: new AbortController().signal,
    environment: {},
    ...more,
  };
}

export function text(value: string): Message {
  return { kind: "text", text: value };
}

/** The alert of a nightly run that failed. */
export function alertOf(more: Partial<Alert> = {}): Message & { kind: "alert" } {
  const alert: Alert = {
    subject: "flow",
    flow: "nightly-etl",
    runId: "01JDC7K2",
    from: "Running",
    to: "Failed",
    summary: "Some reference tasks failed.",
    failures: [{ task: "load", type: "Failed", message: "connect ECONNREFUSED 10.0.0.5:5432" }],
    detail: "Error: connect ECONNREFUSED 10.0.0.5:5432\n    at load (flows/etl.ts:88:11)",
    at: Date.UTC(2026, 10, 23, 6, 2, 11),
    durationMs: 852_000,
    host: "etl-1",
    user: "etl",
    startedBy: "cron",
    links: [{ label: "CI run", url: "https://github.com/o/r/actions/runs/42/attempts/2" }],
    next: ["flowctl runs show 01JDC7K2"],
    ...more,
  };
  return { kind: "alert", alert };
}

/** Asserts that an outcome shows none of these secrets, in no way that Node prints it. */
export function expectNoSecret(outcome: Delivery, secrets: readonly string[]): void {
  const shown = `${JSON.stringify(outcome)}\n${inspect(outcome, { depth: 8, showHidden: true })}`;
  for (const secret of secrets) {
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")]) {
      expect(shown).not.toContain(form);
    }
  }
}
