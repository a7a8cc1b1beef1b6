import { join } from "node:path";
import { openAgeFile } from "./age-file.ts";
import { dotenvProvider } from "./dotenv-provider.ts";
import { envProvider } from "./env-provider.ts";
import { execProvider } from "./exec-provider.ts";
import { fileProvider } from "./file-provider.ts";
import { createKeychain } from "./keychain.ts";
import { keychainProvider } from "./keychain-provider.ts";
import { providerOfEach, type Lookup, type Provider, type ProviderName } from "./provider.ts";
import { createSecretIndex } from "./secret-index.ts";
import type { SecretSettings } from "./secret-settings.ts";
import type { SecretsOptions } from "./secrets.ts";

/** Where the names of stored secrets are kept. */
export function indexPath(stateDirectory: string): string {
  return join(stateDirectory, "secrets", "index.json");
}

/** The providers that are asked, in their order; those that config says nothing of are left out. */
export function createProviders(settings: SecretSettings, options: SecretsOptions): readonly Provider[] {
  const pinned = Object.values(settings.pins);
  const order = [...new Set([...settings.order, ...pinned])].filter((name) => isOfUse(name, settings, options));
  return order.map((name) => createProvider(name, settings, options));
}

function isOfUse(name: ProviderName, settings: SecretSettings, { context }: SecretsOptions): boolean {
  switch (name) {
    case "context":
      return context !== undefined && Object.keys(context).length > 0;
    case "exec":
      return Object.keys(settings.exec).length > 0;
    case "dotenv":
      return settings.dotenv.length > 0;
    case "env":
    case "keychain":
    case "file":
      return true;
  }
}

function createProvider(name: ProviderName, settings: SecretSettings, options: SecretsOptions): Provider {
  const { environment, files, clock } = options;
  switch (name) {
    case "context":
      return providerOfEach("context", (secret): Lookup => {
        const value = options.context?.[secret];
        return value === undefined ? { kind: "no", why: "it was not given" } : { kind: "found", value };
      });
    case "env":
      return envProvider(settings, environment);
    case "keychain": {
      const keychain = createKeychain({ ...options, timeoutMs: settings.keychainTimeout });
      return keychainProvider(settings, keychain, createSecretIndex(indexPath(options.stateDirectory), files, clock));
    }
    case "file":
      return fileProvider(settings, options, openAgeFile(settings.file, files, clock));
    case "exec":
      return execProvider(settings, environment, clock);
    case "dotenv":
      return dotenvProvider(settings, files);
  }
}
