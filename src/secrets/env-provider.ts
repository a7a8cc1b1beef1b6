import type { Environment } from "../host/host.ts";
import { providerOfEach, type Lookup, type Provider } from "./provider.ts";
import { variableOf } from "./secret-name.ts";
import type { SecretSettings } from "./secret-settings.ts";

/**
 * `FLOWCTL_SECRET_<NAME>`, then the variable that config names for it. A variable
 * of the secret's bare name is not read unless config says so: a stale export must
 * not win in silence. An empty variable counts as unset.
 */
export function envProvider(settings: SecretSettings, { variables }: Environment): Provider {
  const lookup = (name: string): Lookup => {
    const looked = [variableOf(name), ...[settings.variables[name] ?? []].flat()];
    const value = looked.map((each) => variables[each]).find((each) => each !== undefined && each !== "");
    return value === undefined
      ? { kind: "no", why: `${looked.join(" and ")} ${looked.length > 1 ? "are" : "is"} not set` }
      : { kind: "found", value };
  };
  return providerOfEach("env", lookup, { isAtHand: true });
}
