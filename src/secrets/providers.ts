import { envProvider } from "./env-provider.ts";
import type { Keychain } from "./keychain.ts";
import { providerOfEach, type Lookup, type Provider, type ProviderName } from "./provider.ts";
import { byName } from "./secret-name.ts";
import type { SecretSettings } from "./secret-settings.ts";
import type { SecretsOptions } from "./secrets.ts";

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

/** What needs more than the environment is loaded when it is asked: most runs in CI never get there. */
function createProvider(name: ProviderName, settings: SecretSettings, options: SecretsOptions): Provider {
  const { environment, files, clock } = options;
  switch (name) {
    case "context":
      return contextProvider(options);
    case "env":
      return envProvider(settings, environment);
    case "keychain":
      return lateKeychain(settings, options);
    case "file":
      return loaded(name, async () => {
        const [{ fileProvider }, { openAgeFile }] = await Promise.all([
          import("./file-provider.ts"),
          import("./age-file.ts"),
        ]);
        return fileProvider(settings, options, openAgeFile(settings.file, options));
      });
    case "exec":
      return loaded(name, async () => (await import("./exec-provider.ts")).execProvider(settings, environment, clock));
    case "dotenv":
      return loaded(name, async () => (await import("./dotenv-provider.ts")).dotenvProvider(settings, files));
  }
}

function contextProvider(options: SecretsOptions): Provider {
  const lookup = (secret: string): Lookup => {
    const value = byName(options.context)[secret];
    return value === undefined ? { kind: "no", why: "it was not given" } : { kind: "found", value };
  };
  return providerOfEach("context", lookup, { isAtHand: true });
}

function lateKeychain(settings: SecretSettings, options: SecretsOptions): Provider {
  let keychain: Keychain | undefined;
  const open = async (): Promise<Keychain> => {
    const { createKeychain } = await import("./keychain.ts");
    return (keychain ??= createKeychain({ ...options, timeoutMs: settings.keychainTimeout }));
  };
  return {
    name: "keychain",
    lookup: async (names) => {
      const [opened, { keychainProvider }, { createSecretIndex }] = await Promise.all([
        open(),
        import("./keychain-provider.ts"),
        import("./secret-index.ts"),
      ]);
      return keychainProvider(settings, opened, createSecretIndex(options)).lookup(names);
    },
    warm: async () => {
      (await open()).warm();
    },
    close: () => keychain?.close(),
  };
}

function loaded(name: ProviderName, load: () => Promise<Provider>): Provider {
  return { name, lookup: async (names) => (await load()).lookup(names) };
}
