/** What a person types or another program pipes in. Nothing is read before it is asked for. */
export interface Input {
  /**
   * All of standard input, to its end.
   * @param patienceMs how long the first byte may take
   * @returns `undefined` where nothing came in that time
   */
  readAll(patienceMs: number): Promise<Uint8Array | undefined>;
  /** Asks for a value that is not shown; only where standard input is a terminal. @returns `undefined` where it was given up */
  askHidden(question: string): Promise<string | undefined>;
  /** Asks yes or no, no being the default; only where standard input is a terminal. */
  confirm(question: string): Promise<boolean>;
}

/** The process's own standard input. Questions go to standard error: standard output is for data. */
export function systemInput(): Input {
  return {
    readAll: (patienceMs) =>
      new Promise((resolve, reject) => {
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
      }),
    askHidden: async (question) => {
      const { password, isCancel } = await import("@clack/prompts");
      const answer = await password({ message: question, mask: "", output: process.stderr });
      return isCancel(answer) ? undefined : answer;
    },
    confirm: async (question) => {
      const { confirm } = await import("@clack/prompts");
      return (await confirm({ message: question, initialValue: false, output: process.stderr })) === true;
    },
  };
}
