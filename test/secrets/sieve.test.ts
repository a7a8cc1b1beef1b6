import fc from "fast-check";
import { expect, test } from "vitest";
import { patternsOf, skippable, unitKey, unitOf, type Pattern } from "../../src/secrets/patterns.ts";
import { SecretMatcher } from "../../src/secrets/secret-matcher.ts";
import { Sieve } from "../../src/secrets/sieve.ts";
import { createMasker } from "../../src/secrets/masker.ts";
import { BACK_TO_START, END_OF_MATCH, type Unit } from "../../src/secrets/unit.ts";
import { ENCODINGS, spelled } from "./spellings.ts";

const character = fc.constantFrom(...Array.from("abGHxyz0179/+=&<>'\"\\ %é😀$`-_.\n\t\0\u001b^{|"));
const secret = fc.string({ unit: character, minLength: 4, maxLength: 120 });
const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const seeds = fc.array(fc.nat(), { minLength: 1, maxLength: 300 });

/** A text that shows a pattern: a random path through the automaton of each of its units. */
function written(pattern: Pattern, random: readonly number[]): Buffer {
  let used = 0;
  const next = (below: number): number => (random[(used += 1) % random.length] ?? 0) % below;
  const bytes: number[] = [];
  const codes = Array.from(pattern.text, (each) => each.codePointAt(0) ?? 0);
  for (let index = next(skippable(pattern) + 1); index < pattern.enough; index += 1) {
    const unit = unitOf(unitKey(pattern.kind, codes[index] ?? 0, index));
    const left = stepsLeft(unit);
    for (let node = 0, steps = 0; ; steps += 1) {
      const edges = [...(unit.edges[node] ?? [])].filter(([, to]) => to !== BACK_TO_START);
      if (unit.isEnd[node] === true && (edges.length === 0 || steps > MAX_STEPS || next(2) === 0)) break;
      // A path that has gone round for long takes the shortest way to its end.
      const [byte = 0, to = 0] =
        steps > MAX_STEPS
          ? (edges.find(([, target]) => (left[target] ?? 0) < (left[node] ?? 0)) ?? [])
          : (edges[next(edges.length)] ?? []);
      bytes.push(byte);
      if (to === END_OF_MATCH) return Buffer.from(bytes);
      node = to;
    }
  }
  return Buffer.from(bytes);
}

const MAX_STEPS = 12;

/** By node: the fewest bytes to the end of a spelling. */
function stepsLeft(unit: Unit): readonly number[] {
  const left = unit.isEnd.map((isEnd) => (isEnd ? 0 : Infinity));
  for (let hasChanged = true; hasChanged;) {
    hasChanged = false;
    for (const [node, edges] of unit.edges.entries()) {
      for (const to of edges.values()) {
        const steps = (to < 0 ? (to === END_OF_MATCH ? 0 : Infinity) : (left[to] ?? Infinity)) + 1;
        if (steps >= (left[node] ?? Infinity)) continue;
        left[node] = steps;
        hasChanged = true;
      }
    }
  }
  return left;
}

test("lets every text pass that is on a path through the automaton of a pattern", () => {
  fc.assert(
    fc.property(secret, fc.nat(), seeds, (value, which, random) => {
      const patterns = patternsOf("N", value);
      const pattern = patterns[which % patterns.length];
      if (pattern === undefined) return;
      const text = written(pattern, random).toString();
      expect(new Sieve([pattern]).mayShow(text), `${pattern.kind} ${text}`).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

test.each(["characters", "quoted", "base64", "hex", "decimal"] as const)(
  "knows every way to write a unit of %s",
  (kind) => {
    fc.assert(
      fc.property(kind === "characters" || kind === "quoted" ? character : byte, seeds, (text, random) => {
        const pattern: Pattern = { name: "N", kind, text, enough: 1 };
        expect(new Sieve([pattern]).mayShow(written(pattern, random).toString())).toBe(true);
      }),
      { numRuns: 3000 },
    );
  },
);

test("lets every text pass in which the automaton finds a secret", () => {
  const ways = fc.array(fc.nat(), { minLength: 1, maxLength: 12 });
  const how = fc.record({ offset: fc.nat(2), width: fc.integer({ min: 1, max: 80 }) });
  fc.assert(
    fc.property(secret, ways, fc.nat(ENCODINGS.length - 1), how, (value, way, which, width) => {
      const patterns = patternsOf("N", value);
      for (const text of [spelled(value, way), ENCODINGS[which]?.(Buffer.from(value), width) ?? ""]) {
        const { ranges } = new SecretMatcher(patterns).scan(Buffer.from(text), { isLast: true });
        if (ranges.length > 0) expect(new Sieve(patterns).mayShow(text), text).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
});

test("makes no difference to what is masked, in the first texts as in later ones", () => {
  const text = fc.string({ unit: fc.constantFrom(...Array.from("ab1-%2dYWI +")), maxLength: 60 });
  const values = fc.array(fc.string({ unit: fc.constantFrom(...Array.from("ab1-")), minLength: 4, maxLength: 9 }), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(values, text, (secrets, given) => {
      const [first, later] = [createMasker(), createMasker()];
      for (const each of secrets) for (const masker of [first, later]) masker.add("N", each);
      // What a stream has to look for needs the automaton.
      later.stream().write("a");
      expect(first.mask(given)).toBe(later.mask(given));
    }),
    { numRuns: 1000 },
  );
});

test("proves of ordinary lines that they show no secret", () => {
  const sieve = new Sieve(patternsOf("N", "Zk7q-42xV!9w"));
  // What an earlier text has is no part of later ones.
  expect(sieve.mayShow("Zk7q-42xV!9w \\")).toBe(true);
  for (const line of [
    "hello",
    "Task run succeeded.",
    "/home/user/flows/nightly.ts",
    '{"at":"2026-11-30T23:19:47.000Z"}',
  ])
    expect([line, sieve.mayShow(line)]).toEqual([line, false]);
});

test("looks for a secret that is added between two texts", () => {
  const masker = createMasker();
  masker.add("FIRST", "correct horse");
  expect(masker.mask("a first line")).toBe("a first line");
  masker.add("SECOND", "battery staple");
  expect(masker.mask("battery staple, correct horse")).toBe("***SECOND***, ***FIRST***");
});
