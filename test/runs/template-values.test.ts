import { expect, test } from "vitest";
import { WrittenNumber } from "../../src/model/written-number.ts";
import { packValues, unpackValues } from "../../src/runs/template-values.ts";

const redact = (text: string): string => text.replaceAll("4711", "***PIN***");

test("the values of templates are kept with their types and without secrets, in names and numbers, too", async () => {
  const params = {
    pin: 4711,
    written: new WrittenNumber("004711", 4711),
    large: 47_110_000_000_000_000_000n,
    plain: 12,
    nested: [{ "key 4711": "text 4711" }, new Set(["4711"]), new Map([["4711", 4711]])],
    handler: () => 1,
  };
  const text = await packValues({ params, env: { HOME: "/home/4711" } }, redact);
  expect(text).not.toContain("4711");
  expect(await unpackValues(text)).toEqual({
    params: {
      pin: "***PIN***",
      written: "00***PIN***",
      large: "***PIN***0000000000000000",
      plain: 12,
      nested: [{ "key ***PIN***": "text ***PIN***" }, new Set(["***PIN***"]), new Map([["***PIN***", "***PIN***"]])],
    },
    env: { HOME: "/home/***PIN***" },
  });
});

test("damaged text holds no values", async () => {
  expect(await unpackValues("[{")).toEqual({});
});
