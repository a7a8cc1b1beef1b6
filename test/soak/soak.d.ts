import type { flow, shell } from "../../src/index.ts";

export function soak(
  library: { readonly flow: typeof flow; readonly shell: typeof shell },
  options: { readonly tasks: number; readonly seed: number },
): Promise<{
  readonly counts: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
  readonly left: readonly string[];
}>;
