import type { State } from "../model/state.ts";

/** The state with its result's lists joined; what is not a list of lists stays as it is. */
export function flattenResult(subject: State): State {
  const { result } = subject;
  if (!Array.isArray(result) || !result.some(Array.isArray)) return subject;
  return { ...subject, result: result.flat(1) };
}

/** One state for each element of each child's list; a child without a list stands for itself. */
export function flattenChildren(children: readonly State[]): readonly State[] {
  return children.flatMap((child): readonly State[] =>
    Array.isArray(child.result) ? child.result.map((element: unknown) => ({ ...child, result: element })) : [child],
  );
}
