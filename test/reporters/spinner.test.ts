import { Terminal } from "@xterm/headless";
import { expect, it } from "vitest";
import { spinner } from "../../src/reporters/spinner.ts";
import { keptScreen } from "./rig.ts";

const mode = { unicode: false, errorColor: 0, ci: false } as const;

it("a spinner turns on a terminal and leaves nothing behind, with the cursor shown", async () => {
  const screen = keptScreen(40, 10);
  const terminal = new Terminal({ cols: 40, rows: 10, allowProposedApi: true });
  const line = async (): Promise<string> => {
    await new Promise<void>((resolve) => {
      terminal.write(screen.text, resolve);
    });
    screen.text = "";
    return terminal.buffer.active.getLine(0)?.translateToString(true) ?? "";
  };
  const turning = await spinner("asking the keychain", { screen, mode });
  expect(screen.text).toContain("\u001b[?25l");
  expect(await line()).toMatch(/^[-\\|/] asking the keychain$/);
  turning.stop();
  expect(screen.text).toContain("\u001b[?25h");
  expect(await line()).toBe("");
});

it("a spinner is nothing off a terminal, without columns, and in CI", async () => {
  for (const [screen, ci] of [
    [keptScreen(), false],
    [{ ...keptScreen(), isTTY: true }, false],
    [keptScreen(80, 24), true],
  ] as const) {
    const turning = await spinner("x", { screen, mode: { ...mode, ci } });
    turning.stop();
    expect(screen.text).toBe("");
  }
});
