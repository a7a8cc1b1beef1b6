import { randomBytes } from "node:crypto";
import type { Clock } from "../host/clock.ts";
import type { Files } from "../host/files.ts";
import type { Environment } from "../host/host.ts";
import { findAgeKeys } from "./age-key.ts";
import type { KeychainTrouble } from "./keychain-trouble.ts";
import type { SecretStore, StoreName } from "./secret-store.ts";
import { serviceOf } from "./secret-name.ts";

/** Whether a store can be used at this moment. */
export interface Probe {
  readonly store: StoreName;
  readonly ok: boolean;
  /** A phrase for people. */
  readonly detail: string;
  readonly help?: string;
  readonly code?: KeychainTrouble["code"];
}

/** Tries both stores. The keychain gets an entry with a random name, which is deleted again. */
export async function probeStores(
  store: SecretStore,
  host: { readonly environment: Environment; readonly files: Files; readonly clock: Clock },
): Promise<readonly Probe[]> {
  return [await probeKeychain(store, host.clock), probeFile(store, host)];
}

async function probeKeychain({ keychain, settings }: SecretStore, clock: Clock): Promise<Probe> {
  const entry = {
    service: serviceOf(settings.namespace),
    account: `FLOWCTL_PROBE_${randomBytes(6).toString("hex")}`,
  };
  const begun = clock.monotonic();
  const set = await keychain.ask({ action: "set", entries: [{ ...entry, value: randomBytes(8).toString("hex") }] });
  if (set.ok) await keychain.ask({ action: "delete", entries: [entry] });
  if (!set.ok) {
    const { code, message, help } = set.trouble;
    return { store: "keychain", ok: false, detail: message, code, ...(help === undefined ? {} : { help }) };
  }
  const took = Math.round(clock.monotonic() - begun);
  return { store: "keychain", ok: true, detail: `written, read and deleted in ${took} ms` };
}

function probeFile(
  { file, settings }: SecretStore,
  { environment, files }: { readonly environment: Environment; readonly files: Files },
): Probe {
  const keys = findAgeKeys(settings, environment, files);
  const document = file.read();
  if (document === undefined && keys.kind === "none") {
    return { store: "file", ok: false, detail: `there is none at ${file.path}, and ${keys.why}`, help: keys.help };
  }
  const names = Object.keys(document?.secrets ?? {}).length;
  if (keys.kind === "none") {
    return {
      store: "file",
      ok: names === 0,
      detail: `${file.path} can be written, not read: ${keys.why}`,
      help: keys.help,
    };
  }
  return {
    store: "file",
    ok: true,
    detail: `${file.path}, ${names} ${names === 1 ? "secret" : "secrets"}, key from ${keys.from}`,
  };
}
