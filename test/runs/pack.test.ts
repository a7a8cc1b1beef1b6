import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMasker } from "../../src/secrets/masker.ts";
import { pack, unpack, Unkeepable, type PackOptions } from "../../src/runs/pack.ts";

const OPTIONS: PackOptions = { redact: (text) => text.replaceAll("hush", "***"), limit: 2 ** 20 };

async function there(value: unknown): Promise<unknown> {
  const { text } = await pack(value, OPTIONS);
  return unpack(JSON.parse(`{${text}}`) as object);
}
async function reason(value: unknown): Promise<string> {
  try {
    await pack(value, OPTIONS);
  } catch (error) {
    if (error instanceof Unkeepable) return error.message;
    throw error;
  }
  return "kept";
}

class Point {
  x = 1;
}

describe("a value that is kept", () => {
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  it.each([
    ["nothing", null],
    ["a text", 'with "quotes" and \n breaks'],
    ["numbers", [1, -2.5, 1e300, NaN, Infinity, -0]],
    ["nested lists and objects", { a: [{ b: [true, null] }], "": "empty key" }],
    ["a field that is undefined", { a: undefined }],
    ["a date", { at: new Date(5) }],
    ["a map and a set", new Map<unknown, unknown>([["k", new Set([1, "2"])]])],
    ["a big integer", 12345678901234567890n],
    ["bytes", new Uint8Array([1, 2, 255])],
    ["an address", new URL("https://example.com/a?b")],
    ["itself inside of it", cyclic],
    ["a key that means something to JavaScript", JSON.parse('{"a":{"constructor":1}}')],
  ])("comes back as it was: %s", async (_what, value) => {
    expect(await there(value)).toEqual(value);
  });

  it("comes back as null where it is undefined", async () => {
    expect(await there(undefined)).toBe(null);
  });

  it("may be an error, with its cause", async () => {
    const back = await there({ why: new TypeError("wrong", { cause: new Error("deeper") }) });
    const { why } = back as { why: Error };
    expect([why instanceof Error, why.name, why.message, (why.cause as Error).message]).toEqual([
      true,
      "TypeError",
      "wrong",
      "deeper",
    ]);
  });
});

describe("a value that is not kept", () => {
  it.each([
    ["a function", () => 1, "it is a function"],
    ["one inside of it", { a: [{ handler: () => 1 }] }, "it holds a function (at .a[0].handler)"],
    ["a symbol", { key: Symbol("s") }, "it holds a symbol (at .key)"],
    ["an object of a class", new Point(), "it is an object of a class"],
    ["a secret", "hush", "it holds a secret"],
    ["a secret inside of it", { deep: ["say hush now"] }, "it holds a secret"],
    ["a secret for a name", { hush: 1 }, "it holds a secret"],
    ["a secret in a map", new Map([["a", "hush"]]), "it holds a secret"],
    ["a secret beside a date", { at: new Date(0), x: "hush" }, "it holds a secret"],
    ["too long a text", "x".repeat(2 ** 20), "it is longer than 1 MiB"],
    ["too long a list", new Array<number>(2 ** 20).fill(7), "it is longer than 1 MiB"],
    ["too many bytes", new Uint8Array(2 ** 20), "it is longer than 1 MiB"],
  ])("says why: %s", async (_what, value, why) => {
    expect(await reason(value)).toBe(why);
  });
});

it("a value with a secret is not kept, whatever its characters become in JSON", async () => {
  const unit = fc.constantFrom(...Array.from("abGH01/+=&<>'\"\\ %é😀$`\n\t\u0000\u2028-_"));
  await fc.assert(
    fc.asyncProperty(fc.string({ unit, minLength: 4, maxLength: 20 }), async (value) => {
      const masker = createMasker();
      masker.add("NAME", value);
      const text = `is ${value} here`;
      const redact = (each: string): string => masker.mask(each);
      fc.pre(redact(text) !== text);
      for (const each of [{ text }, new Map([["text", text]])])
        await expect(Promise.resolve().then(() => pack(each, { redact, limit: 2 ** 20 }))).rejects.toThrow(Unkeepable);
    }),
    { numRuns: 500 },
  );
});
