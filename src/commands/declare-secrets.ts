import { Option, type Command } from "commander";
import type { Does } from "./program.ts";

/** Declares `flowctl secrets` and its verbs. */
export function declareSecrets(program: Command, does: Does): void {
  const secrets = program.command("secrets").description("values that nothing shows: store, list, test");
  const verb = (words: string, description: string): Command =>
    secrets
      .command(words)
      .description(description)
      .option("--namespace <name>", "not the config's namespace, but this one");
  const store = (): Option => new Option("--store <store>", "only this store").choices(["keychain", "file"]);

  verb("set <name...>", "store a secret: asks on a terminal, else reads standard input; never an argument")
    .usage("[options] <name>")
    .option("--from-env <variable>", "take the value from a variable")
    .option("--from-file <file>", "take the value from a file")
    .option("--raw", "keep a line break at the end of the value")
    .option("-y, --yes", "replace without asking")
    .addOption(store())
    // Whatever looks like `--value=…` is refused without being repeated.
    .allowUnknownOption()
    .action(does(async () => (await import("./secrets-set.ts")).secretsSetCommand));
  verb("get <name...>", "say where a secret is")
    .usage("[options] <name>")
    .option("--reveal", "print the value, and nothing else")
    .action(does(async () => (await import("./secrets-get.ts")).secretsGetCommand));
  verb("list", "names and places of all stored secrets, never values").action(
    does(async () => (await import("./secrets-list.ts")).secretsListCommand),
  );
  verb("delete <name...>", "remove a secret from every store")
    .usage("[options] <name>")
    .option("--if-exists", "not there is fine, too")
    .action(does(async () => (await import("./secrets-delete.ts")).secretsDeleteCommand));
  verb("test [names...]", "find secrets without showing them; without names, try the stores").action(
    does(async () => (await import("./secrets-test.ts")).secretsTestCommand),
  );
  verb("import <file...>", "store all secrets of a dotenv or JSON file; - for standard input")
    .usage("[options] <file>")
    .option("--dry-run", "only list the names")
    .option("--overwrite", "replace what is stored already")
    .addOption(store())
    .action(does(async () => (await import("./secrets-import.ts")).secretsImportCommand));
  verb("keygen", "make a key for the encrypted file")
    .option("--out <file>", "write the private key here")
    .action(does(async () => (await import("./secrets-keygen.ts")).secretsKeygenCommand));
  verb("doctor", "what of keychain and encrypted file works, and what to do where not").action(
    does(async () => (await import("./secrets-doctor.ts")).secretsDoctorCommand),
  );
}
