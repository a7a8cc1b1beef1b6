import type { Screen } from "../host/host.ts";

/** Which method of a screen is called. */
export type ScreenMethod = "write" | "control";

/** A screen that stands before another and looks like it, but for what becomes of what is written. */
export function screenBefore(screen: Screen, write: (text: string, method: ScreenMethod) => void): Screen {
  return {
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
      write(text, "write");
    },
    control(text) {
      write(text, "control");
    },
  };
}

/** Writes cursor movements or commands of a CI system; the texts within are clean. */
export function control(screen: Screen, text: string): void {
  if (screen.control === undefined) screen.write(text);
  else screen.control(text);
}
