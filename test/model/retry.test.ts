import { describe, expect, it } from "vitest";
import { isRetryable, retryDelay } from "../../src/model/retry.ts";

const none = (): number => 0;

describe("the wait before a retry", () => {
  it("is the delay, grown by the backoff with each retry and cut at its limit", () => {
    const policy = { max: 9, delay: 100, backoff: 3, maxDelay: 500 };
    expect([1, 2, 3].map((attempt) => retryDelay(policy, attempt, null, none))).toEqual([100, 300, 500]);
  });

  it("is that of the list, whose last repeats, or what a function says", () => {
    expect([1, 2, 3].map((attempt) => retryDelay({ max: 9, delay: [5, 7] }, attempt, null, none))).toEqual([5, 7, 7]);
    expect(retryDelay({ max: 9, delay: (attempt) => attempt * 11 }, 2, null, none)).toBe(22);
    expect([NaN, -5].map((delay) => retryDelay({ max: 1, delay: () => delay }, 1, null, none))).toEqual([0, 0]);
  });

  it("is shortened by up to the jitter", () => {
    expect(
      [0, 0.5, 0.999].map((random) => retryDelay({ max: 1, delay: 1000, jitter: 0.2 }, 1, null, () => random)),
    ).toEqual([1000, 900, expect.closeTo(800.2, 5)]);
  });
});

describe("what is retried", () => {
  it("is everything, or errors of the listed classes and their subclasses, or what a predicate says", () => {
    class Own extends TypeError {}
    expect(isRetryable({ max: 1 }, new Error())).toBe(true);
    expect([new Own(), new Error(), null].map((each) => isRetryable({ max: 1, on: [TypeError] }, each))).toEqual([
      true,
      false,
      true,
    ]);
    expect(isRetryable({ max: 1, on: (error) => error === 5 }, 5)).toBe(true);
  });
});
