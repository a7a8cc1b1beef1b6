/**
 * One task for each element of a list, and another for each of its results.
 *
 * Expect: "price" runs four times and fails once, for the empty name; the other
 * three are doubled; "total" waits for all of them and logs `Total: 26`. The run
 * is Success, because "total" is.
 */
import { flatten, flow, task, triggers, unmapped } from "flowctl";

const baskets = task("baskets", () => [
  ["tea", ""],
  ["bread", "honey"],
]);

const price = task("price", ({ item }: { item: string }) => {
  if (item === "") throw new Error("an item has no name");
  return item.length;
});

const times = task("times", ({ value, factor }: { value: number; factor: number }) => value * factor);

const total = task(
  "total",
  { trigger: triggers.anySuccessful },
  ({ values }: { values: readonly (number | Error)[] }, { logger }) => {
    const sum = values.filter((value) => typeof value === "number").reduce((a, b) => a + b, 0);
    logger.info(`Total: ${sum}`);
    return sum;
  },
);

export default flow("mapping", () => {
  const prices = price.map({ item: flatten(baskets()) });
  total({ values: times.map({ value: prices, factor: unmapped(2) }) });
});
