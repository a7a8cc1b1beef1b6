import { describe, expect, it } from "vitest";
import {
  escapeValues,
  markValue,
  markValues,
  maskMarked,
  messageWithoutMarks,
  withoutMarks,
} from "../../src/model/value-marks.ts";

const shown = (value: string, place: string): string => `[${place}:${value}]`;

describe("a text with values", () => {
  it.each([
    ["text alone", "a <b>", "a <b>"],
    ["two values", `a ${markValue("x")} b ${markValue("y")}`, "a [text:x] b [text:y]"],
    [
      "a value inside a URL",
      `<https://ci.example/${markValue("7|x")}?a=${markValue("b")}|CI>`,
      "<https://ci.example/[url:7|x]?a=[url:b]|CI>",
    ],
    ["a value after a URL", `https://ci.example/1 ${markValue("x")}`, "https://ci.example/1 [text:x]"],
    ["a value that is a URL", markValue("https://ci.example/a_b?c=d"), "[url:https://ci.example/a_b?c=d]"],
    ["a value with a URL and more", markValue("https://ci.example|x"), "[text:https://ci.example|x]"],
    ["a value inside code", `\`${markValue("x")}\` ${markValue("y")}`, "`[code:x]` [text:y]"],
    ["backticks of a value", `${markValue("`")} ${markValue("y")}`, "[text:`] [text:y]"],
    ["a value whose end was cut away", `a ${markValue("xyz")}`.slice(0, -2), "a [text:xy]"],
    ["an end without a begin", "a\ufdd1 b", "a b"],
  ])("escapes %s", (_, text, said) => {
    expect(escapeValues(text, shown)).toBe(said);
  });

  it("does not end where a value holds the marks itself", () => {
    expect(escapeValues(markValue("a\ufdd1<!here>\ufdd0"), shown)).toBe("[text:a<!here>]");
  });

  it("marks every text in data, and no instance", () => {
    const error = new Error("x");
    const marked = markValues({ a: ["x", 1, null], e: error });
    expect(marked).toEqual({ a: [markValue("x"), 1, null], e: error });
  });

  it("is all value where only all of it together shows a secret", () => {
    const mask = (text: string): string => text.replaceAll("tok-12345", "***");
    expect(maskMarked(`a tok-${markValue("12345")}`, mask)).toBe(markValue("a ***"));
    expect(maskMarked(`<b> ${markValue("tok-12345")}`, mask)).toBe(`<b> ${markValue("***")}`);
  });
});

it("leaves nothing of the marks in a message for a service without markup", () => {
  const alert = {
    subject: "flow",
    flow: "f",
    runId: "r",
    from: "Running",
    to: "Failed",
    summary: null,
    at: 1,
  } as const;
  const text = `a ${markValue("b")}`;
  expect(messageWithoutMarks({ kind: "payload", payload: { a: [text] } })).toEqual({
    kind: "payload",
    payload: { a: ["a b"] },
  });
  expect(messageWithoutMarks({ kind: "alert", alert: { ...alert, text, textHasMarkup: true } })).toEqual({
    kind: "alert",
    alert: { ...alert, text: "a b" },
  });
  expect(withoutMarks(text)).toBe("a b");
});
