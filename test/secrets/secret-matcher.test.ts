import fc from "fast-check";
import { expect, test } from "vitest";
import { compileMatcher } from "../../src/secrets/secret-matcher.ts";

/** What the matcher must find, found by the simplest means there are. */
function naively(needles: readonly string[], text: string): readonly (readonly [number, number])[] {
  const covered = new Set<number>();
  for (const needle of needles)
    for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + 1)) {
      for (let each = at; each < at + needle.length; each += 1) covered.add(each);
    }
  const ranges: (readonly [number, number])[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (!covered.has(at)) continue;
    let end = at;
    while (covered.has(end)) end += 1;
    ranges.push([at, end]);
    at = end;
  }
  return ranges;
}

test("finds what a search for each of thousands of texts finds", () => {
  const unit = fc.constantFrom(...Array.from("ab\u0100\u1000é"));
  const needle = fc.string({ unit, minLength: 8, maxLength: 12 });
  fc.assert(
    fc.property(
      fc.array(needle, { minLength: 1, maxLength: 30 }),
      fc.string({ unit, maxLength: 80 }),
      fc.boolean(),
      (needles, text, many) => {
        const others = many ? Array.from({ length: 2500 }, (_, index) => `${index.toString(36)}-other-text`) : [];
        const matcher = compileMatcher([...needles, ...others].map((each) => ({ text: each, name: "N" })));
        const found = matcher.find(text, text.length).map(({ start, end }) => [start, end]);
        expect(found).toEqual(naively(needles, text));
      },
    ),
    { numRuns: 200 },
  );
});

test("a line's end keeps nothing back unless a secret has lines", () => {
  const single = compileMatcher([{ text: "abcdefgh", name: "N" }]);
  expect(single.undecidedFrom("abcd\n", 0)).toBe(5);
  expect(single.undecidedFrom("xyabcd", 0)).toBe(2);
  const lines = compileMatcher([{ text: "abcd\nefgh", name: "N" }]);
  expect(lines.undecidedFrom("xyabcd\n", 0)).toBe(2);
});
