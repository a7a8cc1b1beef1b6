// A stand-in for the keychain's child process; its behaviour is the last part of the file's name it was copied to.
import { appendFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";

// Each start leaves a line beside the program, whether it is asked or not.
appendFileSync(join(dirname(process.argv[1]), "starts"), `${process.pid}\n`);

const request = JSON.parse(await text(process.stdin));
const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const each = (result) => answer({ ok: true, answers: request.entries.map(result) });

switch (basename(process.argv[1], ".mjs")) {
  case "echo":
    each(({ service, account }) => ({ ok: true, found: true, value: `${service}/${account}` }));
    break;
  case "empty":
    each(() => ({ ok: true, found: false }));
    break;
  case "environment":
    each(() => ({ ok: true, found: true, value: JSON.stringify(process.env) }));
    break;
  case "locked":
    each(() => ({ ok: false, message: "Cannot create an item in a locked collection" }));
    break;
  case "no-module":
    answer({ ok: false, code: "NO_MODULE", message: "libsecret-1.so.0: cannot open shared object file" });
    break;
  case "garbage":
    process.stdout.write("Segmentation fault (not really)\n");
    break;
  case "silent":
    break;
  case "segfault":
    process.kill(process.pid, "SIGSEGV");
    break;
  case "hang":
    setInterval(() => undefined, 1000);
    break;
  case "answers-and-hangs":
    each(() => ({ ok: true, found: true, value: "in time" }));
    setInterval(() => undefined, 1000);
    break;
}
