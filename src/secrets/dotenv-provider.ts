import { parseEnv } from "node:util";
import type { Files } from "../host/files.ts";
import { providerOfEach, type Lookup, type Provider } from "./provider.ts";
import type { SecretSettings } from "./secret-settings.ts";

/** Plain files of `NAME=value` lines; only where config names them. The first that has the name wins. */
export function dotenvProvider(settings: SecretSettings, files: Files): Provider {
  return providerOfEach("dotenv", (name): Lookup => {
    for (const path of settings.dotenv) {
      const value = parseEnv(files.read(path) ?? "")[name];
      if (value !== undefined && value !== "") return { kind: "found", value };
    }
    return { kind: "no", why: `it is not in ${settings.dotenv.join(" or ")}` };
  });
}
