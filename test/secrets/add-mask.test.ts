import { expect, test } from "vitest";
import { addMaskCommand } from "../../src/secrets/add-mask.ts";

test("under GitHub Actions a value of several lines is one escaped command", () => {
  expect(addMaskCommand("100%\r\nb", { GITHUB_ACTIONS: "true" })).toBe("::add-mask::100%25%0D%0Ab\n");
});

test("elsewhere nothing is printed, since the command shows the value", () => {
  expect(addMaskCommand("value", {})).toBe("");
});
