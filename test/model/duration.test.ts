import { expect, it } from "vitest";
import { parseDuration } from "../../src/model/duration.ts";

it.each<[unknown, number | undefined]>([
  ["1h30m", 5_400_000],
  ["2d 6h", 194_400_000],
  ["1m0.5s", 60_500],
  ["PT5M", 300_000],
  ["P1DT2H", 93_600_000],
  ["P2W", 1_209_600_000],
  ["PT0,5S", 500],
  ["90s", 90_000],
  ["30m1h", undefined],
  ["P1M", undefined],
  ["PT", undefined],
  ["P", undefined],
  ["", undefined],
  ["1x", undefined],
])("reads %j as a length of time", (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});
