import { expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";
import { faultyServer } from "../rig/faulty-server.ts";

const FLOW = `
flow: release
params: { tag: { type: string, default: "v1 <@U77> & <https://evil.example|ok>" } }
tasks:
  log: { run: "printf '%s' '<!subteam^S9> __hi__'", capture: text }
  chat:
    uses: notify
    with: { channel: chat, message: "<!here> \${{ params.tag }}, \${{ tasks.log.outputs.stdout }} <https://docs.example|docs>" }
  whole: { uses: notify, needs: chat, with: { channel: chat, message: "\${{ tasks.log.outputs.stdout }}" } }
  blocks:
    uses: notify
    needs: whole
    with:
      channel: chat
      message: { text: "b \${{ params.tag }}", blocks: [{ type: section, text: { type: mrkdwn, text: "*\${{ tasks.log.outputs.stdout }}*" } }] }
  game: { uses: notify, needs: blocks, with: { channel: game, message: "**new** \${{ tasks.log.outputs.stdout }}" } }
  file: { uses: notify, needs: game, with: { channel: file, message: "<raw> \${{ params.tag }}" } }
  bad: { run: "echo '<!channel> broke' >&2; exit 3", needs: file }
`;

it("sends the author's markup as it is and escapes values, in tasks, hooks and the config alike", async () => {
  await using home = cliHome();
  const ok = { status: 200, body: "ok" };
  const server = await faultyServer(Array.from({ length: 8 }, () => ok));
  try {
    home.write("release.yaml", FLOW);
    home.write(
      "flowctl.config.yaml",
      `channels:
  chat: { type: slack, url: "${server.url}/chat" }
  game: { type: discord, url: "${server.url}/game" }
  file: { type: inbox }
hooks:
  - { name: own, to: chat, message: "*\${{ flow.name }}* <https://ci.example|open> \${{ run.failures.map(f, f.message) }}" }
tasks:
  last: { uses: notify, trigger: all_finished, with: { channel: chat, message: "<!here> \${{ params.tag }}" } }
`,
    );
    const done = await home.run(["run", "release.yaml"]);
    expect(done.code).toBe(1);
    const bodies = server.requests().map(({ body }) => body);
    const texts = bodies.map((body) => (JSON.parse(body) as { text?: string; content?: string }).text);
    const tag = "v1 &lt;@U77&gt; &amp; &lt;https://evil.example|ok&gt;";
    const log = "&lt;!subteam^S9&gt; __hi__";
    expect(texts).toContain(`<!here> ${tag}, ${log} <https://docs.example|docs>`);
    expect(texts).toContain(log);
    expect(texts).toContain(`b ${tag}`);
    expect(texts).toContain(`<!here> ${tag}`);
    expect(texts.filter((text) => text?.startsWith("*release* <https://ci.example|open> ") === true)).toHaveLength(1);
    const all = bodies.join("\n");
    expect(all).toContain(`"text":"*${log}*"`);
    expect(all).toContain('"content":"**new** \\\\<!subteam^S9\\\\> \\\\_\\\\_hi\\\\_\\\\_"');
    expect(all).not.toMatch(/(?<!\\)<!subteam|<@U77|[\ufdd0\ufdd1]/u);
    const inbox = await home.run(["inbox"]);
    expect(inbox.stdout).toContain("<raw> v1 <@U77> & <https://evil.example|ok>");
    const listed = await home.run(["notify", "list", "--state", "delivered", "--json"]);
    expect(listed.stdout).not.toMatch(/[\ufdd0\ufdd1]|ufdd0/);
  } finally {
    await server.close();
  }
});
