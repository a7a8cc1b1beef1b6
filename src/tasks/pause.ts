import type { Clock } from "../host/clock.ts";
import type { TaskContext } from "../model/task.ts";

/** The clock a task waits by: the test kit's where there is one. */
export function clockOf(context: TaskContext): Pick<Clock, "now" | "setTimeout" | "clearTimeout"> {
  const lent = context.service("clock") as Clock | undefined;
  return (
    lent ?? {
      now: () => Date.now(),
      setTimeout,
      clearTimeout: (timer) => {
        clearTimeout(timer as NodeJS.Timeout);
      },
    }
  );
}

/** Waits in a task's body. @throws the signal's reason as soon as the task is to end */
export async function pause(ms: number, context: TaskContext): Promise<void> {
  const { signal } = context;
  const clock = clockOf(context);
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clock.clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = clock.setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
