import { expect, test } from "vitest";
import { isoTime, shownTime } from "../../src/model/time-zone.ts";

test.each([
  ["UTC", "2026-10-25 00:30:09 UTC"],
  ["Europe/Oslo", "2026-10-25 02:30:09 +02:00"],
  ["America/St_Johns", "2026-10-24 22:00:09 -02:30"],
  ["Nowhere/Land", "2026-10-25 00:30:09 UTC"],
])("shows a time in %s with its distance from UTC", (zone, shown) => {
  expect(shownTime(Date.UTC(2026, 9, 25, 0, 30, 9, 999), zone)).toBe(shown);
});

test("tells the two hours apart that a clock shows twice when summer time ends", () => {
  const at = Date.UTC(2026, 9, 25, 0, 30);
  expect(isoTime(at, "Europe/Oslo")).toBe("2026-10-25T02:30:00.000+02:00");
  expect(isoTime(at + 3_600_000, "Europe/Oslo")).toBe("2026-10-25T02:30:00.000+01:00");
  expect(isoTime(-1, "UTC")).toBe("1969-12-31T23:59:59.999Z");
  expect(isoTime(-1, "Asia/Kolkata")).toBe("1970-01-01T05:29:59.999+05:30");
});
