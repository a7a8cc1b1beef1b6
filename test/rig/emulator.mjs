// A process of its own for one emulated service: `node emulator.mjs SERVICE`.
// Prints its URL, listens on 127.0.0.1 only, and ends with the process that started it.
import { Server } from "node:net";

const listen = Server.prototype.listen;
let server;
Server.prototype.listen = function (port) {
  server = this;
  return listen.call(this, port, "127.0.0.1");
};

const { createEmulator } = await import("emulate");
await createEmulator({ service: process.argv[2], port: 0 });
if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));
process.stdout.write(`http://127.0.0.1:${String(server.address().port)}\n`);
process.stdin.on("end", () => process.exit()).resume();
