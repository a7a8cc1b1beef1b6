import type { Compose } from "../hooks/told.ts";
import type { Hook } from "../model/hook.ts";

/** What puts facts into hooks' own words. Nothing is loaded where none of them has an expression. */
export async function hookWords(hooks: readonly Hook[]): Promise<{ readonly compose?: Compose }> {
  if (!hooks.some(({ message }) => message?.includes("${{") === true)) return {};
  return { compose: (await import("../spec/hook-message.ts")).composeMessage };
}
