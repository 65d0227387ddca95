/** What docs/api.md shows is so: every route has its section, and every example its answer. */
import assert from "node:assert/strict";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LogRing } from "../../src/admin/log-ring.ts";
import { Reloads } from "../../src/cli/reloads.ts";
import { routesOf } from "../../src/cli/routes/index.ts";
import { locateData } from "../../src/locate.ts";
import { aGateway } from "../support/a-gateway.ts";
import { aFolder, startCommand } from "../support/command.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { run } from "../support/process.ts";

const PAGE = readFileSync(locateData("docs/api.md"), "utf8");
const TOKEN = "vlqCQ4nWnHT0NhPYUqgUoxIbRAOUVT5hMYsBiI0oJqA";

const CONFIG = `gateway:
  endpoint: urn:dev:ops:32473-test
  admin: { listen: "127.0.0.1:0", token: !secret admin-token }
servers: [{ id: 101, uri: "coap://127.0.0.1:1" }]
links: { trial: { type: simulated } }
devices: [{ id: room-1, mapping: simulated-climate, link: trial }]
`;

test("docs/api.md has a section for each route, and no other", async (t) => {
  const { gateway } = await aGateway(t);
  const routes = routesOf(gateway, { ring: new LogRing(), reloads: new Reloads((by) => gateway.reload(by)) });
  const sections = [...PAGE.matchAll(/^### (.*)$/gm)].map(([, heading = ""]) => heading);
  const names = routes.map(({ method, path }) => `${method} ${path}`);
  const faults = [
    ...names.filter((name) => !sections.includes(name)).map((name) => `docs/api.md needs a section "### ${name}"`),
    ...sections.filter((name) => !names.includes(name)).map((name) => `docs/api.md has ${name}, which is no route`),
    ...sections.filter((name, i) => sections.indexOf(name) !== i).map((name) => `docs/api.md has ${name} twice`),
  ];
  assert.deepEqual(faults, []);
});

/** A command, and what it printed. */
interface Example {
  readonly typed: string;
  readonly printed: string;
}

function examples(): readonly Example[] {
  return [...PAGE.matchAll(/^```\n(\$ [\s\S]*?)^```$/gm)].flatMap(([, block = ""]) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const end = text.indexOf("\n");
        return { typed: text.slice(0, end), printed: text.slice(end + 1) };
      }),
  );
}

/** Without what is another each time: times, and how long something took. */
function steady(text: string): string {
  return text
    .trimEnd()
    .replace(/"(time|until|left|duration|started|now)":[\d.]+/g, '"$1":0')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, "TIME");
}

test("the examples of docs/api.md give what stands there", async (t) => {
  if (!hasTool(t, "curl", "apt-get install -y curl")) return;
  const folder = aFolder(t, { "config.yaml": CONFIG, "secrets.yaml": `admin-token: ${TOKEN}\n` });
  chmodSync(join(folder, "secrets.yaml"), 0o600);
  const gateway = startCommand(t, "run", "--config", join(folder, "config.yaml"));
  const [, URL] = await gateway.printed(/"url":"(http:[^"]*)"/);
  await Promise.all([gateway.printed(/"msg":"started"/), gateway.printed(/"device":"room-1".*online/)]);
  const { PATH } = process.env;
  const env = { PATH, SOCKET: join(folder, "state/admin.sock"), URL, TOKEN };
  const found = examples();
  assert.ok(found.length > 20, "the examples are found");
  for (const { typed, printed } of found) {
    const { stdout, stderr } = await run(t, "sh", ["-c", typed], { env });
    assert.equal(stderr, "", typed);
    // Of a stream all that is shown comes, and perhaps more.
    if (!printed.startsWith(": ")) assert.equal(steady(stdout), steady(printed), typed);
    else for (const event of steady(printed).split("\n\n")) assert.ok(steady(stdout).includes(event), stdout);
  }
});
