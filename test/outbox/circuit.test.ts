import { expect, test } from "vitest";
import { afterAttempt, channelStateFrom, CLOSED, usableAt, type ChannelState } from "../../src/outbox/circuit.ts";

const failed = { outcome: "failed", code: "HTTP_503" } as const;
const failing = (times: number, before: ChannelState = CLOSED): ChannelState =>
  times === 0 ? before : failing(times - 1, afterAttempt(before, failed, 1000));

test("the circuit opens with the fifth failure in a row for a minute, and each further one doubles that up to an hour", () => {
  expect(failing(4).openUntil).toBe(0);
  const minutes = [5, 6, 7, 8, 9, 10, 11, 12, 40].map((times) => (failing(times).openUntil - 1000) / 60_000);
  expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

test("one delivery closes it, and a service's own pause outlasts what a person asks for", () => {
  const open = failing(7);
  expect(usableAt(open, false, 1000)).toBe(241_000);
  expect(usableAt(open, true, 1000)).toBe(0);
  expect(afterAttempt(open, { outcome: "delivered" }, 2000)).toEqual({ ...CLOSED, lastSent: 2000 });
  const paused = afterAttempt(CLOSED, { ...failed, retryAfterMs: 60_000 }, 1000);
  expect(usableAt(paused, true, 1000)).toBe(61_000);
});

test("a state that is lost or damaged costs an early attempt and no message", () => {
  expect(channelStateFrom(undefined)).toBeUndefined();
  expect(channelStateFrom('{"notBefore":')).toBeUndefined();
  expect(channelStateFrom('{"notBefore":"soon","failures":null,"lastError":7}')).toEqual(CLOSED);
});
