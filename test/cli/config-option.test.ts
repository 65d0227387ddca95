import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { check } from "../../src/cli/check.ts";
import { parseArguments, UsageError } from "../../src/cli/command.ts";
import { configFile, SERVICE_CONFIG } from "../../src/cli/config-option.ts";
import { readConfig } from "../../src/gateway/read-config.ts";
import { aConfig, aFolder } from "../support/command.ts";

test("the configuration is the one that is named, else that of the folder, else that of the service", (t) => {
  const before = process.cwd();
  t.after(() => process.chdir(before));
  const unnamed = parseArguments(check, []);
  process.chdir(aFolder(t, { "config.yaml": "" }));
  assert.equal(configFile(unnamed), "config.yaml");
  assert.equal(configFile(parseArguments(check, ["-c", "other.yaml"])), "other.yaml");
  process.chdir(aFolder(t, {}));
  if (existsSync(SERVICE_CONFIG)) {
    // This machine is a gateway itself.
    assert.equal(configFile(unnamed), SERVICE_CONFIG);
    return;
  }
  assert.throws(
    () => configFile(unnamed),
    new UsageError(
      `no configuration found (looked for config.yaml and ${SERVICE_CONFIG}); name one with --config FILE`,
      { code: "LG103" },
    ),
  );
});

test("the state goes where the configuration says, else where systemd lets the service write, else beside it", async (t) => {
  const folder = aFolder(t, {
    "silent.yaml": aConfig({}),
    "own.yaml": aConfig({}).replace("32473-test", "32473-test, state: mine"),
  });
  const stateOf = async (name: string) => (await readConfig(join(folder, name))).gateway.state;
  assert.equal(await stateOf("silent.yaml"), join(folder, "state"));
  Object.assign(process.env, { STATE_DIRECTORY: "/var/lib/lwm2m-gateway:/var/lib/other" });
  assert.equal(await stateOf("silent.yaml"), "/var/lib/lwm2m-gateway");
  assert.equal(await stateOf("own.yaml"), join(folder, "mine"));
});
