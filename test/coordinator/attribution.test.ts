import { describe, expect, it } from "vitest";
import { attributeOutput, type WrittenLine } from "../../src/coordinator/attribution.ts";
import type { StreamName, SystemTerminal } from "../../src/host/terminal.ts";
import { createRedactor } from "../../src/secrets/redactor.ts";

/** A process whose streams are intercepted, with one secret. */
async function intercepted() {
  let write: (stream: StreamName, text: string) => void = () => undefined;
  const terminal = {
    intercept(onText: typeof write) {
      write = onText;
      return () => undefined;
    },
  } as unknown as SystemTerminal;
  const redactor = createRedactor();
  redactor.register("TOKEN", "tok-live-abcdef123456");
  const lines: string[] = [];
  const note = ({ task, text }: WrittenLine): void => void lines.push(`${task?.name ?? ""}: ${text}`);
  const attribution = attributeOutput(terminal, redactor, note);
  return {
    attribution,
    lines,
    write: (text: string) => {
      write("stdout", text);
    },
  };
}

describe("a last line without a line break", () => {
  it("is handed on when a task function returns, throws or settles, and not before", async () => {
    const { attribution, lines, write } = await intercepted();
    attribution.within({ name: "returns" }, () => {
      write("one\ntwo");
    });
    expect(lines).toEqual(["returns: one", "returns: two"]);
    expect(() =>
      attribution.within({ name: "throws" }, () => {
        write("three");
        throw new Error("x");
      }),
    ).toThrow("x");
    expect(lines.at(-1)).toBe("throws: three");
    const settles = attribution.within({ name: "settles" }, async () => {
      write("fo");
      await Promise.resolve();
      write("ur");
    });
    expect(lines).toHaveLength(3);
    await settles;
    expect(lines.at(-1)).toBe("settles: four");
    await expect(
      attribution.within({ name: "rejects" }, async () => {
        write("five");
        throw new Error("y");
      }),
    ).rejects.toThrow("y");
    expect(lines.at(-1)).toBe("rejects: five");
  });

  it("keeps a secret masked that was written in pieces, and shows the beginning of one that is none", async () => {
    const { attribution, lines, write } = await intercepted();
    attribution.within({ name: "a" }, () => {
      write("is tok-live-");
      write("abcdef123456");
    });
    attribution.within({ name: "b" }, () => {
      write("is tok-live-");
    });
    expect(lines).toEqual(["a: is ***TOKEN***", "b: is tok-live-"]);
  });

  it("of one task does not end the line of another", async () => {
    const { attribution, lines, write } = await intercepted();
    const slow = attribution.within({ name: "slow", mapIndex: 1 }, async () => {
      write("first ");
      await Promise.resolve();
      write("second");
    });
    attribution.within({ name: "slow", mapIndex: 2 }, () => {
      write("other");
    });
    expect(lines).toEqual(["slow: other"]);
    await slow;
    expect(lines).toEqual(["slow: other", "slow: first second"]);
  });
});
