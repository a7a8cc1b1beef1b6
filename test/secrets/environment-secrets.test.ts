import { expect, test } from "vitest";
import { registerEnvironmentSecrets, registerNamedVariables } from "../../src/secrets/environment-secrets.ts";
import { createRedactor } from "../../src/secrets/redactor.ts";

test("secrets of the environment are known before anybody asks for them", async () => {
  const redactor = createRedactor();
  const variables = {
    FLOWCTL_SECRET_TOKEN: "token-value",
    FLOWCTL_SECRETS_KEY: "AGE-SECRET-KEY-1ABC",
    FLOWCTL_SECRETS_BACKEND: "keychain",
    HOOK: "hook-value",
    PATH: "/usr/bin:/bin",
  };
  registerEnvironmentSecrets(redactor, variables);
  registerNamedVariables(redactor, variables, { WEBHOOK: "HOOK", ABSENT: "NOT_SET" });
  expect(redactor.redact("token-value hook-value AGE-SECRET-KEY-1ABC keychain /usr/bin:/bin")).toBe(
    "***TOKEN*** ***WEBHOOK*** ***FLOWCTL_SECRETS_KEY*** keychain /usr/bin:/bin",
  );
});
