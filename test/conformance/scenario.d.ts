/** Builds a scenario with an API, runs it, and returns what became of it. */
export function observe(
  scenario: object,
  api: object,
): Promise<{
  readonly tasks: Readonly<
    Record<string, { readonly state: string; readonly runs: number; readonly transitions: readonly string[] }>
  >;
}>;
