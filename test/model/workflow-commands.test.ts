import { expect, test } from "vitest";
import { commandData, commandProperty, withoutCommands } from "../../src/model/workflow-commands.ts";

test("escapes what ends a command's data and its properties", () => {
  expect(commandData("50%\r\na:b,c")).toBe("50%25%0D%0Aa:b,c");
  expect(commandProperty("50%\r\na:b,c")).toBe("50%25%0D%0Aa%3Ab%2Cc");
});

test("leaves no command in a line, in its old form neither", () => {
  expect(withoutCommands("ok ##[error]x\n  ::warning::y\na::b\n")).toBe("ok ## [error]x\n  : :warning::y\na::b\n");
});

test.each(["", " ", "\t", "\u00a0", "\u1680", "\u2003\t", "\u205f", "\u3000", "\ufeff", "\u2028", "\u2029", "\u0085"])(
  "leaves no command behind white space %j, which GitHub trims",
  (space) => {
    expect(withoutCommands(`x\n${space}::error::x\n`)).toBe(`x\n${space}: :error::x\n`);
  },
);
