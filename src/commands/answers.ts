/** What a person said to one task that waits for approval or for a text. */
export type Answer = { readonly approved: boolean } | { readonly text: string };

/** Answers by the task's name, a mapped child's as `name[3]`. */
export type Answers = ReadonlyMap<string, Answer>;
