import { Fail } from "../model/signal.ts";

/** What a person said to one task that waits for approval or for a text. */
export type Answer = { readonly approved: boolean } | { readonly text: string };

/** Answers by the task's name, a mapped child's as `name[3]`. */
export type Answers = ReadonlyMap<string, Answer>;

/** The body of a task that had paused, or, where a person said no to it, one that fails: state handlers are called as for any failure. */
export function unlessRejected<T>(
  answers: Answers | undefined,
  { name, mapIndex }: { readonly name: string; readonly mapIndex?: number },
  body: () => T,
): () => T {
  const answer = answers?.get(mapIndex === undefined ? name : `${name}[${mapIndex}]`);
  if (answer === undefined || !("approved" in answer) || answer.approved) return body;
  return () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- signals are not errors, on purpose
    throw new Fail("Rejected by a person.");
  };
}
