import type { Screen } from "../host/host.ts";

/** A screen that stands before another and looks like it, but for what becomes of what is written. */
export function screenBefore(screen: Screen, write: (text: string) => void): Screen {
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
    write,
  };
}
