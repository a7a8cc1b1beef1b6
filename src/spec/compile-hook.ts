import type { z } from "zod";
import type { Hook } from "../model/hook.ts";
import type { StateType } from "../model/state.ts";
import { many, matchOf, milliseconds, type hook } from "./fields.ts";

/**
 * A hook as it was written, with lists as lists and durations in milliseconds.
 * Without states and events it tells of failures.
 *
 * @param flow of a hook in a flow's own spec: it matches that flow only
 */
export function compileHook(written: z.infer<typeof hook>, flow?: string): Hook {
  const match = { ...matchOf(written.match), ...(flow === undefined ? {} : { flows: [flow] }) };
  const { name, events, slowAfter, notifyOn, repeat, message, subject } = written;
  const usual: readonly StateType[] = events === undefined ? ["Failed"] : [];
  return {
    name,
    ...(Object.keys(match).length === 0 ? {} : { match }),
    states: (written.states as readonly StateType[] | undefined) ?? usual,
    ...(events === undefined ? {} : { events }),
    ...(slowAfter === undefined ? {} : { slowAfter: milliseconds(slowAfter) }),
    ...(notifyOn === undefined ? {} : { notifyOn }),
    ...(repeat === undefined ? {} : { repeat: milliseconds(repeat) }),
    to: many(written.to),
    ...(message === undefined ? {} : { message }),
    ...(subject === undefined ? {} : { subject }),
  };
}
