import { readFileSync } from "node:fs";
import * as api from "flowctl";
import { judge } from "./judge.js";

const own = ["random.jsonl", "mapping.jsonl"].map((name) => new URL(name, import.meta.url));
const files = process.argv.length > 2 ? process.argv.slice(2) : own;
const text = files.map((file) => readFileSync(file, "utf8")).join("\n");
const { agreed, total, problems } = await judge(text, api);
for (const { name, difference } of problems) console.log(`${name}: ${difference}`);
console.log(`agree ${agreed} of ${total}`);
process.exitCode = agreed === total ? 0 : 1;
