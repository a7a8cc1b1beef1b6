import type { Files } from "../host/files.ts";
import { readDotenv } from "../model/dotenv.ts";
import { providerOfEach, type Lookup, type Provider } from "./provider.ts";
import { byName } from "./secret-name.ts";
import type { SecretSettings } from "./secret-settings.ts";

/** Plain files of `NAME=value` lines; only where config names them. The first that has the name wins. */
export function dotenvProvider(settings: SecretSettings, files: Files): Provider {
  return providerOfEach("dotenv", (name): Lookup => {
    for (const path of settings.dotenv) {
      const read = readText(path, files);
      if (read === undefined) return { kind: "no", why: `${path} cannot be read` };
      const answer = readDotenv(read);
      if ("problem" in answer) {
        const { line, column, message, help } = answer.problem;
        return { kind: "no", why: `${path}:${line}:${column}: ${message}`, help };
      }
      const value = byName(answer.values)[name];
      if (value !== undefined && value !== "") return { kind: "found", value };
    }
    return { kind: "no", why: `it is not in ${settings.dotenv.join(" or ")}` };
  });
}

/** Nothing in a file that is absent; `undefined` for one that may not be read. */
function readText(path: string, files: Files): string | undefined {
  try {
    return files.readInput(path) ?? "";
  } catch {
    return undefined;
  }
}
