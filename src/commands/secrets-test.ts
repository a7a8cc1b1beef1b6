import { EXIT_CODES } from "../model/error.ts";
import { missingSecretsError } from "../secrets/missing-secrets.ts";
import { probeStores } from "../secrets/probe.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { checkName, openSecrets } from "./secrets-open.ts";

/**
 * `flowctl secrets test [NAME…]`: says which provider has each secret, never the
 * value. Without names it writes, reads and deletes an entry of its own.
 */
export async function secretsTestCommand(
  args: readonly string[],
  { namespace }: { readonly namespace?: string },
  context: CommandContext,
): Promise<number> {
  args.forEach(checkName);
  const { secrets, store, print } = await openSecrets(context, { namespace, state: "nothing" });
  const { json } = context.globals;
  if (args.length === 0) {
    const probes = await probeStores(store, context.host);
    if (json) print(JSON.stringify(probes));
    else for (const { store: name, ok, detail } of probes) print(`${ok ? "ok    " : "failed"}  ${name}  ${detail}`);
    return probes.some((each) => each.ok) ? 0 : EXIT_CODES.secret;
  }
  const { origins, missing } = await secrets.resolve(args);
  const results = [...origins].map(([name, provider]) => ({ name, provider }));
  if (json) print(JSON.stringify([...results, ...missing.map(({ name, tried }) => ({ name, provider: null, tried }))]));
  else for (const { name, provider } of results) print(`ok  ${name}  (${provider})`);
  if (missing.length > 0) throw missingSecretsError(missing);
  return 0;
}
