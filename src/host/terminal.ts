import { fstatSync, statSync, writeSync } from "node:fs";
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

/** A screen, and what stands behind it. */
interface Output {
  readonly screen: Screen;
  readonly write: (chunk: string | Uint8Array) => void;
  /** Waits until all that was written has left the process. */
  readonly drain: () => Promise<void>;
}

const DESCRIPTOR = { stdin: 0, stdout: 1, stderr: 2 } as const;

/**
 * Builds the terminal from the process's streams. A reader that goes away (`| head -1`)
 * ends the output in silence: what is written after it is dropped.
 */
export function systemTerminal(): SystemTerminal {
  const out = output("stdout");
  const err = output("stderr");
  let stdinIsTTY: boolean | undefined;
  return {
    stdout: out.screen,
    stderr: err.screen,
    get stdinIsTTY() {
      return (stdinIsTTY ??= isTerminal("stdin"));
    },
    intercept(onText) {
      const giveBack = (["stdout", "stderr"] as const).map((name) =>
        patch(name, (text) => {
          onText(name, text);
        }),
      );
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

/** A terminal has a size and a stream that knows it; to anything else, writing straight is the same and needs no stream. */
function output(name: StreamName): Output {
  return isTerminal(name) ? streamed(name) : direct(name);
}

/** As `tty.isatty`; but that brings sockets along, and a look is enough for files, pipes and the null device. */
function isTerminal(name: StreamName | "stdin"): boolean {
  const descriptor = DESCRIPTOR[name];
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isCharacterDevice()) return false;
    if (process.platform !== "win32" && stat.rdev === statSync("/dev/null").rdev) return false;
  } catch {
    // Closed, or of a kind that cannot be looked at.
  }
  return process.getBuiltinModule("node:tty").isatty(descriptor);
}

/**
 * Writes at once, as Node's own streams do for files and pipes, without the
 * modules that these need: loading them takes longer than a small run.
 */
function direct(name: StreamName): Output {
  let open = true;
  let stream: Output | undefined;
  const write = (chunk: string | Uint8Array): void => {
    let rest = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    while (open && rest.length > 0) {
      try {
        if (stream !== undefined) {
          stream.write(rest);
          return;
        }
        rest = rest.subarray(writeSync(DESCRIPTOR[name], rest));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // Somebody made the pipe one that does not wait: only a stream can.
        if (code === "EAGAIN") stream = streamed(name);
        else if (code !== "EINTR") open = false;
      }
    }
  };
  return { screen: { isTTY: false, columns: 0, rows: 0, write }, write, drain: async () => stream?.drain() };
}

function streamed(name: StreamName): Output {
  const stream = process[name];
  let open = true;
  stream.on("error", () => {
    open = false;
  });
  // Not the stream's own `write`, which may be intercepted.
  const plainWrite = (Object.getPrototypeOf(stream) as typeof stream).write.bind(stream);
  const write = (chunk: string | Uint8Array): void => {
    if (open && chunk.length > 0) plainWrite(chunk);
  };
  return {
    screen: {
      isTTY: stream.isTTY,
      get columns() {
        // Undefined off a terminal, whatever the types say.
        return (stream.columns as number | undefined) ?? 0;
      },
      get rows() {
        return (stream.rows as number | undefined) ?? 0;
      },
      write,
    },
    write,
    drain: () =>
      new Promise((resolve) => {
        if (!open || stream.writableLength === 0) {
          resolve();
          return;
        }
        stream.once("error", () => {
          resolve();
        });
        plainWrite("", () => {
          resolve();
        });
      }),
  };
}

/**
 * Puts a stream of the process's under another writer. The stream itself is
 * made when somebody first asks for it, as it would be without us.
 */
function patch(name: StreamName, onText: (text: string) => void): () => void {
  const decoder = new TextDecoder();
  const write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    onText(typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") queueMicrotask(done as () => void);
    return true;
  };
  const own = Object.getOwnPropertyDescriptor(process, name);
  let stream: NodeJS.WriteStream | undefined;
  let original: NodeJS.WriteStream["write"] | undefined;
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get() {
      if (stream === undefined) {
        stream = own?.get?.call(process) as NodeJS.WriteStream;
        // eslint-disable-next-line @typescript-eslint/unbound-method -- it is put back where it was
        original = stream.write;
        stream.write = write;
      }
      return stream;
    },
  });
  return () => {
    if (own !== undefined) Object.defineProperty(process, name, own);
    if (stream !== undefined && original !== undefined) stream.write = original;
  };
}
