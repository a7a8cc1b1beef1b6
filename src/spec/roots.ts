/** Maps, because a name in a text may be that of something every object has: `constructor`. */
export const ALL_ROOTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    secrets: "a secret is handed to a task, with env: or with:, and never becomes a part of anything else",
    tasks: "the tasks' outputs are not known here",
    params: "parameters are not known here",
    env: "variables are not known here",
    item: "item goes with foreach:",
    index: "index goes with foreach:",
  }),
);

/** What there is to read of a root where nothing else is said; the whole of it, too. */
export const FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["run", ["id", "attempt"]],
  ["flow", ["name"]],
]);

/** What other tools call roots. */
export const ROOTS_ELSEWHERE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ steps: "write tasks.NAME.outputs", needs: "write tasks.NAME.outputs", jobs: "write tasks.NAME.outputs" },
    ...{ inputs: "write params.NAME", vars: "write params.NAME", matrix: "write item, with foreach:" },
  }),
);
