import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { graphemeBoundary } from "../../src/model/grapheme.ts";

const boundaries = (text: string): readonly number[] => [
  ...[...new Intl.Segmenter().segment(text)].map(({ index }) => index),
  text.length,
];

describe("the boundary before a limit", () => {
  it.each([
    ["a family", "ok 👨‍👩‍👧‍👦", 9, 3],
    ["a skin tone", "hi 👍🏽!", 5, 3],
    ["a flag", "in 🇳🇴🇸🇪", 8, 7],
    ["a letter with marks", "cafe\u0301s", 4, 3],
    ["a line end of two", "a\r\nb", 2, 1],
    ["a keycap", "no 1\uFE0F\u20E3", 4, 3],
    ["a Hangul syllable", "\u1112\u1161\u11ab", 2, 0],
  ])("is not inside %s", (_, text, limit, expected) => {
    expect(graphemeBoundary(text, limit)).toBe(expected);
  });

  it("is the last boundary of the text at or before the limit", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.nat(80), (text, limit) => {
        const expected = boundaries(text).findLast((each) => each <= limit);
        expect(graphemeBoundary(text, limit)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it("is near the limit even where one character has a thousand marks, and never inside a code point", () => {
    const marked = `x${"\u0301".repeat(1000)}`;
    expect(graphemeBoundary(marked, 500)).toBeGreaterThan(400);
    const joined = "😀\u200d".repeat(300);
    const at = graphemeBoundary(joined, 301);
    expect(at).toBeGreaterThan(230);
    expect(joined.slice(0, at)).not.toMatch(/[\uD800-\uDBFF]$/);
  });
});
