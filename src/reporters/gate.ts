import type { Screen } from "../host/host.ts";

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
    screen: {
      get isTTY() {
        return screen.isTTY;
      },
      get columns() {
        return screen.columns;
      },
      get rows() {
        return screen.rows;
      },
      write(text) {
        if (waiting === undefined) screen.write(text);
        else waiting.push(text);
      },
    },
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
