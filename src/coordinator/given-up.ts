import { join } from "node:path";
import { readable } from "../model/disk-trouble.ts";
import type { CommandContext } from "./context.ts";
import type { Services } from "./services.ts";

/**
 * Says what was given up since somebody last looked: a background process may have done it, and nobody saw.
 *
 * @param known ids that the run's own lines tell of
 * @returns a line; none where there is nothing, which costs one look
 */
export async function givenUpLines(
  services: Services,
  known: ReadonlySet<string>,
  { host }: CommandContext,
): Promise<readonly string[]> {
  const path = join(services.stateDirectory, "outbox", "given-up");
  if (readable(() => host.files.stat(path), undefined) === undefined) return [];
  const [outbox, { takeGivenUp }, { channelLabel }] = await Promise.all([
    services.outbox(),
    import("../outbox/given-up.ts"),
    import("../outbox/item.ts"),
  ]);
  const items = takeGivenUp(host.files, services.stateDirectory)
    .filter((id) => !known.has(id))
    .flatMap((id) => outbox.read(id) ?? [])
    .filter(({ shelf }) => shelf === "dead");
  if (items.length === 0) return [];
  const why = new Set(items.map(({ item }) => `${channelLabel(item)}: ${item.reason?.note ?? ""}`));
  const messages = items.length === 1 ? "1 message" : `${items.length} messages`;
  return [`given up since the last run: ${messages} (${[...why].join("; ")}): flowctl notify list --state dead`];
}
