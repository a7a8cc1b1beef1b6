import { dequal } from "dequal";
import type { State } from "./state.ts";

/** Decides whether a cached state may stand in for the body. Its age has been looked at before. */
export type CacheValidator = (
  cached: State,
  inputs: Readonly<Record<string, unknown>>,
  params: Readonly<Record<string, unknown>>,
) => boolean;

type Values = Readonly<Record<string, unknown>>;

const valuesOf = (values: unknown): Values => (typeof values === "object" && values !== null ? (values as Values) : {});

function part(values: unknown, names: readonly string[]): Values {
  const all = valuesOf(values);
  return Object.fromEntries(names.map((name) => [name, all[name]]));
}

const inputsOf = (cached: State): unknown => ("inputs" in cached ? cached.inputs : null);
const paramsOf = (cached: State): unknown => ("params" in cached ? cached.params : null);

/**
 * The validators of Prefect 1.x, for `cacheValidator`. Without one only a cached state's age counts.
 * Source: Prefect 1.x, `prefect.engine.cache_validators`.
 */
export const cacheValidators = {
  /** A cached result is never used. */
  neverUse: (): boolean => false,
  /** Only its age counts. */
  durationOnly: (): boolean => true,
  /** All inputs of the task are what they were. */
  allInputs: (cached: State, inputs: Values): boolean => dequal(valuesOf(inputsOf(cached)), inputs),
  /** All parameters of the run are what they were. */
  allParameters: (cached: State, _inputs: Values, params: Values): boolean =>
    dequal(valuesOf(paramsOf(cached)), params),
  /** These inputs are what they were. */
  partialInputsOnly:
    (...names: readonly string[]): CacheValidator =>
    (cached, inputs) =>
      dequal(part(inputsOf(cached), names), part(inputs, names)),
  /** These parameters are what they were. */
  partialParametersOnly:
    (...names: readonly string[]): CacheValidator =>
    (cached, _inputs, params) =>
      dequal(part(paramsOf(cached), names), part(params, names)),
} as const;
