import { task } from "../authoring/task-function.ts";
import { Fail, Pause } from "../model/signal.ts";
import type { TaskContext } from "../model/task.ts";

/** What a question takes. */
interface Question {
  /** What a person is asked. */
  readonly message: string;
  /** What becomes of the task where nobody can be asked. @default "pause" */
  readonly otherwise?: "pause" | "fail";
}

/** What `approval` takes. */
export type ApprovalInputs = Question;

/** What `prompt` takes. */
export interface PromptInputs extends Question {
  /** What an empty answer stands for. */
  readonly default?: string;
  /** The answers that are taken; others are asked for again. */
  readonly choices?: readonly string[];
}

/** Asks a person for a line; the command line lends it as `ask` where somebody sits at a terminal. */
type Ask = (question: string, signal: AbortSignal) => Promise<string | undefined>;
/** What a person has said with `flowctl runs resume`; the command line lends it as `answer`. */
type AnswerOf = (task: string) => { readonly approved?: boolean; readonly text?: string } | undefined;

/**
 * Waits for a person's approval. At a terminal it asks, and fails where the answer is no; elsewhere the run
 * pauses, and `flowctl runs resume RUN --approve` or `--reject` goes on with it.
 */
export const approval = task("approval", async (inputs: ApprovalInputs, context): Promise<true> => {
  const { message } = inputs;
  const said = answerOf(context);
  if (said?.approved === true) return true;
  const answer = said?.approved === false ? "no" : await ask(`${message} [y/N] `, inputs, context);
  if (/^y(es)?$/i.test(answer.trim())) return true;
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- signals are not errors, on purpose
  throw new Fail(`not approved: ${message}`);
});

/**
 * Asks a person for a text. At a terminal it asks there; elsewhere the run pauses, and
 * `flowctl runs resume RUN --input TASK=TEXT` answers.
 */
export const prompt = task("prompt", async (inputs: PromptInputs, context): Promise<string> => {
  const { message, choices } = inputs;
  const said = answerOf(context)?.text;
  if (said !== undefined && isTaken(said, inputs)) return said;
  if (said !== undefined) context.logger.warn(`"${said}" is not among the answers: ${(choices ?? []).join(", ")}`);
  const hint = [...(choices ?? []), ...(inputs.default === undefined ? [] : [`default ${inputs.default}`])].join(", ");
  for (;;) {
    const typed = (await ask(hint === "" ? `${message} ` : `${message} (${hint}) `, inputs, context, hint)).trim();
    const answer = typed === "" ? (inputs.default ?? "") : typed;
    if (isTaken(answer, inputs)) return answer;
  }
});

function isTaken(answer: string, { choices }: PromptInputs): boolean {
  return choices?.includes(answer) ?? answer !== "";
}

function answerOf(context: TaskContext): ReturnType<AnswerOf> {
  return (context.service("answer") as AnswerOf | undefined)?.(context.taskName);
}

/** @throws Pause, or Fail where the task is to fail, when nobody answers */
async function ask(
  question: string,
  { message, otherwise }: Question,
  context: TaskContext,
  answers?: string,
): Promise<string> {
  const lent = context.service("ask") as Ask | undefined;
  const answer = await lent?.(question, context.signal);
  context.signal.throwIfAborted();
  if (answer !== undefined) return answer;
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- signals are not errors, on purpose
  throw otherwise === "fail"
    ? new Fail(`nobody could be asked: ${message}`)
    : new Pause(message, answers === undefined ? {} : { answers });
}
