import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineBuffer } from "../../src/runs/line-buffer.ts";

const read = (buffer: LineBuffer): string => Buffer.from(buffer.take()).toString();

describe("a buffer of lines", () => {
  it("holds any text as JSON would write it, however small it was at first", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 50 })), (texts) => {
        const buffer = new LineBuffer(8);
        for (const text of texts) buffer.quoted(text);
        expect(read(buffer)).toBe(texts.map((text) => JSON.stringify(text)).join(""));
      }),
    );
  });

  it("writes whole numbers, zero and the greatest among them", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const buffer = new LineBuffer(4);
        for (const each of [0, value, Number.MAX_SAFE_INTEGER]) {
          buffer.number(each);
          buffer.text("|");
        }
        expect(read(buffer)).toBe(`0|${String(value)}|${String(Number.MAX_SAFE_INTEGER)}|`);
      }),
    );
  });

  it("grows for bytes beyond its capacity", () => {
    const buffer = new LineBuffer(4);
    buffer.bytes(Buffer.from("longer than four"));
    buffer.bytes(Buffer.from(", twice"));
    expect(read(buffer)).toBe("longer than four, twice");
  });

  it("is empty once it has been taken, and does not hold on to the room a long text took", () => {
    const buffer = new LineBuffer(16);
    buffer.text("x".repeat(1000));
    expect(buffer.take()).toHaveLength(1000);
    expect(buffer.length).toBe(0);
    buffer.text("short");
    expect(buffer.take().buffer.byteLength).toBe(16);
  });
});
