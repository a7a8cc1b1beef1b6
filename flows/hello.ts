/**
 * Tasks side by side, a retry, and a notification. It needs no account, no
 * secret and no network.
 *
 * Expect: three cities are greeted at the same time; "fetch-weather" fails once
 * and is tried again after half a second; then a line in `flowctl inbox`.
 * The run is done in about a second.
 */
import { flow, notifyTask, task } from "flowctl";

const greet = task("greet", ({ city }: { city: string }, { logger }) => {
  logger.info(`Hello, ${city}!`);
  return city;
});

const fetchWeather = task("fetch-weather", { retry: { max: 2, delay: "500ms" } }, (_inputs, { attempt }) => {
  if (attempt === 1) throw new Error("the weather service did not answer");
  return "sunny";
});

const summarize = task(
  "summarize",
  ({ cities, weather }: { cities: readonly string[]; weather: string }) =>
    `Greeted ${cities.join(", ")}. It is ${weather}.`,
);

export default flow("hello", () => {
  const cities = greet.map({ city: ["Oslo", "Lagos", "Lima"] });
  const message = summarize({ cities, weather: fetchWeather() });
  notifyTask({ channel: "inbox", message });
});
