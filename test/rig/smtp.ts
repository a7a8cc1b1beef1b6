import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, listenOnLoopbackOnly } from "./loopback.ts";

/** A mail as maildev gives it back. */
interface ReadMail {
  readonly subject: string;
  readonly text?: string;
  readonly html?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly envelope: { readonly from: unknown; readonly to: readonly { readonly address: string }[] };
  readonly attachments?: readonly { readonly fileName?: string; readonly generatedFileName?: string }[];
}

export interface MailDevServer {
  readonly smtpPort: number;
  /** The mails that were taken, oldest first. */
  mails(): Promise<readonly ReadMail[]>;
  close(): Promise<void>;
}

/** Starts maildev on free ports of 127.0.0.1. */
export async function startMailDev(): Promise<MailDevServer> {
  listenOnLoopbackOnly();
  const { MailDev } = await import("maildev");
  const directory = mkdtempSync(join(tmpdir(), "flowctl-maildev-"));
  const [smtp, web] = [await freePort(), await freePort()];
  const address = "127.0.0.1";
  const server = new MailDev({
    smtp,
    ip: address,
    web,
    webIp: address,
    mailDirectory: directory,
    silent: true,
  });
  await server.start();
  return {
    smtpPort: smtp,
    async mails() {
      const answer = await fetch(`http://${address}:${String(web)}/api/email`);
      return (await answer.json()) as ReadMail[];
    },
    async close() {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** How postfix's smtp-sink is told to misbehave: `-r RCPT` answers 4xx, `-f DATA` 5xx, `-q .` drops the connection. */
export interface SmtpSink {
  readonly port: number;
  close(): Promise<void>;
}

/** Where smtp-sink is: installed, or in an unpacked Debian package that `FLOWCTL_TEST_POSTFIX` names. */
export function smtpSinkProgram(): { readonly path: string; readonly libraries?: string } | undefined {
  const unpacked = process.env["FLOWCTL_TEST_POSTFIX"];
  if (unpacked !== undefined && existsSync(join(unpacked, "usr/sbin/smtp-sink"))) {
    return { path: join(unpacked, "usr/sbin/smtp-sink"), libraries: join(unpacked, "usr/lib/postfix") };
  }
  const installed = ["/usr/sbin/smtp-sink", "/usr/local/sbin/smtp-sink"].find((path) => existsSync(path));
  return installed === undefined ? undefined : { path: installed };
}

/** Starts smtp-sink on a free port of 127.0.0.1. */
export async function startSmtpSink(...options: readonly string[]): Promise<SmtpSink> {
  const program = smtpSinkProgram();
  if (program === undefined) throw new Error("smtp-sink is not installed");
  const port = await freePort();
  const who = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const child = spawn(program.path, [...who, "-4", ...options, `127.0.0.1:${String(port)}`, "10"], {
    stdio: "ignore",
    env: { ...process.env, ...(program.libraries === undefined ? {} : { LD_LIBRARY_PATH: program.libraries }) },
  });
  const exited = once(child, "exit");
  await accepting(port, exited);
  return {
    port,
    async close() {
      child.kill();
      await exited;
    },
  };
}

/** Resolves once something accepts connections. */
async function accepting(port: number, exited: Promise<unknown>): Promise<void> {
  const state = { ended: false };
  void exited.then(() => {
    state.ended = true;
  });
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const open = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    if (state.ended) throw new Error("the server ended before it accepted a connection");
    await new Promise((resolve) => setImmediate(resolve));
  }
}
