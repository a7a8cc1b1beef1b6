import type { Screen } from "../host/host.ts";
import { control, screenBefore, type ScreenMethod } from "./screen-before.ts";

/** A screen that can be kept still: what is written meanwhile waits. */
export interface GatedScreen {
  readonly screen: Screen;
  /** @returns lets what waited through */
  hold(): () => void;
}

/** Puts a gate before a screen. */
export function gated(screen: Screen): GatedScreen {
  let waiting: (readonly [text: string, method: ScreenMethod])[] | undefined;
  const pass = (text: string, method: ScreenMethod): void => {
    if (method === "control") control(screen, text);
    else screen.write(text);
  };
  return {
    screen: screenBefore(screen, (text, method) => {
      if (waiting === undefined) pass(text, method);
      else waiting.push([text, method]);
    }),
    hold() {
      waiting ??= [];
      return () => {
        const held = waiting ?? [];
        waiting = undefined;
        for (const [text, method] of held) pass(text, method);
      };
    },
  };
}
