import type { Flow } from "../model/flow.ts";
import type { ActiveRun } from "../runs/active-run.ts";
import type { RunRecord } from "../runs/run-record.ts";
import type { Answers } from "./answers.ts";
import type { CommandContext } from "./context.ts";
import type { Continuing, Restored } from "./restore.ts";

/** An earlier run that this one goes on with. Nothing of it is imported by a run from the start. */
export interface Continuation {
  readonly how: Continuing;
  readonly record: RunRecord;
  /** The parameters it had; undefined where they must be given. @throws UserError "usage" where they are given and were kept */
  params(context: CommandContext): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** What stands of it, and what its tasks start from. */
  restore(flow: Flow, run: ActiveRun, context: CommandContext): Promise<Restored>;
  /** What a person has answered to tasks that wait for one. */
  readonly answers: Answers;
}
