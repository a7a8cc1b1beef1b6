import { DEVIATIONS } from "./deviations.js";
import { difference, observe, unknownFields } from "./scenario.js";

/**
 * Runs every scenario of a text of JSON lines and compares all that it expects.
 * A deviation on purpose is told apart from a problem; neither counts as agreed.
 *
 * @param text one scenario a line
 * @param source where the text is from, for what is said of a line that is no scenario
 * @returns { agreed, total, problems: { name, difference }[], deviations: { name, reason }[], unknown: fields[] }
 */
export async function judge(text, api, source = "scenarios") {
  const problems = [];
  const deviations = [];
  const unknown = new Set();
  let total = 0;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    total += 1;
    const where = `${source}:${String(index + 1)}`;
    const scenario = parse(line);
    if (scenario === undefined) {
      problems.push({ name: where, difference: "is not a scenario: a JSON object with tasks, edges and expect" });
      continue;
    }
    const { name = where } = scenario;
    for (const field of unknownFields(scenario)) unknown.add(field);
    const differs = await differenceOf(scenario, api);
    const reason = DEVIATIONS.find(({ covers }) => covers(scenario))?.reason;
    if (reason === undefined) {
      if (differs !== undefined) problems.push({ name, difference: differs });
    } else if (differs === undefined)
      problems.push({ name, difference: `agrees, but is a deviation on purpose: ${reason}` });
    else deviations.push({ name, reason });
  }
  return { agreed: total - problems.length - deviations.length, total, problems, deviations, unknown: [...unknown] };
}

function parse(line) {
  try {
    const { tasks, edges, expect } = JSON.parse(line);
    return Array.isArray(tasks) && Array.isArray(edges) && typeof expect?.tasks === "object"
      ? JSON.parse(line)
      : undefined;
  } catch {
    return undefined;
  }
}

async function differenceOf(scenario, api) {
  try {
    return difference(scenario.expect, await observe(scenario, api));
  } catch (error) {
    return `could not be run: ${error instanceof Error ? error.message : String(error)}`;
  }
}
