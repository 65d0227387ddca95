import { dirname, join } from "node:path";
import { formatProblem } from "../../errors.ts";
import { SERVICE_CONFIG } from "../config-option.ts";
import { CREDENTIALS, ELSEWHERE } from "./manifest.ts";
import type { Restored } from "./restored.ts";

/** What was done, and what is left to be done by hand. */
export function restoredText(restored: Restored): string {
  const { dryRun, endpoint, made, version, configuration, state, aside, problems } = restored;
  const lines = [
    `${endpoint}, backup of ${made}, by version ${version}`,
    `${dryRun ? "would be restored" : "restored"}: configuration to ${configuration}, state to ${state}`,
    ...restored.files.map((file) => `   ${file}`),
    ...aside.map((folder) => `what was there is in ${folder}`),
    ...problems.map(formatProblem),
    ...byHand(restored),
    ...(dryRun ? ["nothing was written"] : nextSteps(configuration)),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function byHand({ configuration, credentials, elsewhere, secrets }: Restored): readonly string[] {
  const folder = join(configuration, CREDENTIALS);
  return [
    ...(secrets === "left-out"
      ? ["the backup has no secrets: put keys and passwords where the configuration looks for them"]
      : []),
    ...credentials.map(
      (name) => `in the unit (systemctl edit lwm2m-gateway): LoadCredential=${name}:${join(folder, name)}`,
    ),
    ...elsewhere.map((path) => `to be copied by hand: ${join(configuration, ELSEWHERE, path)} to ${path}`),
  ];
}

function nextSteps(configuration: string): readonly string[] {
  const isService = configuration === dirname(SERVICE_CONFIG);
  const file = join(configuration, "config.yaml");
  return [
    "the gateway will register anew; the one that made the backup must not run any more",
    `next: lwm2m-gateway check -c ${file}, then ${isService ? "systemctl start lwm2m-gateway" : `lwm2m-gateway run -c ${file}`}`,
  ];
}
