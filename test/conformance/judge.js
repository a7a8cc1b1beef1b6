import { DEVIATIONS } from "./deviations.js";
import { difference, observe } from "./scenario.js";

/**
 * Runs every scenario of a text of JSON lines and compares all that it expects.
 * A deviation on purpose counts as agreed while it lasts.
 *
 * @returns { agreed, total, problems: { name, difference }[] }
 */
export async function judge(text, api) {
  const scenarios = text.split("\n").filter((line) => line.trim() !== "");
  const problems = [];
  for (const line of scenarios) {
    const scenario = JSON.parse(line);
    const differs = await differenceOf(scenario, api);
    const reason = DEVIATIONS.get(scenario.name);
    if (reason === undefined && differs !== undefined) problems.push({ name: scenario.name, difference: differs });
    if (reason !== undefined && differs === undefined)
      problems.push({ name: scenario.name, difference: `agrees, but is listed as a deviation: ${reason}` });
  }
  return { agreed: scenarios.length - problems.length, total: scenarios.length, problems };
}

async function differenceOf(scenario, api) {
  try {
    return difference(scenario.expect, await observe(scenario, api));
  } catch (error) {
    return `could not be run: ${error instanceof Error ? error.message : String(error)}`;
  }
}
