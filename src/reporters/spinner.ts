import type { Screen } from "../host/host.ts";
import type { Mode } from "./mode.ts";
import { control } from "./screen-before.ts";

/** Shows that something short is under way. */
export interface Spinner {
  /** Takes it away; what comes of the wait is for the caller to say. */
  stop(): void;
}

const NOTHING: Spinner = { stop: () => undefined };

/** What a spinner is shown on. */
export interface SpinnerOptions {
  readonly screen: Screen;
  readonly mode: Pick<Mode, "unicode" | "errorColor" | "ci">;
}

/**
 * Turns a spinner with a text while a person waits. Off a terminal it is nothing at all: the
 * library behind it would write escapes into a pipe, and on a terminal that reports no columns
 * it would never end.
 */
export async function spinner(text: string, { screen, mode }: SpinnerOptions): Promise<Spinner> {
  if (!screen.isTTY || screen.columns <= 0 || mode.ci) return NOTHING;
  const { default: ora } = await import("ora");
  const turning = ora({
    text,
    stream: streamOf(screen),
    isEnabled: true,
    discardStdin: false,
    color: mode.errorColor === 0 ? false : "cyan",
    spinner: mode.unicode ? "dots" : "line",
  }).start();
  return {
    stop() {
      turning.stop();
    },
  };
}

/** The part of a stream that a spinner uses, on a screen. */
function streamOf(screen: Screen): NodeJS.WriteStream {
  const write = (text: string): boolean => {
    control(screen, text);
    return true;
  };
  const stream = {
    isTTY: true,
    // A window of no rows is one that does not say how many.
    columns: screen.columns,
    rows: screen.rows > 0 ? screen.rows : 24,
    write,
    cursorTo: (column: number) => write(`\u001b[${column + 1}G`),
    clearLine: () => write("\u001b[2K"),
    moveCursor: (_right: number, down: number) => write(down < 0 ? `\u001b[${-down}A` : `\u001b[${down}B`),
    once: () => stream,
    removeListener: () => stream,
  };
  return stream as unknown as NodeJS.WriteStream;
}
