import { createInterface } from "node:readline";

/** What a person types or another program pipes in. Nothing is read before it is asked for. */
export interface Input {
  /**
   * All of standard input, to its end.
   * @param patienceMs how long the first byte may take
   * @returns `undefined` where nothing came in that time
   */
  readAll(patienceMs: number): Promise<Uint8Array | undefined>;
  /** Asks for a line that is not shown; only where standard input is a terminal. @returns `undefined` where it was given up */
  askHidden(question: string): Promise<string | undefined>;
  /** One line that a person types and sees. @returns `undefined` where it was given up, or the signal came first */
  readLine(signal: AbortSignal): Promise<string | undefined>;
  /** Asks yes or no, no being the default; only where standard input is a terminal. */
  confirm(question: string): Promise<boolean>;
}

/** The process's own standard input. Questions go to standard error: standard output is for data. */
export function systemInput(): Input {
  return { readAll, askHidden, readLine, confirm };
}

function readAll(patienceMs: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const { stdin } = process;
    const chunks: Buffer[] = [];
    const silence = setTimeout(() => {
      stdin.destroy();
      resolve(undefined);
    }, patienceMs);
    stdin.on("data", (chunk: Buffer) => {
      clearTimeout(silence);
      chunks.push(chunk);
    });
    stdin.on("end", () => {
      clearTimeout(silence);
      resolve(Buffer.concat(chunks));
    });
    stdin.on("error", (error) => {
      clearTimeout(silence);
      reject(error);
    });
  });
}

/** What the keys of a line editor send. */
const KEYS = { enter: /[\r\n]/, giveUp: /[\u0003\u0004]/, erase: /^[\u007f\b]$/, eraseLine: "\u0015" };

/** Reads the terminal key by key, so that it shows nothing; what is pasted comes in one piece. */
function askHidden(question: string): Promise<string | undefined> {
  const { stdin, stderr } = process;
  // Before the question: an answer that comes at once must not be shown either.
  stdin.setRawMode(true);
  stderr.write(`${question} (hidden): `);
  stdin.setEncoding("utf8").resume();
  return new Promise((resolve) => {
    let typed: string[] = [];
    const done = (answer: string | undefined): void => {
      stdin.off("data", onData).off("end", onEnd);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
      resolve(answer);
    };
    const onEnd = (): void => {
      done(undefined);
    };
    const onData = (text: string): void => {
      // Brackets that terminals put around what is pasted.
      for (const key of Array.from(text.replaceAll(/\u001b\[20[01]~/g, ""))) {
        if (KEYS.enter.test(key)) {
          done(typed.join(""));
          return;
        }
        if (KEYS.giveUp.test(key)) {
          done(undefined);
          return;
        }
        if (KEYS.erase.test(key)) typed = typed.slice(0, -1);
        else if (key === KEYS.eraseLine) typed = [];
        else typed.push(key);
      }
    };
    stdin.on("data", onData).on("end", onEnd);
  });
}

/** The terminal itself edits and shows the line, and ctrl-C is the signal that it always is. */
function readLine(signal: AbortSignal): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, terminal: false });
  return new Promise((resolve) => {
    const giveUp = (): void => {
      lines.close();
    };
    signal.addEventListener("abort", giveUp, { once: true });
    lines.once("line", (line) => {
      resolve(line);
      lines.close();
    });
    lines.once("close", () => {
      signal.removeEventListener("abort", giveUp);
      process.stdin.pause();
      resolve(undefined);
    });
  });
}

function confirm(question: string): Promise<boolean> {
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    asked.once("close", () => {
      resolve(false);
    });
    asked.question(`${question} [y/N] `, (answer) => {
      resolve(/^y(es)?$/i.test(answer.trim()));
      asked.close();
    });
  });
}
