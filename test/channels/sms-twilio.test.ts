import { afterAll, beforeAll, expect, it } from "vitest";
import { sms } from "../../src/channels/sms.ts";
import type { DeliveryRequest } from "../../src/outbox/channel.ts";
import { startPrismTwilio, type PrismTwilio } from "../rig/prism.ts";
import { alertOf, deliveryOf, expectNoSecret, text } from "./delivery.ts";

/** What is sent, against Twilio's own description of its API. */
const SID = "AC00000000000000000000000000000000";
const TOKEN = "twilio_test_auth_token";
const COMMON = {
  type: "sms",
  accountSid: { secret: "TWILIO_ACCOUNT_SID" },
  authToken: { secret: "TWILIO_AUTH_TOKEN" },
  to: ["+15550001111"],
};

let prism: PrismTwilio;
beforeAll(async () => {
  prism = await startPrismTwilio();
}, 120_000);
afterAll(async () => {
  await prism.close();
});

function via(definition: Readonly<Record<string, unknown>>, more: Partial<DeliveryRequest> = {}): DeliveryRequest {
  return deliveryOf({
    definition: { ...COMMON, ...definition },
    recipient: "+15550001111",
    values: { TWILIO_ACCOUNT_SID: SID, TWILIO_AUTH_TOKEN: TOKEN },
    environment: { FLOWCTL_TWILIO_URL: prism.url },
    ...more,
  });
}

it("is what Twilio's description of its API allows: from a number and from a messaging service, text and alert", async () => {
  for (const definition of [{ from: "+15551234567" }, { messagingServiceSid: "MG00000000000000000000000000000000" }])
    for (const message of [text("load failed"), alertOf()]) {
      const outcome = await sms.send(via(definition, { message }));
      expect(outcome).toEqual({ outcome: "delivered", note: "accepted by Twilio" });
    }
});

it("is refused by the description where it is wrong, and judged as something a person must mend", async () => {
  const wrongAccount = { values: { TWILIO_ACCOUNT_SID: "ACshort", TWILIO_AUTH_TOKEN: TOKEN } };
  const wrongService = { messagingServiceSid: "MG123" };
  for (const delivery of [via({ from: "+15551234567" }, wrongAccount), via(wrongService)]) {
    const outcome = await sms.send(delivery);
    expect(outcome).toMatchObject({ outcome: "permanent", code: "HTTP_422" });
    expectNoSecret(outcome, [TOKEN]);
  }
  expect(sms.check({ ...COMMON, ...wrongService })).toMatchObject([{ path: "messagingServiceSid" }]);
});
