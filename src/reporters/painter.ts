import type { Screen } from "../host/host.ts";
import { control } from "./screen-before.ts";

/** Makes the rows to paint, for a width and as many rows as there is room for. */
export type Render = (columns: number, height: number) => readonly string[];

/** At most ten pictures a second, in milliseconds between them. */
const INTERVAL = 100;

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
/** A terminal that knows them shows all between the two at once; another ignores them. */
const BEGIN = "\x1b[?2026h";
const END = "\x1b[?2026l";
const CLEAR_BELOW = "\x1b[J";
const CLEAR_LINE = "\x1b[K";

/**
 * Paints a few rows below what has scrolled by, and again over themselves. Lines that stay
 * are queued and printed above. It never takes the whole screen: what was printed can be
 * scrolled to, selected and copied.
 */
export class Painter {
  readonly #screen: Screen;
  #queue: string[] = [];
  #height = 0;
  #columns = 0;
  #last = -Infinity;
  #isOn = false;
  #isOver = false;
  #isHeld = false;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Queues a line that stays. */
  above(line: string): void {
    if (this.#isOver) this.#screen.write(`${line}\n`);
    else this.#queue.push(line);
  }

  /** Something changed: paints unless the last picture is too fresh. @param now in milliseconds */
  changed(now: number, render: Render): void {
    if (now - this.#last >= INTERVAL) this.paint(now, render);
  }

  paint(now: number, render: Render): void {
    if (this.#isOver || this.#isHeld) return;
    this.#last = now;
    const columns = this.#screen.columns || 80;
    // One row less than there are: the last would make the terminal scroll.
    const rows = render(columns, Math.max((this.#screen.rows || 24) - 1, 1));
    const cursor = this.#isOn ? "" : HIDE_CURSOR;
    this.#isOn = true;
    const body = rows.map((row) => `${row}${CLEAR_LINE}\n`).join("");
    control(this.#screen, `${BEGIN}${cursor}${this.#toTop(columns)}${this.#takeQueue()}${body}${CLEAR_BELOW}${END}`);
    this.#height = rows.length;
    this.#columns = columns;
  }

  /** Takes away what is painted and stays still, so that somebody can be asked there. @returns goes on */
  hold(): () => void {
    this.#isHeld = true;
    if (this.#isOn)
      control(
        this.#screen,
        `${this.#toTop(this.#screen.columns || 80)}${CLEAR_BELOW}${this.#takeQueue()}${SHOW_CURSOR}`,
      );
    this.#isOn = false;
    this.#height = 0;
    return () => {
      this.#isHeld = false;
    };
  }

  /** Prints what is queued, takes away what is painted, and shows the cursor. What comes after is printed as it is. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isOn)
      control(
        this.#screen,
        `${this.#toTop(this.#screen.columns || 80)}${CLEAR_BELOW}${this.#takeQueue()}${SHOW_CURSOR}`,
      );
    else this.#screen.write(this.#takeQueue());
  }

  /** Back to the first painted row. In a window made narrower each row has become several. */
  #toTop(columns: number): string {
    if (this.#height === 0) return "";
    const folded = columns < this.#columns ? Math.ceil(this.#columns / columns) : 1;
    return `\x1b[${this.#height * folded}A\r${folded > 1 ? CLEAR_BELOW : ""}`;
  }

  #takeQueue(): string {
    const text = this.#queue.map((line) => `${line}${this.#isOn ? CLEAR_LINE : ""}\n`).join("");
    this.#queue = [];
    return text;
  }
}
