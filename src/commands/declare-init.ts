import type { Command } from "commander";
import type { Does } from "./program.ts";

/** Declares `flowctl init`. */
export function declareInit(program: Command, does: Does): void {
  program
    .command("init [dir]")
    .description("write a first flow and a config; nothing is overwritten")
    .option("--template <kind>", "the flow's language: ts or yaml (asks on a terminal)")
    .action(does(async () => (await import("./init.ts")).initCommand));
}
