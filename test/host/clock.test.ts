import { expect, test } from "vitest";
import { systemClock } from "../../src/host/clock.ts";

const HOUR = 3_600_000;

/** A machine whose clocks are set by hand, in milliseconds. */
function machine() {
  const times = { wall: 1_000 * HOUR, monotonic: 5, uptime: 70 };
  const clock = systemClock({
    wall: () => times.wall,
    monotonic: () => times.monotonic,
    uptime: () => times.uptime,
  });
  const pass = (ms: number): void => {
    for (const each of ["wall", "monotonic", "uptime"] as const) times[each] += ms;
  };
  return { times, clock, pass };
}

test("the clock counts from the wall clock, and does not follow where that is set", () => {
  const { times, clock, pass } = machine();
  expect(clock.now()).toBe(1_000 * HOUR);
  for (const jump of [24 * HOUR, -72 * HOUR]) {
    const before = clock.now();
    times.wall += jump;
    pass(2_500);
    expect(clock.now()).toBe(before + 2_500);
  }
});

test("time in which the machine slept counts, where the monotonic clock stood still", () => {
  const { times, clock, pass } = machine();
  clock.now();
  pass(1_500);
  const before = clock.now();
  times.uptime += 8 * HOUR;
  times.wall += 8 * HOUR;
  pass(1_500);
  expect(clock.now()).toBe(before + 8 * HOUR + 1_500);
  pass(1_500);
  expect(clock.now()).toBe(before + 8 * HOUR + 3_000);
});

test("what the time since the machine's start lacks in precision changes nothing", () => {
  const { times, clock, pass } = machine();
  const start = clock.now();
  for (let round = 1; round <= 20; round += 1) {
    pass(1_500);
    times.uptime += round % 2 === 0 ? 10 : -10;
    expect(clock.now()).toBe(start + round * 1_500);
  }
});
