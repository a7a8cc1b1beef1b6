import type { Screen, Terminal } from "./host.ts";

/** One of the two output streams by name. */
export type StreamName = "stdout" | "stderr";

/** The process's own terminal, and what else writes to it. */
export interface SystemTerminal extends Terminal {
  /**
   * Takes all that others write to the two streams, such as `console.log` in a task, and
   * hands it on instead of showing it. What goes through the screens is not taken.
   * @returns gives the streams back
   */
  intercept(onText: (stream: StreamName, text: string) => void): () => void;
  /** Calls back whenever the window has another size. @returns stops it */
  onResize(callback: () => void): () => void;
  /** Waits until all that was written has left the process. */
  drain(): Promise<void>;
}

/**
 * Builds the terminal from the process's streams. A reader that goes away (`| head -1`)
 * ends the output in silence: what is written after it is dropped.
 */
export function systemTerminal(): SystemTerminal {
  const out = screen(process.stdout);
  const err = screen(process.stderr);
  return {
    stdout: out.screen,
    stderr: err.screen,
    stdinIsTTY: process.stdin.isTTY,
    intercept(onText) {
      const giveBack = [
        patch(process.stdout, (text) => {
          onText("stdout", text);
        }),
        patch(process.stderr, (text) => {
          onText("stderr", text);
        }),
      ];
      return () => {
        for (const each of giveBack) each();
      };
    },
    onResize(callback) {
      process.stdout.on("resize", callback);
      return () => void process.stdout.off("resize", callback);
    },
    drain: async () => {
      await Promise.all([out.drain(), err.drain()]);
    },
  };
}

function screen(stream: NodeJS.WriteStream): { readonly screen: Screen; readonly drain: () => Promise<void> } {
  const write = stream.write.bind(stream);
  let open = true;
  stream.on("error", () => {
    open = false;
  });
  return {
    screen: {
      get isTTY() {
        return stream.isTTY;
      },
      get columns() {
        // Undefined off a terminal, whatever the types say.
        return (stream.columns as number | undefined) ?? 0;
      },
      get rows() {
        return (stream.rows as number | undefined) ?? 0;
      },
      write: (text) => {
        if (open && text !== "") write(text);
      },
    },
    drain: () =>
      new Promise((resolve) => {
        if (!open || stream.writableLength === 0) {
          resolve();
          return;
        }
        stream.once("error", () => {
          resolve();
        });
        write("", () => {
          resolve();
        });
      }),
  };
}

function patch(stream: NodeJS.WriteStream, onText: (text: string) => void): () => void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is put back where it was
  const original = stream.write;
  const decoder = new TextDecoder();
  stream.write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    onText(typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") queueMicrotask(done as () => void);
    return true;
  };
  return () => {
    stream.write = original;
  };
}
