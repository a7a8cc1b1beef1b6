import type { Screen } from "../host/host.ts";
import { screenBefore } from "./screen-before.ts";

/** A screen that can be kept still: what is written meanwhile waits. */
export interface GatedScreen {
  readonly screen: Screen;
  /** @returns lets what waited through */
  hold(): () => void;
}

/** Puts a gate before a screen. */
export function gated(screen: Screen): GatedScreen {
  let waiting: string[] | undefined;
  return {
    screen: screenBefore(screen, (text) => {
      if (waiting === undefined) screen.write(text);
      else waiting.push(text);
    }),
    hold() {
      waiting ??= [];
      return () => {
        const text = waiting?.join("") ?? "";
        waiting = undefined;
        screen.write(text);
      };
    },
  };
}
