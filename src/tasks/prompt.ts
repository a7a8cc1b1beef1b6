import { task } from "../authoring/task-function.ts";
import { Fail, Pause } from "../model/signal.ts";

/** What `prompt` takes. */
export interface PromptInputs {
  /** What a person is asked to approve. */
  readonly message: string;
}

/** Asks a person; the command line lends it as `ask` where somebody sits at a terminal. */
type Ask = (question: string, signal: AbortSignal) => Promise<boolean>;

/**
 * Waits for a person's approval. At a terminal it asks, and fails when the
 * answer is no; elsewhere the run pauses, and `flowctl runs resume` approves.
 */
export const prompt = task("prompt", async ({ message }: PromptInputs, context): Promise<true> => {
  if (context.resumed) return true;
  const ask = context.service("ask") as Ask | undefined;
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- signals are not errors, on purpose
  if (ask === undefined) throw new Pause(message);
  if (await ask(message, context.signal)) return true;
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- signals are not errors, on purpose
  throw new Fail(`not approved: ${message}`);
});
