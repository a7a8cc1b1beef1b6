import { readFileSync } from "node:fs";
import * as api from "flowctl";
import { judge } from "./judge.js";

/**
 * `npm run conformance -- FILE…`: runs the scenarios of the files (those of this
 * directory, where none is named). The last line is `agree A of N`; the exit code
 * is 0 only when A is N, and 2 when a file cannot be read.
 */
const own = ["random.jsonl", "mapping.jsonl"].map((name) => new URL(name, import.meta.url));
const files = process.argv.length > 2 ? process.argv.slice(2) : own;

const texts = files.flatMap((file) => {
  try {
    return [{ source: String(file), text: readFileSync(file, "utf8") }];
  } catch (error) {
    console.error(`${String(file)} cannot be read: ${error.code ?? error.message}`);
    process.exitCode = 2;
    return [];
  }
});

let agreed = 0;
let total = 0;
for (const { source, text } of texts) {
  const judged = await judge(text, api, source);
  agreed += judged.agreed;
  total += judged.total;
  for (const field of judged.unknown)
    console.error(`${source}: the field ${field} is not known, and nothing is made of it`);
  for (const { name, difference } of judged.problems) console.log(`${name}: ${difference}`);
  for (const { name, reason } of judged.deviations) console.log(`${name}: deviates on purpose: ${reason}`);
}
if (total === 0) console.error("No scenario was found.");
console.log(`agree ${String(agreed)} of ${String(total)}`);
if (agreed !== total || total === 0) process.exitCode ||= 1;
