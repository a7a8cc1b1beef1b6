import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDotenv } from "../../src/model/dotenv.ts";

describe("a dotenv file", () => {
  it.each<[string, Record<string, string>]>([
    ["EMPTY=\nNEXT=1\n", { EMPTY: "", NEXT: "1" }],
    ["EMPTY=\r\nNEXT=1\r\n", { EMPTY: "", NEXT: "1" }],
    ["EMPTY=   \nNEXT=1", { EMPTY: "", NEXT: "1" }],
    ["\uFEFFFIRST=1\nSECOND=2", { FIRST: "1", SECOND: "2" }],
    ["A=1\rB=2\r", { A: "1", B: "2" }],
    ["export A = b c  \n", { A: "b c" }],
    ["A=x # note\n", { A: "x" }],
    ["A='#1' # first\nB=\"#2\"\nC=`#3`", { A: "#1", B: "#2", C: "#3" }],
    ['KEY="-----BEGIN\nMIIE+abc=\nqq==\n-----END"\nB=2', { KEY: "-----BEGIN\nMIIE+abc=\nqq==\n-----END", B: "2" }],
    ['A=it\'s\nB=say "x"', { A: "it's", B: 'say "x"' }],
    ["URL=postgres://u:p@h/db?x=1\n", { URL: "postgres://u:p@h/db?x=1" }],
    ["# A=1\n\n  # B=2\n", {}],
    ["", {}],
  ])("%j is read", (text, values) => {
    expect(readDotenv(text)).toEqual({ values });
  });

  it.each<[string, number, number, string]>([
    ["PASS=hunter#2x\n", 1, 12, '"#" without a space'],
    ["A=1\n\nCOLOUR=#ff8800\n", 3, 8, '"#" without a space'],
    ["A='x'#y", 1, 6, '"#" without a space'],
    ["URL=https://h/p#frag # note", 1, 16, '"#" without a space'],
    ["A=1\r\nB=a#b\r\n", 2, 4, '"#" without a space'],
    ['A="open\nB=2\n', 1, 3, "begins with a quote"],
    ["A='open", 1, 3, "begins with a quote"],
    ["A= `open\n", 1, 4, "begins with a quote"],
    ['A="x" y\n', 1, 3, "begins with a quote"],
    ["A=\"x\nB='1'\nC=\"\n", 1, 3, "closes only after B="],
    ['A="say \\"hi\\""\n', 1, 8, '\\" inside quotes'],
    ["A='it\\'s'\n", 1, 6, "\\' inside quotes"],
    ["A=1\nnot an entry\n", 2, 1, "not NAME=value"],
    ["A=1\n  =x\n", 2, 3, "not NAME=value"],
    ["A B=1\n", 1, 1, "not NAME=value"],
  ])("%j is refused at line %d, column %d", (text, line, column, message) => {
    const answer = readDotenv(text);
    expect(answer).toMatchObject({ problem: { line, column, message: expect.stringContaining(message) as string } });
  });

  it("keeps every value that is in quotes it does not hold, whatever else it holds", () => {
    const entry = fc.tuple(
      fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/),
      fc.string({ unit: fc.constantFrom("a", " ", "#", "=", ":", "$", '"', "`", "é", "😀", "	", "'") }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ([name]) => name }), (entries) => {
        const usable = entries.flatMap(([name, value]) => {
          const quote = ["'", '"', "`"].find((each) => !value.includes(each));
          return quote === undefined ? [] : [{ name, value, line: `${name}=${quote}${value}${quote}` }];
        });
        const values = Object.fromEntries(usable.map(({ name, value }) => [name, value]));
        expect(readDotenv(usable.map(({ line }) => line).join("\n"))).toEqual({ values });
      }),
    );
  });

  it("never reads less of an unquoted value than its line holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "b", "#", "=", ":", "'", '"', "`", " ") }), (rest) => {
        const answer = readDotenv(`A=${rest}\nB=2`);
        if (!("values" in answer)) return;
        const [, quote, content] = /^\s*(['"`])(.*?)\1\s*(?:\s#.*)?$/.exec(rest) ?? [];
        const expected = quote === undefined ? rest.replace(/(^|\s+)#.*$/, "").trim() : content;
        expect(answer.values).toEqual({ A: expected, B: "2" });
      }),
      { numRuns: 2000 },
    );
  });
});
