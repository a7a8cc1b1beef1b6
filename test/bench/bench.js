/**
 * `npm run bench`: what flowctl costs, as ratios and differences to a baseline
 * of the same run. Nothing here fails a build: a budget that is missed is marked.
 *
 * A part exports `title` and `measure(): AsyncIterable<Row>`, a row being
 * `{ what, value, unit, budget, baseline }` (texts and numbers; no budget, no mark).
 *
 * `npm run bench -- startup` measures only the parts whose names are given.
 */
const PARTS = ["startup", "spec", "engine", "shell", "outbox", "secrets"];

const chosen = process.argv.slice(2).filter((name) => PARTS.includes(name));
let missed = 0;

for (const name of chosen.length > 0 ? chosen : PARTS) {
  const part = await import(`./${name}.js`).catch((error) => {
    if (error.code === "ERR_MODULE_NOT_FOUND" && String(error.message).includes(`${name}.js`)) return undefined;
    throw error;
  });
  if (part?.measure === undefined) continue;
  console.log(`\n${part.title}`);
  for await (const row of part.measure()) {
    const over = row.budget !== undefined && row.value > row.budget;
    if (over) missed += 1;
    const budget = row.budget === undefined ? "" : `budget ${String(row.budget)} ${row.unit}`;
    console.log(
      [
        `  ${over ? "✖" : "✔"} ${row.what.padEnd(52)}`,
        `${row.value.toFixed(row.value < 10 ? 2 : 1)} ${row.unit}`.padStart(14),
        budget.padEnd(20),
        row.baseline ?? "",
      ].join("  "),
    );
  }
}
console.log(missed === 0 ? "\nwithin all budgets" : `\n${String(missed)} over budget`);
