import type { IndexEntry } from "../secrets/secret-index.ts";
import { variableOf } from "../secrets/secret-name.ts";
import type { SecretStore } from "../secrets/secret-store.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { openSecrets } from "./secrets-open.ts";

interface ListedSecret {
  readonly name: string;
  readonly provider: IndexEntry["store"];
  readonly namespace: string;
  readonly updatedAt: string;
  /** Whether a variable of the environment wins over it. */
  readonly envOverride: boolean;
}

/** `flowctl secrets list`: names and places, and nothing that could be derived from a value. */
export async function secretsListCommand(
  _args: readonly string[],
  { namespace }: { readonly namespace?: string },
  context: CommandContext,
): Promise<number> {
  const { store, print, say } = await openSecrets(context, { namespace, state: "nothing" });
  const { variables } = context.host.environment;
  const listed = stored(store)
    .filter((each) => namespace === undefined || each.namespace === namespace)
    .map(({ name, store: provider, namespace: of, updatedAt }): ListedSecret => ({
      name,
      provider,
      namespace: of,
      updatedAt,
      envOverride: (variables[variableOf(name)] ?? "") !== "",
    }));
  if (context.globals.json) {
    print(JSON.stringify(listed));
    return 0;
  }
  const width = Math.max(0, ...listed.map((each) => each.name.length));
  for (const { name, provider, namespace: of, updatedAt, envOverride } of listed) {
    const place = of === "" ? provider : `${provider}, namespace ${of}`;
    const override = envOverride ? "  overridden by the environment" : "";
    print(`${name.padEnd(width)}  ${place}  ${updatedAt.slice(0, 10)}${override}`);
  }
  if (listed.length === 0) say("No secrets are stored. Store one: flowctl secrets set NAME");
  return 0;
}

/** What the index knows, and what the encrypted file holds beside: a colleague may have added to it. */
function stored({ index, file, settings }: SecretStore): readonly IndexEntry[] {
  const known = index.list();
  const inFile = Object.entries(file.read()?.secrets ?? {})
    .filter(([name]) => !known.some((each) => each.store === "file" && each.name === name))
    .map(([name, { updatedAt }]): IndexEntry => ({ name, namespace: settings.namespace, store: "file", updatedAt }));
  return [...known, ...inFile].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
