import fc from "fast-check";
import { expect, test } from "vitest";
import { clean, cleaningStream } from "../../src/model/clean.ts";

const ESC = "\u001b";

test.each([
  ["a window title", `a${ESC}]0;title\u0007b`],
  ["a title that ends with ST", `a${ESC}]2;title${ESC}\\b`],
  ["a cleared screen", `a${ESC}[2Jb`],
  ["C1 forms", "a\u009b2Jb\u0085"],
  ["a device control string", `a${ESC}Pq#1${ESC}\\b`],
  ["NUL, BS, BEL and DEL", "\u0000a\b\u0007b\u007f"],
  ["marks without width", "a\u200b\u2060\ufeffb"],
  ["marks that turn the order round", "\u202ea\u2066b\u200f"],
  ["a stray escape", `a${ESC}${ESC}b`],
])("takes away %s", (_, text) => {
  expect(clean(text)).toBe("ab");
  expect(clean(text, { colours: true })).toBe("ab");
});

test("keeps tabs, line feeds and emoji, and colours and returns where they are asked for", () => {
  expect(clean("a\tb\nc 👩‍💻")).toBe("a\tb\nc 👩‍💻");
  expect(clean(`${ESC}[1;31ma${ESC}[m\r`)).toBe("a");
  expect(clean(`${ESC}[1;31ma${ESC}[K${ESC}[m\r`, { colours: true, returns: true })).toBe(`${ESC}[1;31ma${ESC}[m\r`);
});

test("makes no sequence of what stood around a control character", () => {
  expect(clean(`${ESC}\u0000[31ma`, { colours: true })).toBe("[31ma");
  expect(clean(`${ESC}${ESC}[2J[31ma`, { colours: true })).toBe("[31ma");
});

test("cleans a text in chunks as it cleans the whole", () => {
  const piece = fc.constantFrom(
    "a",
    ESC,
    "[",
    "3",
    ";",
    "m",
    "J",
    "]",
    "\u0007",
    "\u009b",
    "\u0000",
    "\\",
    "\n",
    "\u200b",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(30)), (pieces, cuts) => {
      const stream = cleaningStream();
      let chunks = "";
      let from = 0;
      for (const cut of [...cuts, pieces.length].sort((x, y) => x - y)) {
        chunks += stream.write(pieces.slice(from, cut).join(""));
        from = Math.max(from, cut);
      }
      expect(chunks + stream.end()).toBe(clean(pieces.join(""), { colours: true, returns: true }));
    }),
    { numRuns: 20_000 },
  );
});
