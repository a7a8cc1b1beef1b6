import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { email } from "../../src/channels/email.ts";
import type { DeliveryRequest } from "../../src/outbox/channel.ts";
import { freePort } from "../rig/loopback.ts";
import { smtpSinkProgram, startMailDev, startSmtpSink, type MailDevServer } from "../rig/smtp.ts";
import { alertOf, deliveryOf, expectNoSecret, text } from "./delivery.ts";

const PASSWORD = "hunter2-hunter2";
const open: { close(): Promise<void> }[] = [];
afterAll(async () => {
  for (const each of open) await each.close();
});

function via(port: number, more: Partial<DeliveryRequest> = {}, options: object = {}): DeliveryRequest {
  const definition = {
    type: "email",
    host: "127.0.0.1",
    port,
    security: "none",
    from: "flowctl <alerts@example.com>",
    to: ["ops@example.com", "dba@example.com"],
    timeout: "1s",
    ...options,
  };
  return deliveryOf({ definition, recipient: "ops@example.com", values: { PASSWORD }, ...more });
}

/** A mail server that does what its handlers say. */
async function serving(options: SMTPServerOptions): Promise<{ port: number; server: SMTPServer }> {
  const server = new SMTPServer({ authOptional: true, disabledCommands: ["STARTTLS"], logger: false, ...options });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  open.push({
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
      }),
  });
  return { port: (server.server.address() as AddressInfo).port, server };
}

