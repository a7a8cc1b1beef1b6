import { expect, test } from "vitest";
import { checkSecretValue, decodeSecret, withoutTrailingBreak } from "../../src/secrets/secret-value.ts";

test.each([
  ["", "empty"],
  ["a\0b", "NUL"],
  ["x".repeat(64 * 1024 + 1), "65537 bytes"],
])("a value that no store keeps is refused, without being shown", (value, reason) => {
  const check = checkSecretValue(value, "linux");
  expect(check).toMatchObject({ ok: false, problem: expect.stringContaining(reason) as string });
});

test("what is too large for Windows is refused there and warned of elsewhere", () => {
  const value = "x".repeat(2561);
  expect(checkSecretValue(value, "win32")).toMatchObject({ ok: false });
  expect(checkSecretValue(value, "linux")).toMatchObject({
    ok: true,
    warnings: [expect.stringContaining("will not fit the Windows keychain")],
  });
});

test("short values and white space at the ends are warned of", () => {
  expect(checkSecretValue("12345 ", "linux")).toMatchObject({
    ok: true,
    warnings: [expect.anything(), expect.anything()],
  });
});

test.each([
  ["xyz", "cannot hide it at all"],
  ["Production", "common word"],
])("what output cannot hide well is warned of, without being shown", (value, reason) => {
  const check = checkSecretValue(value, "linux");
  expect(JSON.stringify(check)).toContain(reason);
  expect(JSON.stringify(check)).not.toContain(value);
});

test("bytes that are no UTF-8 are no value", () => {
  expect(decodeSecret(Uint8Array.of(0xff, 0xfe, 0x41))).toBeUndefined();
  expect(decodeSecret(new TextEncoder().encode("\uFEFFé"))).toBe("\uFEFFé");
});

test("only line breaks at the end are cut off", () => {
  expect(withoutTrailingBreak(" a\nb \r\n")).toBe(" a\nb ");
});
