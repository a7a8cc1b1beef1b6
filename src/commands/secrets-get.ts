import { missingSecretsError } from "../secrets/missing-secrets.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { onlyName, openSecrets } from "./secrets-open.ts";

export interface GetOptions {
  readonly namespace?: string;
  readonly reveal?: boolean;
}

/** `flowctl secrets get NAME`: says where it is; with `--reveal` prints the value, and nothing else. */
export async function secretsGetCommand(
  args: readonly string[],
  { namespace, reveal }: GetOptions,
  context: CommandContext,
): Promise<number> {
  const name = onlyName(args, "get");
  const { secrets, print } = await openSecrets(context, { namespace, state: "nothing" });
  const { found, origins, missing } = await secrets.resolve([name]);
  if (missing.length > 0) throw missingSecretsError(missing);
  const provider = origins.get(name);
  const value = found.get(name) ?? "";
  // The one place where a value is shown: past the redactor, on purpose.
  const show = (text: string): void => {
    context.reveal(`${text}\n`);
  };
  if (context.globals.json) show(JSON.stringify({ name, provider, ...(reveal === true ? { value } : {}) }));
  else if (reveal === true) show(value);
  else print(`********  (${String(provider)})`);
  return 0;
}