function refusing(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

describe("email", () => {
  let maildev: MailDevServer;
  beforeAll(async () => {
    maildev = await startMailDev();
    open.push(maildev);
  });

  it("is read back from a mail server, with the headers that keep it from being answered or sent twice", async () => {
    const message = alertOf({ detail: "Error: <b>no</b>\n    at load" });
    expect(await email.send(via(maildev.smtpPort, { message }))).toMatchObject({ outcome: "delivered" });
    await email.send(via(maildev.smtpPort, { message, attempt: 2, repeat: true }));
    const mails = await maildev.mails();
    expect(mails).toHaveLength(2);
    const [first, second] = mails;
    expect(first?.subject).toBe(
      "FAILED: nightly-etl (run 01JDC7K2) on etl-1 after 14m 12s: load: connect ECONNREFUSED 10.0.0.5:5432",
    );
    expect(first?.headers["message-id"]).toBe("<n_7qk2mzx4c5v6b7n8m9k0j1h2g3@flowctl.example.com>");
    expect(second?.headers["message-id"]).toBe(first?.headers["message-id"]);
    expect(first?.headers).toMatchObject({
      "auto-submitted": "auto-generated",
      "x-auto-response-suppress": "All",
      "x-flowctl-run-id": "01JDC7K2",
      references: "<flow.nightly-etl@flowctl.example.com>",
    });
    expect(first?.html).toContain("Error: &lt;b&gt;no&lt;/b&gt;");
    expect(first?.text).toContain("State: Running → Failed");
    expect(first?.envelope.to.map(({ address }) => address)).toEqual(["ops@example.com"]);
  });

  it("sends a person's own mail, with attachments, and copies that nobody sees", async () => {
    const taken: [to: string[], source: string][] = [];
    const { port } = await serving({
      onData: (stream, { envelope }, done) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          taken.push([envelope.rcptTo.map(({ address }) => address), Buffer.concat(chunks).toString("utf8")]);
          done();
        });
      },
    });
    const directory = mkdtempSync(join(tmpdir(), "flowctl-mail-"));
    const path = join(directory, "report.csv");
    writeFileSync(path, "a,b\n");
    const payload = { subject: "Report\r\nBcc: thief@example.com", html: "<p>hi</p>", attachments: [path] };
    const options = { bcc: ["audit@example.com"], cc: "boss@example.com" };
    const delivery = via(port, { message: { kind: "payload", payload }, recipient: "audit@example.com" }, options);
    expect(await email.send(delivery)).toMatchObject({ outcome: "delivered" });
    rmSync(directory, { recursive: true });
    const [envelope, source] = taken[0]!;
    expect(envelope).toEqual(["audit@example.com"]);
    const [head = "", body = ""] = source.split(/\r\n\r\n(.*)/s);
    expect(head).toContain("Subject: Report Bcc: thief@example.com\r\n");
    expect(head).toContain("To: ops@example.com, dba@example.com\r\n");
    expect(head).toContain("Cc: boss@example.com\r\n");
    expect(head).not.toMatch(/^Bcc:/im);
    expect(source).not.toContain("audit@");
    expect(body).toContain("<p>hi</p>");
    expect(body).toContain("filename=report.csv");
    expect(await email.send({ ...delivery })).toMatchObject({ outcome: "permanent", code: "ATTACHMENT" });
  });

  it("logs in with the password of a secret, and is held where the login is refused", async () => {
    const { port } = await serving({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (auth, _session, done) => {
        if (auth.password === PASSWORD) done(null, { user: "etl" });
        else done(refusing(535, `5.7.8 no such login ${auth.password ?? ""}`));
      },
    });
    const login = { username: "etl", password: { secret: "PASSWORD" } };
    expect(await email.send(via(port, {}, login))).toMatchObject({ outcome: "delivered" });
    const wrong = await email.send(via(port, { values: { PASSWORD: "wrong-wrong" } }, login));
    expect(wrong).toMatchObject({ outcome: "permanent", code: "SMTP_535" });
    expectNoSecret(wrong, ["wrong-wrong"]);
    const byUrl = { host: undefined, port: undefined, security: undefined, smtp: { secret: "SMTP_URL" } };
    const values = { SMTP_URL: `smtp://etl:${PASSWORD}@127.0.0.1:${port}?security=none` };
    expect(await email.send(via(port, { values }, byUrl))).toMatchObject({ outcome: "delivered" });
  });

  it.each<[string, SMTPServerOptions, object]>([
    [
      "greylisting",
      {
        onRcptTo: (_a, _s, done) => {
          done(refusing(450, "4.2.0 later"));
        },
      },
      { outcome: "transient", code: "SMTP_450" },
    ],
    [
      "a full server",
      {
        onMailFrom: (_a, _s, done) => {
          done(refusing(451, "4.3.0 busy"));
        },
      },
      { outcome: "transient", code: "SMTP_451" },
    ],
    [
      "a closing server",
      {
        onMailFrom: (_a, _s, done) => {
          done(refusing(421, "4.3.2 bye"));
        },
      },
      { outcome: "transient", code: "SMTP_421" },
    ],
    [
      "an unknown receiver",
      {
        onRcptTo: (_a, _s, done) => {
          done(refusing(550, "5.1.1 unknown"));
        },
      },
      { outcome: "permanent", code: "SMTP_550" },
    ],
    [
      "a refused text",
      {
        onData: (stream, _s, done) => {
          stream
            .on("end", () => {
              done(refusing(554, "5.7.1 spam"));
            })
            .resume();
        },
      },
      { outcome: "permanent", code: "SMTP_554" },
    ],
    [
      "a text refused for now",
      {
        onData: (stream, _s, done) => {
          stream
            .on("end", () => {
              done(refusing(452, "4.3.1 full"));
            })
            .resume();
        },
      },
      { outcome: "transient", code: "SMTP_452" },
    ],
    [
      "silence after the whole mail",
      {
        onData: (stream) => {
          stream.resume();
        },
      },
      { outcome: "ambiguous", code: "CLOSED" },
    ],
    ["silence after the sender", { onMailFrom: () => undefined }, { outcome: "transient", code: "ETIMEDOUT" }],
  ])("judges %s", async (_name, options, expected) => {
    const { port } = await serving(options);
    const outcome = await email.send(via(port));
    expect(outcome).toMatchObject(expected);
    expectNoSecret(outcome, [PASSWORD]);
  });

  it("calls a connection that closes after the whole mail ambiguous, and one that closes before it not", async () => {
    const after = await serving({
      onData: (stream) => {
        stream
          .on("end", () => {
            for (const each of after.server.connections) (each as unknown as { close(): void }).close();
          })
          .resume();
      },
    });
    expect(await email.send(via(after.port))).toMatchObject({ outcome: "ambiguous", code: "CLOSED" });
    const before = await serving({
      onConnect: () => {
        for (const each of before.server.connections) (each as unknown as { close(): void }).close();
      },
    });
    expect(await email.send(via(before.port))).toMatchObject({ outcome: "transient" });
    expect(await email.send(via(await freePort()))).toMatchObject({ outcome: "transient", code: "ECONNREFUSED" });
  });

  it("goes on for one receiver where another is refused", async () => {
    const { port } = await serving({
      onRcptTo: ({ address }, _session, done) => {
        if (address.startsWith("dba")) done(refusing(550, "5.1.1 unknown"));
        else done();
      },
    });
    const { definition } = via(port);
    expect(email.recipients(definition)).toEqual(["ops@example.com", "dba@example.com"]);
    expect(await email.send(via(port))).toMatchObject({ outcome: "delivered" });
    expect(await email.send(via(port, { recipient: "dba@example.com" }))).toMatchObject({ outcome: "permanent" });
  });

  it("does not send a password without encryption, nor accept a server that takes STARTTLS away", async () => {
    const { port } = await serving({});
    const starttls = await email.send(
      via(port, {}, { security: "starttls", username: "etl", password: { secret: "PASSWORD" } }),
    );
    expect(starttls.outcome).not.toBe("delivered");
    expect(starttls).toMatchObject({ code: "ETLS", note: "the mail server does not offer STARTTLS" });
    const { smtpServer } = await import("../../src/channels/smtp-server.ts");
    const login = { host: "mail.example.com", username: "etl", password: { secret: "PASSWORD" } };
    expect(smtpServer(via(25, {}, login))).not.toHaveProperty("auth");
    expect(smtpServer(via(465, {}, { ...login, security: "tls" }))).toMatchObject({
      secure: true,
      auth: { user: "etl" },
    });
    expect(smtpServer(via(587, {}, { ...login, security: undefined }))).toMatchObject({ requireTLS: true });
  });

  it.each([
    ["mail.example.com", true],
    ["localhost.example.com", true],
    ["127.evil.example.com", true],
    ["localhost", false],
    ["127.0.0.1", false],
    ["::1", false],
  ])("refuses a login without encryption at %s: %s", async (host, isUnsafe) => {
    const login = { host, username: { secret: "USER" }, password: { secret: "PASSWORD" } };
    const { definition } = via(25, {}, login);
    expect(email.check(definition).map(({ path }) => path)).toEqual(isUnsafe ? ["security"] : []);
    const hidden = via(25, {
      values: { URL: `smtp://etl:${PASSWORD}@${host.includes(":") ? "[::1]" : host}:1?security=none` },
    });
    const bySecret = {
      ...hidden,
      definition: { type: "email", smtp: { secret: "URL" }, from: "a@x.org", to: "b@x.org" },
    };
    const outcome = await email.send(bySecret);
    expectNoSecret(outcome, [PASSWORD]);
    if (isUnsafe) expect(outcome).toMatchObject({ outcome: "permanent", code: "UNSAFE_LOGIN" });
    else expect(outcome).toMatchObject({ outcome: "transient", code: "ECONNREFUSED" });
  });

  it("names the cause where the port speaks another protocol", async () => {
    const plain = await serving({});
    const overTls = await email.send(via(plain.port, {}, { security: "tls" }));
    expect(overTls).toMatchObject({
      outcome: "transient",
      note: expect.stringContaining("does not speak TLS") as string,
    });
    const secure = await serving({ secure: true });
    const untrusted = await email.send(via(secure.port, {}, { security: "tls" }));
    expect(untrusted).toMatchObject({ outcome: "transient", note: expect.stringContaining("certificate") as string });
    expect(untrusted).not.toMatchObject({ code: "ESOCKET" });
    const silent = await email.send(via(secure.port));
    expect(silent).toMatchObject({ outcome: "transient", code: "NO_GREETING" });
  });

  it("is one message, and one SMTP transaction, for each address in a text", async () => {
    const seen: string[] = [];
    const { port } = await serving({
      onRcptTo: ({ address }, _session, done) => {
        if (address.startsWith("gone")) done(refusing(550, "5.1.1 unknown"));
        else done();
      },
      onData: (stream, session, done) => {
        let body = "";
        stream.on("data", (chunk: Buffer) => (body += chunk.toString()));
        stream.on("end", () => {
          const to = session.envelope.rcptTo.map(({ address }) => address).join();
          seen.push(`${to} ${/^To: .*$/m.exec(body)?.[0] ?? ""}`);
          done();
        });
      },
    });
    const { definition } = via(port, {}, { to: "On call: ann@x.org, Gone <gone@x.org>; bob@x.org" });
    const outcomes = [];
    for (const recipient of email.recipients(definition))
      outcomes.push((await email.send({ ...via(port), definition, recipient })).outcome);
    expect(outcomes).toEqual(["delivered", "permanent", "delivered"]);
    expect(seen.map((each) => each.split(" ")[0])).toEqual(["ann@x.org", "bob@x.org"]);
    expect(new Set(seen.map((each) => each.slice(each.indexOf(" ")))).size).toBe(1);
  });

  it("does not send to a secret that holds several addresses, where one answer would hide a refusal", async () => {
    const outcome = await email.send(via(25, { recipient: "a@x.org, b@x.org" }));
    expect(outcome).toMatchObject({ outcome: "permanent", code: "SEVERAL" });
  });

  it("does not trust a certificate that nobody vouches for", async () => {
    const { port } = await serving({ disabledCommands: [] });
    const outcome = await email.send(via(port, {}, { security: "starttls" }));
    expect(outcome).toMatchObject({ outcome: "transient" });
  });

  it("finds what is wrong in a definition", () => {
    const { definition } = via(25);
    expect(email.check(definition)).toEqual([]);
    expect(email.check({ ...definition, to: ["nobody"] })).toEqual([
      { path: "to[0]", message: "must be a mail address" },
    ]);
    expect(email.check({ ...definition, smtp: { secret: "X" } }).map(({ path }) => path)).toEqual(["smtp"]);
    expect(email.check({ ...definition, security: "SSL" })).toEqual([
      { path: "security", message: "must be one of tls, starttls, none" },
    ]);
  });

  it("is as important as the channel's severity says", async () => {
    const importanceOf = async (severity: string | undefined): Promise<unknown> => {
      const { definition, ...rest } = via(maildev.smtpPort);
      const more = severity === undefined ? {} : { severity };
      await email.send({ ...rest, definition: { ...definition, ...more } });
      return (await maildev.mails()).at(-1)?.headers["priority"];
    };
    expect(await importanceOf(undefined)).toBeUndefined();
    expect(await importanceOf("critical")).toBe("high");
    expect(await importanceOf("info")).toBe("low");
  });

  it("strips line ends from what a flow's name brings into headers", async () => {
    const message = { ...text("body"), subject: "a\r\nX-Evil: 1" };
    await email.send(via(maildev.smtpPort, { message }));
    expect((await maildev.mails()).at(-1)?.headers).not.toHaveProperty("x-evil");
  });
});

const sink = smtpSinkProgram();
if (sink === undefined) {
  console.warn(
    "skipped: email against smtp-sink (install Debian's postfix, or name an unpacked one in FLOWCTL_TEST_POSTFIX)",
  );
}
describe.skipIf(sink === undefined)("email against postfix's smtp-sink", () => {
  it.each<[string[], object]>([
    [[], { outcome: "delivered" }],
    [["-r", "RCPT"], { outcome: "transient", code: "SMTP_450" }],
    [["-f", "RCPT"], { outcome: "permanent", code: "SMTP_500" }],
    [["-f", "DATA"], { outcome: "permanent", code: "SMTP_500" }],
    [["-r", "."], { outcome: "transient", code: "SMTP_450" }],
    [["-f", "."], { outcome: "permanent", code: "SMTP_500" }],
    [["-Q", "MAIL"], { outcome: "transient", code: "SMTP_421" }],
    [["-q", "RCPT"], { outcome: "transient" }],
    [["-q", "."], { outcome: "ambiguous", code: "CLOSED" }],
  ])("with %j", async (options, expected) => {
    const server = await startSmtpSink(...options);
    try {
      expect(await email.send(via(server.port))).toMatchObject(expected);
    } finally {
      await server.close();
    }
  });
});
