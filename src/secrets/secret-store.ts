import { userError } from "../model/error.ts";
import { openAgeFile, recipientsOf, type AgeFile } from "./age-file.ts";
import { findAgeKeys } from "./age-key.ts";
import { createKeychain, type Keychain } from "./keychain.ts";
import { troubleOf, type KeychainTrouble } from "./keychain-trouble.ts";
import { createSecretIndex, type SecretIndex } from "./secret-index.ts";
import { serviceOf, variableOf } from "./secret-name.ts";
import { readSettings, type SecretSettings } from "./secret-settings.ts";
import type { SecretsOptions } from "./secrets.ts";

export type StoreName = "keychain" | "file";

/** Where secrets are written. */
export interface SecretStore {
  readonly settings: SecretSettings;
  readonly index: SecretIndex;
  readonly keychain: Keychain;
  readonly file: AgeFile;
  /**
   * Writes all values to one store: the keychain where it can be used, else the encrypted file.
   * @param store the only one that will do
   * @throws UserError "secret" where there is none; then nothing is written
   */
  write(values: Readonly<Record<string, string>>, store?: StoreName): Promise<Written>;
  /** Removes a name from every store. @throws UserError "secret" where the keychain that holds it cannot be asked */
  remove(name: string): Promise<readonly StoreName[]>;
}

export interface Written {
  readonly store: StoreName;
  /** For people: `the OS keychain (flowctl)`. */
  readonly title: string;
  readonly stored: readonly string[];
  readonly failed: readonly { readonly name: string; readonly why: string }[];
  readonly warnings: readonly string[];
}

/** A keychain that a person can mend must not be evaded: its older value would come back and win. */
const EVADED: readonly KeychainTrouble["code"][] = ["NO_BUS", "NO_MODULE", "NO_SERVICE", "NO_KEYRING"];

/** @throws UserError "usage" as `createSecrets` does */
export function openSecretStore(options: SecretsOptions): SecretStore {
  const { environment, files, clock } = options;
  const settings = readSettings(options);
  const index = createSecretIndex(options);
  const keychain = createKeychain({ ...options, timeoutMs: settings.keychainTimeout });
  const file = openAgeFile(settings.file, options);
  const { namespace } = settings;

  const note = (names: readonly string[], store: StoreName): Promise<void> => {
    const updatedAt = new Date(clock.now()).toISOString();
    return index.add(names.map((name) => ({ name, namespace, store, updatedAt })));
  };

  const toKeychain = async (values: Readonly<Record<string, string>>): Promise<Written | KeychainTrouble> => {
    const pairs = Object.entries(values);
    const entries = pairs.map(([account, value]) => ({ service: serviceOf(namespace), account, value }));
    const reply = await keychain.ask({ action: "set", entries });
    if (!reply.ok) return reply.trouble;
    const failed = pairs.flatMap(([name], at) => {
      const answer = reply.answers[at];
      return answer?.ok === false ? [{ name, why: troubleOf(answer.message).message }] : [];
    });
    const stored = pairs.map(([name]) => name).filter((name) => !failed.some((each) => each.name === name));
    await note(stored, "keychain");
    return { store: "keychain", title: `the OS keychain (${serviceOf(namespace)})`, stored, failed, warnings: [] };
  };

  /** @returns `undefined` where there is neither a file nor a key to begin one with */
  const toFile = async (values: Readonly<Record<string, string>>): Promise<Written | undefined> => {
    const names = Object.keys(values);
    const recipients = file.read()?.recipients ?? (await firstRecipients());
    if (recipients.length === 0) return undefined;
    await file.write(values, recipients);
    await note(names, "file");
    const shadowed = index.list().filter((each) => each.store === "keychain" && names.includes(each.name));
    const warnings = shadowed
      .filter((each) => settings.namespaces.includes(each.namespace))
      .map((each) => `the OS keychain has ${each.name}, too, and its value comes first`);
    return { store: "file", title: `the encrypted file ${file.path}`, stored: names, failed: [], warnings };
  };

  const firstRecipients = async (): Promise<readonly string[]> => {
    if (settings.recipients.length > 0) return settings.recipients;
    const keys = findAgeKeys(settings, environment, files);
    return keys.kind === "keys" ? recipientsOf(keys.identities) : [];
  };

  return {
    settings,
    index,
    keychain,
    file,
    write: async (values, store) => {
      const names = Object.keys(values);
      const only =
        store ?? (settings.backend === "file" || settings.backend === "keychain" ? settings.backend : undefined);
      if (store === undefined && settings.backend === "env") {
        throw noStore(names, "FLOWCTL_SECRETS_BACKEND=env leaves no store to write to", undefined);
      }
      const attempt = only === "file" ? undefined : await toKeychain(values);
      if (attempt !== undefined && "store" in attempt) return attempt;
      const why = attempt === undefined ? "" : `the OS keychain: ${attempt.message}`;
      if (attempt !== undefined && (only === "keychain" || !EVADED.includes(attempt.code))) {
        throw noStore(names, why, attempt.help);
      }
      const written = await toFile(values);
      if (written !== undefined) return written;
      const noFile = `the encrypted file: there is none, and no key to begin it with`;
      throw noStore(names, [why, noFile].filter(Boolean).join("; "), attempt?.help);
    },
    remove: async (name) => {
      const removed: StoreName[] = [];
      if (await file.remove(name)) removed.push("file");
      const entries = [{ service: serviceOf(namespace), account: name }];
      const reply = await keychain.ask({ action: "delete", entries });
      const known = index
        .list()
        .some((each) => each.name === name && each.namespace === namespace && each.store === "keychain");
      if (!reply.ok && known) throw cannotDelete(name, reply.trouble);
      if (reply.ok && reply.answers[0]?.ok === true && reply.answers[0].found) removed.push("keychain");
      await index.remove(namespace, name);
      return removed;
    },
  };
}

function noStore(names: readonly string[], why: string, help: string | undefined) {
  const subject = names.length === 1 ? (names[0] ?? "") : `${names.length} secrets`;
  const ways = `flowctl secrets keygen makes a key for the encrypted file; or export ${variableOf(names[0] ?? "NAME")}`;
  return userError("secret", "SECRET_NO_STORE", `Cannot store ${subject}: ${why}.`, {
    help: help === undefined ? ways : `${help}\n${ways}`,
  });
}

function cannotDelete(name: string, { message, help }: KeychainTrouble) {
  return userError("secret", "SECRET_NOT_DELETED", `Cannot delete ${name} from the OS keychain: ${message}.`, {
    ...(help === undefined ? {} : { help }),
  });
}
