import type { Files, FileStat } from "../host/files.ts";
import type { Environment } from "../host/host.ts";
import type { SecretSettings } from "./secret-settings.ts";

/** The private keys at hand for the encrypted file. */
export type AgeKeys =
  | { readonly kind: "keys"; readonly identities: readonly string[]; readonly from: string }
  | { readonly kind: "none"; readonly why: string; readonly help: string };

const IDENTITY = /^AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]+$/;
const HELP = "set FLOWCTL_SECRETS_KEY or FLOWCTL_SECRETS_KEY_FILE, or make a key: flowctl secrets keygen";

/**
 * Finds the key: `FLOWCTL_SECRETS_KEY`, else the file that `FLOWCTL_SECRETS_KEY_FILE`
 * names, else the one that `secrets keygen` writes. A key file that others can read
 * is refused, as ssh does.
 */
export function findAgeKeys(settings: SecretSettings, environment: Environment, files: Files): AgeKeys {
  const { variables, platform } = environment;
  const given = variables["FLOWCTL_SECRETS_KEY"];
  if (given !== undefined && given !== "") return identitiesIn(given, "FLOWCTL_SECRETS_KEY");
  const named = variables["FLOWCTL_SECRETS_KEY_FILE"];
  const path = named === undefined || named === "" ? settings.defaultKeyFile : named;
  const stat = look(path, files);
  if (stat === "hidden") return { kind: "none", why: `the key file ${path} cannot be read`, help: HELP };
  if (stat === undefined) {
    return {
      kind: "none",
      why: path === named ? `the key file ${path} does not exist` : "no key is given",
      help: HELP,
    };
  }
  if (platform !== "win32" && (stat.mode & 0o077) !== 0) {
    return { kind: "none", why: `others can read the key file ${path}`, help: `chmod 600 ${path}` };
  }
  try {
    return identitiesIn(files.readInput(path) ?? "", path);
  } catch {
    return { kind: "none", why: `the key file ${path} cannot be read`, help: HELP };
  }
}

/** Key files may hold comments and several keys; a CI variable may have lost its line breaks' ends. */
function identitiesIn(text: string, from: string): AgeKeys {
  const identities = text.split(/\s+/).filter((each) => IDENTITY.test(each));
  if (identities.length > 0) return { kind: "keys", identities, from };
  return { kind: "none", why: `${from} holds no age key (AGE-SECRET-KEY-1…)`, help: HELP };
}

/** A directory may keep us from seeing whether there is a file. */
function look(path: string, files: Files): FileStat | undefined | "hidden" {
  try {
    return files.stat(path);
  } catch {
    return "hidden";
  }
}
