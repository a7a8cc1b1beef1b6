/**
 * The states of a task and of a run, in Prefect 1.x's names.
 *
 * A state is a value: it never changes, and a new state is a new object. A
 * transition is noticed by identity, not by equality.
 */

/** Each state type with its parent: the whole taxonomy of Prefect 1.x, and `Crashed`. */
const PARENT = {
  Pending: null,
  Scheduled: "Pending",
  Paused: "Scheduled",
  Resume: "Scheduled",
  Retrying: "Scheduled",
  Submitted: null,
  Queued: null,
  ClientFailed: null,
  Running: null,
  Cancelling: "Running",
  Finished: null,
  Looped: "Finished",
  Success: "Finished",
  Cached: "Success",
  Mapped: "Success",
  Skipped: "Success",
  Cancelled: "Finished",
  Failed: "Finished",
  TimedOut: "Failed",
  TriggerFailed: "Failed",
  ValidationFailed: "Failed",
  Crashed: "Failed",
} as const satisfies Record<string, string | null>;

export type StateType = keyof typeof PARENT;

/** All state types, parents before children. */
export const STATE_TYPES = Object.keys(PARENT) as readonly StateType[];

interface Common {
  /** One sentence for people; `null` where there is nothing to say. */
  readonly message: string | null;
  /** The task's value; the thrown error of a failure; `null` where there is none. */
  readonly result: unknown;
  /** Facts that travel with the state, such as `tags`. */
  readonly context?: Readonly<Record<string, unknown>>;
}
/** What a type carries beyond a message and a result. */
interface Extra {
  /** `startTime`: epoch milliseconds; `null` only for Paused, and then: until somebody resumes it. */
  Scheduled: { readonly startTime: number | null };
  Paused: {
    readonly startTime: number | null;
    /** The texts that a prompt takes, in words, `""` for any; absent if an approval is wanted. */
    readonly answers?: string;
  };
  Resume: { readonly startTime: number | null };
  /** `runCount`: attempts made so far; 0 where a signal or a handler left it out, until the engine has filled it in. */
  Retrying: { readonly startTime: number | null; readonly runCount: number };
  Queued: { readonly startTime: number | null; readonly state: State | null };
  Submitted: { readonly state: State | null };
  ClientFailed: { readonly state: State | null };
  /** `loopCount`: iterations made so far; 0 where it was left out, until the engine has filled it in. */
  Looped: { readonly loopCount: number };
  /** `expires`: epoch milliseconds; `null` for never. */
  Cached: { readonly expires: number | null; readonly inputs: unknown; readonly params: unknown };
  /** `children`: their states by index. */
  Mapped: { readonly children: readonly State[] };
}
export type StateOf<T extends StateType> = T extends keyof Extra
  ? Common & { readonly type: T } & Extra[T]
  : Common & { readonly type: T };
export type State = { [T in StateType]: StateOf<T> }[StateType];

type Fields<T extends StateType> = Partial<Omit<StateOf<T>, "type">>;

const DEFAULTS: { readonly [T in keyof Extra]: (fields: Fields<T>) => Extra[T] } = {
  Scheduled: (f) => ({ startTime: f.startTime ?? 0 }),
  Paused: (f) => ({ startTime: f.startTime ?? null, ...(f.answers === undefined ? {} : { answers: f.answers }) }),
  Resume: (f) => ({ startTime: f.startTime ?? 0 }),
  Retrying: (f) => ({ startTime: f.startTime ?? 0, runCount: f.runCount ?? 0 }),
  Queued: (f) => ({ startTime: f.startTime ?? 0, state: f.state ?? null }),
  Submitted: (f) => ({ state: f.state ?? null }),
  ClientFailed: (f) => ({ state: f.state ?? null }),
  Looped: (f) => ({ loopCount: f.loopCount ?? 0 }),
  Cached: (f) => ({ expires: f.expires ?? null, inputs: f.inputs ?? null, params: f.params ?? null }),
  Mapped: (f) => ({ children: f.children ?? [] }),
};

/**
 * Makes a state. A start time left out means "now" (0, which has always passed),
 * except for Paused, where it means "until resumed".
 *
 * @example state("Failed", { message: "no rows", result: error })
 */
export function state<T extends StateType>(type: T, fields: Fields<T> = {}): StateOf<T> {
  const base = { type, message: fields.message ?? null, result: fields.result ?? null };
  const context = fields.context === undefined ? {} : { context: fields.context };
  const extra = type in DEFAULTS ? DEFAULTS[type as keyof Extra](fields as never) : {};
  return { ...base, ...extra, ...context } as unknown as StateOf<T>;
}

/** Whether a value is a state: what a state handler may return. */
export function isState(value: unknown): value is State {
  return (
    typeof value === "object" && value !== null && "type" in value && isStateType(value.type) && "message" in value
  );
}

export function isStateType(value: unknown): value is StateType {
  return typeof value === "string" && Object.hasOwn(PARENT, value);
}

/** Whether `type` is `family` or descends from it: TimedOut is of the family Failed. */
export function isOfFamily(type: StateType, family: StateType): boolean {
  // A file of somebody else's may name a state that there is not: it is of no family.
  for (let at: StateType | null = isStateType(type) ? type : null; at !== null; at = PARENT[at])
    if (at === family) return true;
  return false;
}

/** Asks about a family: one look-up on hot paths, in a set that is made when it is first asked. */
const of = (family: StateType) => {
  let members: ReadonlySet<StateType> | undefined;
  return (subject: State): boolean => {
    members ??= new Set(STATE_TYPES.filter((type) => isOfFamily(type, family)));
    return members.has(subject.type);
  };
};

/** Pending, Scheduled, Paused, Resume or Retrying. */
export const isPending = of("Pending");
/** Running or Cancelling. */
export const isRunning = of("Running");
/** Nothing more will happen to it by itself. */
export const isFinished = of("Finished");
/** Success, Cached, Mapped or Skipped. */
export const isSuccessful = of("Success");
/** Failed, TimedOut, TriggerFailed, ValidationFailed or Crashed. */
export const isFailed = of("Failed");
const isOfScheduled = of("Scheduled");
/** Scheduled, Paused, Resume, Retrying or Queued. */
export const isScheduled = (subject: State): boolean => isOfScheduled(subject) || subject.type === "Queued";

/** What a run says of itself whose reference tasks say why. */
export const SOME_FAILED = "Some reference tasks failed.";
