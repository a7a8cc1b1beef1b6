import type { Command } from "commander";
import type { Does } from "./program.ts";

/** Declares `flowctl config` and its verbs. */
export function declareConfig(program: Command, does: Does): void {
  const config = program.command("config").description("what is configured, and where it came from");
  config
    .command("show [key]")
    .description("the merged config")
    .option("--origin", "for every key where it came from")
    .action(does(async () => (await import("./config.ts")).configShowCommand));
  config
    .command("path")
    .description("the config file that was found, and where it was looked for")
    .action(does(async () => (await import("./config.ts")).configPathCommand));
  config
    .command("schema [which]")
    .description("the JSON Schema of flow or config, for editors")
    .action(does(async () => (await import("./config.ts")).configSchemaCommand));
}
