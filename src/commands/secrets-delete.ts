import { userError } from "../model/error.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { onlyName, openSecrets } from "./secrets-open.ts";

export interface DeleteOptions {
  readonly namespace?: string;
  readonly ifExists?: boolean;
}

/** `flowctl secrets delete NAME`: removes it from every store. */
export async function secretsDeleteCommand(
  args: readonly string[],
  { namespace, ifExists }: DeleteOptions,
  context: CommandContext,
): Promise<number> {
  const name = onlyName(args, "delete");
  const { store, say } = await openSecrets(context, { namespace });
  const removed = await store.remove(name);
  if (removed.length === 0 && ifExists !== true) {
    throw userError("failed", "SECRET_NOT_FOUND", `${name} is in no store, so there was nothing to delete.`, {
      help: "flowctl secrets list",
    });
  }
  const titles = { keychain: "the OS keychain", file: `the encrypted file ${store.file.path}` };
  if (removed.length > 0) say(`Deleted ${name} from ${removed.map((each) => titles[each]).join(" and ")}.`);
  return 0;
}
