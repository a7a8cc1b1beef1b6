import { expect, test } from "vitest";
import { dueAt, retryDelay } from "../../src/outbox/schedule.ts";

const middle = { random: (): number => 0.5 };

test("the waits grow from seconds to a day", () => {
  expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((failed) => retryDelay(failed, middle) / 1000)).toEqual([
    0, 2, 5, 15, 60, 300, 900, 3600, 14_400, 43_200, 86_400, 86_400,
  ]);
});

test("jitter is a fifth, up or down", () => {
  expect(retryDelay(4, { random: () => 0 })).toBe(48_000);
  expect(retryDelay(4, { random: () => 0.999_999_999 })).toBe(72_000);
});

test("what was started with many others is spread over half a minute, but for what a run's end waits for", () => {
  const splayed = { ...middle, splayMs: 30_000 };
  expect([0, 1, 2, 3].map((failed) => retryDelay(failed, splayed) / 1000)).toEqual([0, 2, 5, 15]);
  expect([4, 5].map((failed) => retryDelay(failed, splayed) / 1000)).toEqual([75, 315]);
});

test("Retry-After is kept between a second and a day, and never shortens a wait", () => {
  expect(retryDelay(1, middle, 30_000)).toBe(30_000);
  expect(retryDelay(4, middle, 1000)).toBe(60_000);
  expect(retryDelay(1, middle, 10 * 86_400_000)).toBe(86_400_000);
});

test("a clock that was set back does not hold a message up, until it was tried by that clock", () => {
  const item = { created: 10_000_000, due: 10_060_000, attempts: [] };
  expect(dueAt(item, 10_000_000)).toBe(10_060_000);
  const earlier = 10_000_000 - 3_600_001;
  expect(dueAt(item, earlier)).toBe(earlier);
  const tried = { ...item, due: earlier + 5000, attempts: [{ at: earlier, outcome: "started" as const }] };
  expect(dueAt(tried, earlier)).toBe(earlier + 5000);
});
