import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMasker, type Masker } from "../../src/secrets/masker.ts";
import { patternsOf } from "../../src/secrets/patterns.ts";
import { SecretMatcher } from "../../src/secrets/secret-matcher.ts";
import { ENCODINGS, spelled } from "./spellings.ts";

/** Characters that encodings treat in different ways. Those around a secret are others. */
const inside = fc.constantFrom(...Array.from("abGH01/+=&<>'\"\\ %é😀$`-_.?#{}[]()!;:,|^"));
const outside = fc.constantFrom(...Array.from("xyzXYZ~\n\t“"));
const secret = fc.string({ unit: inside, minLength: 8, maxLength: 40 });
const noise = fc.string({ unit: outside, minLength: 1, maxLength: 20 });
const ways = fc.array(fc.nat(), { minLength: 1, maxLength: 12 });
const cuts = fc.array(fc.nat(), { maxLength: 12 });

function maskerOf(...values: string[]): Masker {
  const masker = createMasker();
  for (const [index, value] of values.entries()) masker.add(`N${String(index)}`, value);
  return masker;
}

function cutInto(text: string, places: readonly number[]): readonly string[] {
  const at = [...new Set(places.map((each) => each % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, index) => text.slice(start, at[index] ?? text.length));
}

function streamed(masker: Masker, chunks: readonly string[]): string {
  const stream = masker.stream();
  return chunks.map((chunk) => stream.write(chunk)).join("") + stream.end();
}

/** The texts of noise, without masks and what base64 shares with its neighbours. */
function plainOf(text: string): string {
  return text.replaceAll(/\u001b\[[\d;]*m|=\r\n|█+N\d+█+|\*+N\d+\*+|▓+N\d+▓+/g, "");
}

describe("a secret", () => {
  test("is masked however each of its characters is written, in whole texts and in chunks", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(secret, ways, noise), { minLength: 1, maxLength: 3 }),
        noise,
        cuts,
        (parts, tail, places) => {
          const masker = maskerOf(...parts.map(([value]) => value));
          const text = parts.map(([value, way, before]) => before + spelled(value, way)).join("") + tail;
          const whole = masker.mask(text);
          expect(plainOf(whole)).toBe(parts.map(([, , before]) => before).join("") + tail);
          expect(streamed(masker, cutInto(text, places))).toBe(whole);
          expect(masker.mask(whole)).toBe(whole);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("is masked in every encoding of its bytes, at any offset and line width", () => {
    const values = fc.string({ unit: fc.constantFrom(...Array.from("abGH01/+= é😀%")), minLength: 9, maxLength: 150 });
    fc.assert(
      fc.property(
        values,
        fc.nat(ENCODINGS.length - 1),
        fc.record({ offset: fc.nat(2), width: fc.integer({ min: 1, max: 80 }) }),
        cuts,
        (value, which, how, places) => {
          const masker = maskerOf(value);
          const text = `« ${ENCODINGS[which]?.(Buffer.from(value), how) ?? ""} »`;
          const whole = masker.mask(text);
          // At most two characters of base64 or two digits may stand before a line break, and two beside the secret.
          const left = plainOf(whole)
            .replaceAll(/\\[rn]|[^\w+/%-]/g, "")
            .replace(/type|Buffer|data|^[78]|fn/g, "");
          expect(whole).toContain("N0");
          expect(left.length, whole).toBeLessThanOrEqual(10);
          expect(streamed(masker, cutInto(text, places))).toBe(whole);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("does not change a text that does not show it", () => {
    fc.assert(
      fc.property(secret, fc.string({ unit: outside, maxLength: 200 }), cuts, (value, text, places) => {
        const masker = maskerOf(value);
        expect(masker.mask(text)).toBe(text);
        expect(streamed(masker, cutInto(text, places))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test("is masked where it overlaps others, begins like them or is a part of them, in chunks as in whole texts", () => {
    const unit = fc.constantFrom(...Array.from("ab1-"));
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit, minLength: 4, maxLength: 12 }), { minLength: 1, maxLength: 4 }),
        fc.string({ unit: fc.constantFrom(...Array.from("ab1- ")), maxLength: 80 }),
        cuts,
        (values, text, places) => {
          const masker = maskerOf(...values);
          const whole = masker.mask(text);
          for (const each of values.filter(({ length }) => length >= 8)) expect(whole).not.toContain(each);
          expect(streamed(masker, cutInto(text, places))).toBe(whole);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("a secret of 4 to 7 characters", () => {
  test("at a chunk's end stays if the next chunk goes on with the word, and is masked if it does not", () => {
    const masker = maskerOf("pin-47");
    expect(streamed(masker, ["code pin-47", "11 x"])).toBe("code pin-4711 x");
    expect(streamed(masker, ["code pin-47", " x"])).toBe("code ***N0*** x");
    expect(streamed(masker, ["code pin-47"])).toBe("code ***N0***");
    expect(streamed(masker, ["code 1", "pin-47 x"])).toBe("code 1pin-47 x");
  });

  test("is masked in quotes, and not in other encodings", () => {
    const masker = maskerOf('a"b c');
    expect(masker.mask(JSON.stringify('a"b c'))).toBe('"***N0***"');
    expect(masker.mask(encodeURIComponent('a"b c'))).toBe("a%22b%20c");
  });
});

describe("base64", () => {
  test("leaves the line break before it and after it", () => {
    const masker = maskerOf("correct horse");
    const encoded = Buffer.from("correct horse").toString("base64");
    for (const lineBreak of ["\n", "\\n"])
      expect(masker.mask(`token:${lineBreak}${encoded}${lineBreak}end`)).toBe(
        `token:${lineBreak}${masker.mask(encoded)}${lineBreak}end`,
      );
  });

  const value = "a key of many bytes, longer than one line of base64: 0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFG";
  test.each([1, 4, 19, 57, 64, 76, 77])("is masked in lines of %i characters", (width) => {
    for (const offset of ["", "u", "ux"]) {
      for (const separator of ["\n", "\r\n", "\n    ", "\\n"]) {
        const text = Buffer.from(`${offset}${value}`).toString("base64");
        const lines = text.replaceAll(new RegExp(`.{${String(width)}}(?=.)`, "g"), `$&${separator}`);
        const left = maskerOf(value)
          .mask(lines)
          .replaceAll(/\\n|[*\s=]|N0/g, "");
        expect(left.length, left).toBeLessThanOrEqual(5);
      }
    }
  });
});

test("masks what inspect shows of a long buffer, whose rest it leaves out", () => {
  const value = "0123456789".repeat(9);
  expect(maskerOf(value).mask(inspect(Buffer.from(`k=${value}`)))).toBe("<Buffer 6b 3d ***N0*** 42 more bytes>");
});

test("keeps the colours that change within a secret", () => {
  expect(maskerOf("tok-live-1234").mask("\u001b[31mtok-\u001b[mlive-1234 x")).toBe("\u001b[31m***N0***\u001b[m x");
});

test("an endless row of one secret is not kept back", () => {
  const stream = maskerOf("aaaaaaaa").stream();
  let shown = "";
  for (let index = 0; index < 1000; index += 1) shown += stream.write("a".repeat(100));
  expect(shown).toBe("***N0***");
  expect(shown + stream.end()).toBe("***N0***");
});

test("what may be the beginning of a secret is masked, and not kept, from 256 KiB on", () => {
  const stream = maskerOf("tok-7:\nthe second half").stream();
  const blanks = " ".repeat(100 * 1024);
  let shown = stream.write("use tok-7:\n");
  for (let index = 0; index < 4; index += 1) shown += stream.write(blanks);
  expect(shown.replaceAll(" ", "")).toBe("use***");
  expect(shown.trimEnd()).toBe("use ***");
  expect(stream.write("the second half\n") + stream.end()).not.toContain("second");
  expect(stream.isEmpty).toBe(true);
});

test("ordinary text is shown at once, line by line", () => {
  const stream = maskerOf("correct horse").stream();
  expect(stream.write("line one\n")).toBe("line one\n");
  expect(stream.write("corr")).toBe("");
  expect(stream.write("upt\n")).toBe("corrupt\n");
  expect(stream.isEmpty).toBe(true);
});

test("a line is shown at once, whatever line a long secret of many lines may be cut at", () => {
  const value = Array.from({ length: 40 }, (_, at) => `# line ${String(at)} of a key ${"k".repeat(at)}`).join("\n");
  const masker = maskerOf(value, `\n${"v".repeat(9)}\n`);
  const stream = masker.stream();
  for (const line of ["deploying\n", "deploying vvvvvvvvv\n", "done\r\n"]) {
    expect(stream.write(line)).toBe(line.replace("vvvvvvvvv", "***N1***"));
    expect(stream.isEmpty).toBe(true);
  }
  expect(masker.mask(`[${value}]`)).toBe("[***N0***]");
});

test("finds the same with room for few states", () => {
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), ways, noise, (values, way, before) => {
      const patterns = values.flatMap((value, index) => patternsOf(`N${String(index)}`, value));
      const text = Buffer.from(values.map((value) => before + spelled(value, way)).join(before));
      const few = new SecretMatcher(patterns, { maxStates: 3 }).scan(text, { isLast: true });
      expect(few).toEqual(new SecretMatcher(patterns).scan(text, { isLast: true }));
    }),
    { numRuns: 100 },
  );
});

test.each([
  ["a row of one letter", "a"],
  ["backslashes", "\\"],
  ["ampersands escaped again and again", "&amp;"],
  ["blank lines", "\n "],
  ["soft line breaks", "=\n"],
])("reads each byte of %s a bounded number of times", (_, unit) => {
  const masker = maskerOf("aaaaaaaa", "a".repeat(65536), "\\".repeat(9), "a=\n b=\n &&&&", "a&&&&&&&&&&b");
  expect(masker.mask(`${unit.repeat(2 ** 18)}z`).length).toBeGreaterThan(0);
});
