import assert from "node:assert/strict";
import test from "node:test";
import { command } from "../support/command.ts";
import { temporaryDirectory } from "../support/temp.ts";

test("with --json what went wrong is one JSON text on standard output, with its code and what to try", async (t) => {
  const socket = `${temporaryDirectory(t)}/nothing.sock`;
  const [away, wrong, files] = await Promise.all([
    command(t, "status", "--json", "--socket", socket),
    command(t, "status", "--json", "--value"),
    command(t, "keys", "show", "--json", "-c", "/no/such.yaml"),
  ]);
  assert.deepEqual([away.code, away.stderr], [1, ""]);
  assert.deepEqual(JSON.parse(away.stdout), {
    error: {
      code: "LG701",
      message: `the gateway is not running (no answer on ${socket}: there is no such file)`,
      next: "systemctl status lwm2m-gateway, or lwm2m-gateway run",
    },
  });
  assert.deepEqual([wrong.code, wrong.stderr], [2, ""]);
  assert.deepEqual(JSON.parse(wrong.stdout), {
    error: {
      code: "LG101",
      message: 'status: unknown option "--value"; did you mean "--values"?',
      next: "lwm2m-gateway status --help",
    },
  });
  assert.deepEqual([files.code, files.stderr], [2, ""]);
  const { error } = JSON.parse(files.stdout);
  assert.deepEqual(
    error.problems.map(({ text }: { readonly text: string }) => text),
    ["error: cannot read /no/such.yaml: there is no such file [LG213]"],
  );
});
