import { expect, test } from "vitest";
import { addMask } from "../../src/secrets/add-mask.ts";

test("a value of several lines is one escaped command", () => {
  expect(addMask("100%\r\nb")).toBe("::add-mask::100%25%0D%0Ab\n");
});
