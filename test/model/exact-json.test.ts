import { describe, expect, it } from "vitest";
import { exactJson, parseExactJson } from "../../src/model/exact-json.ts";

describe("parseExactJson", () => {
  it.each<[string, unknown]>([
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", 9007199254740993n],
    ["-72057594037927937", -72057594037927937n],
    ['{"rows": [{"key": 18446744073709551615}, {"key": 7}]}', { rows: [{ key: 18446744073709551615n }, { key: 7 }] }],
    ['{"text": "9007199254740993"}', { text: "9007199254740993" }],
    ["[0.1234567890123456789, 1e21]", [0.12345678901234568, 1e21]],
    ['{"a": 9007199254740993, "a": 2}', { a: 2 }],
  ])("reads %s exactly", (text, value) => {
    expect(parseExactJson(text)).toEqual(value);
  });

  it("gives no prototype to what it reads", () => {
    const read = parseExactJson('{"__proto__": {"admin": 9007199254740993}}') as object;
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect("admin" in read).toBe(false);
  });

  it("refuses a number beyond the range of a double", () => {
    expect(() => parseExactJson('{"size": -2e999}')).toThrow("the number -2e999 is too large");
  });

  it("refuses what is not JSON with the words of JSON.parse", () => {
    expect(() => parseExactJson("[12345678901234567890")).toThrow(SyntaxError);
  });
});

it("exactJson writes a bigint as the integer that it is", () => {
  expect(exactJson({ id: 9007199254740993n, name: "a", none: undefined })).toBe('{"id":9007199254740993,"name":"a"}');
});
