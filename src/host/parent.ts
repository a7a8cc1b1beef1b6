/** What a runner and its parent say to each other. */
export type Word = { readonly stop: NodeJS.Signals } | { readonly run: string };

/** The variable that tells a runner who its parent is: it means nothing to the programs that the runner starts. */
export const FROM = "FLOWCTL_PARENT";

/** The `flowctl` that has started this one to run the flow, and that watches over it. */
export interface Parent {
  /** Tells it which run has begun. */
  begun(runId: string): void;
  /** Calls back with each signal that it hands on; its own death is one, too. */
  onStop(listener: (signal: NodeJS.Signals) => void): void;
}

/** @returns undefined for a process that a person, cron or CI has started */
export function parentOfThis(): Parent | undefined {
  const { [FROM]: from } = process.env;
  if (from === undefined) return undefined;
  Reflect.deleteProperty(process.env, FROM);
  if (from !== String(process.ppid) || process.channel === undefined) return undefined;
  return {
    begun(runId) {
      process.send?.({ run: runId } satisfies Word, undefined, undefined, () => undefined);
    },
    onStop(listener) {
      process.on("message", (word: Word) => {
        if ("stop" in word) listener(word.stop);
      });
      process.once("disconnect", () => {
        listener("SIGTERM");
      });
      // It may not keep this process alive.
      process.channel?.unref();
    },
  };
}
