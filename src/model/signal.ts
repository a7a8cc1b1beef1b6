import { state, type State, type StateOf, type StateType } from "./state.ts";

type Fields<T extends StateType> = Partial<Omit<StateOf<T>, "type" | "message">>;

/**
 * Thrown in a body, a trigger or a state handler to say which state comes next.
 * The result is the signal itself, unless one is given.
 *
 * It is not an `Error`, so `catch (e) { if (e instanceof Error) … }` lets it pass.
 * Source: Prefect 1.x, core concepts, "Signals".
 */
export abstract class Signal {
  readonly message: string | null;
  readonly state: State;

  constructor(type: StateType, message: string | null, fields: object) {
    this.message = message;
    const result = "result" in fields ? fields.result : this;
    this.state = state(type, { ...fields, message, result });
  }
}

/** Written out, so that the declarations of the package name nothing that is not exported. */
type SignalClass<T extends StateType> = new (message?: string | null, fields?: Fields<T>) => Signal;

function define<T extends StateType>(type: T): SignalClass<T> {
  return class extends Signal {
    constructor(message?: string | null, fields: Fields<T> = {}) {
      super(type, message ?? null, fields);
    }
  };
}

/** The task failed; it is retried if retries are left. */
export class Fail extends Signal {
  constructor(
    message?: string | null,
    fields: Fields<"Failed"> = {},
    type: "Failed" | "TriggerFailed" | "ValidationFailed" = "Failed",
  ) {
    super(type, message ?? null, fields);
  }
}

/** The task failed as if its trigger had. */
export class TriggerFail extends Fail {
  constructor(message?: string | null, fields: Fields<"TriggerFailed"> = {}) {
    super(message, fields, "TriggerFailed");
  }
}

/** What the task made is not valid. */
export class ValidationFail extends Fail {
  constructor(message?: string | null, fields: Fields<"ValidationFailed"> = {}) {
    super(message, fields, "ValidationFailed");
  }
}

/** The task is done, now. */
export class Succeed extends define("Success") {}
/** The task had nothing to do; tasks below it are skipped, too, by default. */
export class Skip extends define("Skipped") {}
/** Try again, at once or at `startTime`, whatever the retry policy says. */
export class Retry extends define("Retrying") {}
/** Wait for a person. */
export class Pause extends define("Paused") {}

/** Go round again, with `result` as the next iteration's `context.loopResult`. */
export class Loop extends Signal {
  constructor(message?: string | null, fields: Fields<"Looped"> = {}) {
    super("Looped", message ?? null, { result: `Loop(${message ?? ""})`, ...fields });
  }
}

/** The task run ends here, in this state: no retry. */
export class EndRun extends Signal {
  constructor(end: State) {
    super(end.type, end.message, end);
  }
}
