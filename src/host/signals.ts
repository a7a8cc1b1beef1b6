import { constants } from "node:os";
import { parentOfThis, type Parent } from "./parent.ts";

/** How a command learns that a person or the system wants it to stop. */
export interface Stop {
  /** Aborted by the first signal; its reason is the signal's name. */
  readonly signal: AbortSignal;
  /** The `flowctl` that watches over this one, where there is one. */
  readonly parent: Parent | undefined;
  /** From now on signals are for somebody else: no number of them ends this process. */
  handOn(listener: (signal: NodeJS.Signals) => void): void;
}

/** The signals of the process, and how it ends after one. */
export interface Signals extends Stop {
  caught: NodeJS.Signals | undefined;
  release(): void;
}

const CAUGHT = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The first signal asks to stop; the second ends the process at once. */
export function signals(): Signals {
  const controller = new AbortController();
  const parent = parentOfThis();
  const pressed = { system: [] as NodeJS.Signals[], parent: [] as NodeJS.Signals[] };
  let listener: ((name: NodeJS.Signals) => void) | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    const isFirst = stop.caught === undefined;
    stop.caught ??= name;
    controller.abort(name);
    listener?.(name);
    if (isFirst || listener !== undefined) return;
    stop.release();
    // After all that puts things in order at the last moment: the terminal's cursor, the run's record.
    process.once("exit", () => endBy(name));
    // eslint-disable-next-line no-restricted-syntax -- whoever asks twice does not wait for what is to be written
    process.exit(128 + constants.signals[name]);
  };
  /** A key reaches parent and runner alike, and the parent hands it on, too: that is one press. */
  const hears = (from: "system" | "parent", other: "system" | "parent") => (name: NodeJS.Signals) => {
    const count = (list: readonly NodeJS.Signals[]): number => list.filter((each) => each === name).length;
    pressed[from].push(name);
    if (count(pressed[from]) > count(pressed[other])) onSignal(name);
  };
  const onSystem = hears("system", "parent");
  const stop: Signals = {
    signal: controller.signal,
    parent,
    caught: undefined,
    handOn(next) {
      listener = next;
    },
    release() {
      for (const name of CAUGHT) process.removeListener(name, onSystem);
    },
  };
  for (const name of CAUGHT) process.on(name, onSystem);
  parent?.onStop(hears("parent", "system"));
  return stop;
}

/**
 * Ends this process by a signal that it had caught.
 * @returns the exit code to end with where that is not possible: the system keeps PID 1 from signals of its own
 */
export function endBy(name: NodeJS.Signals): number {
  if (process.pid !== 1) process.kill(process.pid, name);
  return 128 + constants.signals[name];
}
