import { commandData } from "../model/workflow-commands.ts";

/**
 * The workflow command that has GitHub Actions hide a value in the log. It shows
 * the value itself, so it is empty everywhere else.
 */
export function addMaskCommand(value: string, variables: Readonly<Record<string, string | undefined>>): string {
  if (variables["GITHUB_ACTIONS"] !== "true") return "";
  return `::add-mask::${commandData(value)}\n`;
}
