import { expect, test } from "vitest";
import { Fail, Skip } from "../../src/model/signal.ts";
import { messageOf, textMessageOf } from "../../src/tasks/message-of.ts";

test.each([
  ["text", "hello", { kind: "text", text: "hello" }],
  ["a number", 42, { kind: "text", text: "42" }],
  ["zero", 0, { kind: "text", text: "0" }],
  ["false", false, { kind: "text", text: "false" }],
  ["a list", ["a", 1, { b: 2 }], { kind: "text", text: 'a\n1\n{"b":2}' }],
  ["a date", new Date(0), { kind: "text", text: "1970-01-01T00:00:00.000Z" }],
  ["an object", { blocks: [] }, { kind: "payload", payload: { blocks: [] } }],
  ["an error", new TypeError("boom\nat x"), { kind: "text", text: "get-value failed: boom", literal: true }],
  ["an error without words", new RangeError(), { kind: "text", text: "get-value failed: RangeError", literal: true }],
  ["a failure signal", new Fail("no rows"), { kind: "text", text: "get-value failed: no rows", literal: true }],
  ["another signal", new Skip("nothing new"), { kind: "text", text: "nothing new" }],
])("%s becomes what is told", (_, value, message) => {
  expect(messageOf(value, "get-value")).toEqual(message);
});

test.each([
  ["null", null, 'there is no message to send: "message" is null ("get-value" gave none)'],
  ["undefined", undefined, 'there is no message to send: "message" is undefined ("get-value" gave none)'],
  ["empty text", " ", 'there is no message to send: "message" is empty ("get-value" gave none)'],
  ["a function", () => 1, "a function cannot be sent as a message"],
])("%s fails with a clear text", (_, value, text) => {
  expect(() => messageOf(value, "get-value")).toThrow(text);
});

test("where a service has no payload, an object is told by its text, else as JSON", () => {
  expect(textMessageOf({ text: "hi", blocks: [] }, undefined)).toEqual({ kind: "text", text: "hi" });
  expect(textMessageOf({ a: 1 }, undefined)).toEqual({ kind: "text", text: '{"a":1}' });
});
