import { SHORTEST } from "../secrets/hiding.ts";
import type { CommandContext } from "./context.ts";

/** Has GitHub Actions hide the values of secrets: those of the start before anything else, later ones as they are found. */
export interface GitHubMasks {
  add(value: string): void;
  /** From now on the log is open. */
  announce(): void;
}

/** @param stdoutIsData then the commands go to standard error, which GitHub reads as well */
export async function gitHubMasks({ host, reveal }: CommandContext, stdoutIsData: boolean): Promise<GitHubMasks> {
  const { variables } = host.environment;
  if (variables["GITHUB_ACTIONS"] !== "true") return { add: () => undefined, announce: () => undefined };
  const { addMaskCommand } = await import("../secrets/add-mask.ts");
  const told = new Set<string>();
  const waiting: string[] = [];
  let isOpen = false;
  const tell = (value: string): void => {
    reveal(addMaskCommand(value, variables), stdoutIsData ? "stderr" : "stdout");
  };
  return {
    add(value) {
      // Shorter ones are hidden nowhere: they would turn ordinary words into stars.
      if (value.length < SHORTEST || told.has(value)) return;
      told.add(value);
      if (isOpen) tell(value);
      else waiting.push(value);
    },
    announce() {
      isOpen = true;
      for (const value of waiting.splice(0)) tell(value);
    },
  };
}
