import type { Files } from "../host/files.ts";
import type { Environment } from "../host/host.ts";
import { UserError } from "../model/error.ts";
import type { AgeFile } from "./age-file.ts";
import { findAgeKeys } from "./age-key.ts";
import { providerOfEach, type Lookup, type Provider } from "./provider.ts";
import type { Redactor } from "./redactor.ts";
import type { SecretSettings } from "./secret-settings.ts";

/** The age-encrypted file. Its library is loaded only where the file has the name and a key is at hand. */
export function fileProvider(
  settings: SecretSettings,
  { environment, files, redactor }: { environment: Environment; files: Files; redactor: Redactor },
  file: AgeFile,
): Provider {
  return providerOfEach("file", async (name): Promise<Lookup> => {
    try {
      const document = file.read();
      if (document === undefined) return { kind: "no", why: "there is none" };
      if (document.secrets[name] === undefined) return { kind: "no", why: `it is not in ${file.path}` };
      const keys = findAgeKeys(settings, environment, files);
      if (keys.kind === "none") return { kind: "no", why: `it is in ${file.path}, but ${keys.why}`, help: keys.help };
      for (const each of keys.identities) redactor.register("FLOWCTL_SECRETS_KEY", each);
      const value = await file.decrypt(name, keys.identities);
      return value === undefined ? { kind: "no", why: `it is not in ${file.path}` } : { kind: "found", value };
    } catch (error) {
      // Ours name the file by themselves.
      if (error instanceof UserError) return { kind: "no", why: error.message };
      return { kind: "no", why: `${file.path}: ${error instanceof Error ? error.message : "it cannot be read"}` };
    }
  });
}
