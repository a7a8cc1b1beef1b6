import { exactJson } from "../model/exact-json.ts";
import { isNotifier, type Notifier } from "../model/notifier.ts";
import { EndRun, Pause, Signal } from "../model/signal.ts";
import { isFailed, isState, state, type State } from "../model/state.ts";
import type { HandlerContext } from "../model/task.ts";
import { isThenable } from "./thenable.ts";

/** A state handler of a task or a flow; its subject is bound by the caller. */
export type Handler<Subject> = (subject: Subject, from: State, to: State, context: HandlerContext) => unknown;

/** What is called and attached at each transition of one subject. */
export interface Voices<Subject> {
  readonly handlers: readonly Handler<Subject>[];
  readonly notifiers: readonly Notifier[];
}

/** What the state handlers made of a transition. `ends`: nothing else happens to this run of the subject. */
export interface Heard {
  readonly state: State;
  readonly ends: boolean;
}

/** One transition, on its way through the handlers. */
export interface HandlerCall<Subject> {
  readonly handlers: readonly Handler<Subject>[];
  readonly subject: Subject;
  readonly from: State;
  readonly to: State;
  readonly context: HandlerContext;
  /** Completes a state that a handler made: tags, counts. */
  adopt(made: State): State;
}

/** Sorts entries into those that are called and those that are handed on; `onFailure` follows the subject's own. */
export function voicesOf<Subject>(
  own: readonly (Handler<Subject> | Notifier)[],
  onFailure: ((subject: Subject, failed: State) => unknown) | undefined,
  configured: readonly (Handler<Subject> | Notifier)[],
): Voices<Subject> {
  const entries = [...own, ...(onFailure === undefined ? [] : [afterFailure(onFailure)]), ...configured];
  return {
    handlers: entries.filter((each): each is Handler<Subject> => !isNotifier(each)),
    notifiers: entries.filter(isNotifier),
  };
}

function afterFailure<Subject>(onFailure: (subject: Subject, failed: State) => unknown): Handler<Subject> {
  return (subject, _from, to) => {
    if (!isFailed(to)) return undefined;
    const done = onFailure(subject, to);
    return isThenable(done) ? done.then(() => undefined) : undefined;
  };
}

/**
 * Calls the state handlers of one transition in order. A returned state replaces
 * the new one for those that follow. What they throw is dealt with as Prefect's
 * local engine does: Pause and EndRun end the run in that state; another signal
 * is the new state, and the rest of the list is left out; an error ends the run
 * Failed, unseen by any handler.
 */
export function callHandlers<Subject>(call: HandlerCall<Subject>): Heard | Promise<Heard> {
  let to = call.to;
  for (let i = 0; i < call.handlers.length; i++) {
    try {
      const answer = (call.handlers[i] as Handler<Subject>)(call.subject, call.from, to, call.context);
      if (isThenable(answer)) return callRest(call, i, to, answer);
      to = replaced(call, i, to, answer);
    } catch (thrown) {
      return afterThrow(call, thrown);
    }
  }
  return { state: to, ends: false };
}

async function callRest<Subject>(
  call: HandlerCall<Subject>,
  first: number,
  so: State,
  pending: PromiseLike<unknown>,
): Promise<Heard> {
  let to = so;
  try {
    to = replaced(call, first, to, await pending);
    for (let i = first + 1; i < call.handlers.length; i++) {
      const answer = await (call.handlers[i] as Handler<Subject>)(call.subject, call.from, to, call.context);
      to = replaced(call, i, to, answer);
    }
  } catch (thrown) {
    return afterThrow(call, thrown);
  }
  return { state: to, ends: false };
}

function replaced<Subject>(call: HandlerCall<Subject>, index: number, to: State, answer: unknown): State {
  if (answer === undefined || answer === null || answer === to) return to;
  if (answer === call.from) return call.from;
  if (isState(answer)) return call.adopt(answer);
  const name = call.handlers[index]?.name ?? "";
  throw new TypeError(
    `The state handler${name === "" ? "" : ` "${name}"`} returned ${printed(answer)}, which is not a state. ` +
      "Return a state, or nothing.",
  );
}

function afterThrow<Subject>(call: HandlerCall<Subject>, thrown: unknown): Heard {
  if (thrown instanceof Signal)
    return { state: call.adopt(thrown.state), ends: thrown instanceof Pause || thrown instanceof EndRun };
  const message = `Unexpected error while calling state handlers: ${explain(thrown)}`;
  return { state: call.adopt(state("Failed", { message, result: thrown })), ends: true };
}

/** What was thrown, in one line of text. */
export function explain(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message === "" ? thrown.name : thrown.message;
  return printed(thrown);
}

function printed(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    const text: unknown = exactJson(value);
    return typeof text === "string" ? text : String(value);
  } catch {
    return String(value);
  }
}
